"""A Redis without memory left: orders go on, and what became of them is told."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import redis

from schema import keys
from schema.enums import LegKind, Outcome
from schema.wire import DEAL, MARK, REPORT, Records, decode
from sinks.events import EventsWriter
from sources import again, orders
from sources.orders import Link, OrdersSource
from sources.redis_clock import RedisClock
from sources.stop import Stop
from tests.integration.execute.bench import ACCOUNT, INSTANCE, NOW, Bench, order
from tests.integration.execute.steps import Flow
from tests.servers import MemoryBound


@pytest.fixture
def flow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """An executor at work, whose account has some money."""
    money = np.zeros(1, MARK)
    money["account_id"], money["balance"], money["marked_at"] = np.void(ACCOUNT), 100.0, NOW

    def account() -> Records:
        return money

    monkeypatch.setattr(bench.terminal, "account", account)
    made = Flow(bench)
    made.turn(fresh=True)
    assert marks(bench) == 1
    return made


def marks(bench: Bench) -> int:
    found: Any = bench.client.xrange(keys.events(3))
    return sum(len(decode(fields[b"marks"], MARK)) for _, fields in found if b"marks" in fields)


def test_orders_are_sent_and_their_end_is_told(
    flow: Flow, bench: Bench, memory_bound: MemoryBound
) -> None:
    bench.decide(order(1))
    memory_bound.leave_none()
    flow.turn(10)
    assert flow.metric("failed_turns_total") == 0
    assert len(bench.terminal.sent) == 1
    assert [report["outcome"] for report in bench.reports()] == [Outcome.FILLED]
    flow.turn(10)
    assert len(bench.reports()) == 1, "once"


def test_the_money_of_accounts_is_told_when_there_is_room(
    flow: Flow, bench: Bench, memory_bound: MemoryBound
) -> None:
    bench.terminal.account()["balance"] = 200.0
    memory_bound.leave_none()
    for _ in range(3):
        flow.turn(60)
    assert marks(bench) == 1
    assert flow.metric("failed_turns_total") == 0
    memory_bound.restore()
    flow.turn(60)
    assert marks(bench) == 2


def test_marks_hold_no_report_up(redis_client: redis.Redis, memory_bound: MemoryBound) -> None:
    writer = EventsWriter(redis_client, INSTANCE)
    reports, deals, money = np.zeros(2, REPORT), np.zeros(0, DEAL), np.zeros(1, MARK)
    entries = [(3, reports[:1], deals, money), (4, reports[:0], deals, money)]
    memory_bound.leave_none()
    told, left = writer.publish(entries)
    assert not writer.told_all
    assert (redis_client.xlen(keys.events(3)), redis_client.xlen(keys.events(4))) == (1, 0)
    found: Any = redis_client.xrange(keys.events(3), told, told)
    assert b"reports" in found[0][1]
    assert left == ""
    memory_bound.restore()
    assert all(writer.publish(entries))
    assert writer.told_all


def test_what_ends_something_goes_before_what_opens(bench: Bench) -> None:
    """Behind an hour without its terminal, say: one order takes it a tenth of a second."""
    bench.decide(order(1))
    bench.work()
    bench.executor.batch.size = 1
    for number in range(2, 6):
        bench.decide(order(number))
    bench.decide(order(6, kind=LegKind.CLOSE, position=np.void((1).to_bytes(16, "big"))))
    bench.work()
    assert bench.terminal.sent[-1] == (6).to_bytes(16, "big")
    for _ in range(4):
        bench.work()
    assert len(bench.terminal.sent) == 6


def test_a_link_that_breaks_each_turn_is_not_made_anew_at_once(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All decisions are read again with it."""
    now, turns = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    for module in (orders, again):
        monkeypatch.setattr(module, "time", clock)
    link, timer = Link(), RedisClock(redis_client)
    streams = {keys.decisions(3): "0-0"}
    source = OrdersSource(redis_client, streams, link, Stop(), 0.0, timer)
    part = source.build_part("orders", "instance", None)
    for _ in range(8):
        (turn,) = part.next_batch()
        assert turn.fresh
        turns.append(now[0])
        link.broken = True
    assert 0.1 <= turns[1] - turns[0] <= 0.3
    assert 1 <= turns[-1] - turns[-2] <= 2.2
    (turn,) = part.next_batch()
    now[0] += 6
    before = now[0]
    link.broken = True
    part.next_batch()
    assert now[0] == before, "one that broke after it had held is made anew at once"
    part.close()
