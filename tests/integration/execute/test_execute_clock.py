"""Clocks that are set, and machines that slept: what waits goes on by the clock of now."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import redis

from rules.errors import Throttled
from rules.tokens import token
from schema import keys
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome
from schema.wire import UNITS
from sources.orders import Link, OrdersSource
from sources.redis_clock import RedisClock
from sources.stop import Stop
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import ONE, Books, lose
from tests.integration.execute.steps import SECOND

HOUR = 3600 * SECOND
NOT_NOW = {"retcode": 10024, "answer": AnswerClass.THROTTLED, "volume": 0}


class Hands:
    """The clock of Redis, in seconds, and this machine's monotonic one."""

    def __init__(self) -> None:
        self.redis = 1_000_000.0
        self.monotonic = 50.0

    def clock(self) -> RedisClock:
        answers: Any = SimpleNamespace(time=lambda: (int(self.redis), 0))
        return RedisClock(answers, lambda: self.monotonic)


@pytest.mark.parametrize("step", [3600.0, -3600.0, 0.0])
def test_the_flow_follows_a_step_of_the_clock(redis_client: redis.Redis, step: float) -> None:
    hands, link = Hands(), Link()
    streams = {keys.decisions(3): "0-0"}
    source = OrdersSource(redis_client, streams, link, Stop(), 0.0, hands.clock())
    part = source.build_part("orders", "instance", None)
    (first,) = part.next_batch()
    assert first.now == hands.redis * SECOND
    hands.redis += 2.0 + step
    hands.monotonic += 2.0
    (second,) = part.next_batch()
    part.close()
    assert not second.fresh, "the link is the same"
    assert second.now == hands.redis * SECOND


def test_redis_is_not_asked_for_its_time_in_each_turn() -> None:
    hands, looks = Hands(), 0
    clock = hands.clock()

    def look() -> None:
        nonlocal looks
        looks += 1
        RedisClock.look(clock)

    clock.look = look  # type: ignore[method-assign]
    for _ in range(100):
        clock.follow()
        hands.monotonic += 0.05
    assert 4 <= looks <= 6


def test_what_was_to_be_tried_again_goes_behind_a_step_back(bench: Bench, books: Books) -> None:
    books.says = NOT_NOW
    bench.decide(order(1))
    bench.work()
    books.says = {}
    bench.work(NOW - HOUR)
    assert [report["outcome"] for report in bench.reports()] == [Outcome.FILLED]


def test_so_does_what_waits_for_a_terminal_that_was_away(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.executor.reach.failed(NOW)
    bench.work(NOW - HOUR)
    assert [report["outcome"] for report in bench.reports()] == [Outcome.FILLED]


def test_an_order_of_unknown_fate_is_looked_for_behind_a_step_back(
    bench: Bench, books: Books
) -> None:
    lose(bench, order(1))
    books.past = [
        {"order_ticket": 9, "comment": token(ONE), "state": 4, "volume": UNITS, "filled": UNITS}
    ]
    bench.look(NOW - HOUR)
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED


def test_a_close_of_nothing_ends_behind_a_step_back(bench: Bench) -> None:
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE))
    bench.work()
    for second in range(40):
        bench.work(NOW - HOUR + second * SECOND)
    assert [report["reason"] for report in bench.reports()] == [ReasonCode.NO_POSITION]


def test_a_whole_close_goes_behind_a_step_back(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE, whole=1))
    books.held = [{"position_ticket": 1, "volume": UNITS}]
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(books, "positions", _busy)
        bench.work()
        bench.work(NOW - HOUR)
    assert len(bench.reports()) == 2


def _busy() -> np.ndarray[Any, Any]:
    raise Throttled("busy", 1.0)
