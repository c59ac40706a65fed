"""How many orders are claimed at once: what a crash leaves unknown, and a stop waits for."""

from dataclasses import dataclass, field
from unittest import mock

import numpy as np
import pytest
import redis
from bytewax.inputs import AbortExecution

from operators.batch_size import MOST, BatchSize
from operators.claiming import claim
from schema import keys
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome
from schema.wire import Records
from sources.orders import OrdersSource
from sources.redis_clock import RedisClock
from sources.stop import Stop
from tests.integration.execute.bench import NOW, Bench, Scripted, order
from tests.integration.execute.steps import SECOND, Flow

HOUR = 3600.0


def orders(count: int) -> Records:
    return np.concatenate([order(number) for number in range(1, count + 1)])


def test_a_crash_amid_all_that_waited_leaves_a_small_batch_unknown(bench: Bench) -> None:
    bench.decide(orders(100))
    bench.terminal.dies = True
    with pytest.raises(KeyboardInterrupt):
        bench.work()
    bench.terminal.dies = False
    bench.restart()
    for _ in range(10):
        bench.work()
        bench.look()
    unknown = {
        report["order_id"].tobytes()
        for report in bench.reports()
        if report["reason"] == ReasonCode.AMBIGUOUS
    }
    assert 0 < len(unknown) <= 16
    assert len(set(bench.terminal.sent)) == len(bench.terminal.sent) == 100 - len(unknown)
    assert not unknown & set(bench.terminal.sent)


def test_it_grows_while_the_terminal_is_quick_and_shrinks_when_it_is_not() -> None:
    size = BatchSize(within=SECOND)
    sizes = []
    for _ in range(8):
        sizes.append(size.size)
        size.took(size.size, size.size * 1_000)
    assert sizes == [16, 32, 64, 128, MOST, MOST, MOST, MOST]
    size.took(MOST, 4 * SECOND)
    assert size.size == MOST // 2
    size.took(3, 2 * SECOND)
    assert size.size == 1
    size.took(1, SECOND // 10)
    assert size.size == 2


@pytest.mark.parametrize("each", [1_000, 20_000, 100_000, 700_000, 3 * SECOND])
def test_a_batch_takes_about_as_long_as_it_may(each: int) -> None:
    size = BatchSize(within=SECOND)
    for _ in range(20):
        size.took(size.size, size.size * each)
    assert size.size == 1 or size.size * each <= 2 * SECOND


def test_few_orders_say_nothing_of_more() -> None:
    size = BatchSize(within=SECOND)
    for _ in range(20):
        size.took(2, 10)
    assert size.size == 16


@dataclass
class Slow(Scripted):
    """A terminal that takes a while for each order."""

    bench: Bench
    each: int = SECOND // 5
    batches: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def submit(self, requests: Records) -> Records:
        self.bench.now += len(requests) * self.each
        self.batches.append(len(requests))
        return super().submit(requests)


def test_a_terminal_that_takes_its_time_gets_less_at_once(bench: Bench) -> None:
    bench.executor.terminal = slow = Slow(bench)
    bench.decide(orders(60))
    for _ in range(20):
        bench.work(bench.now)
    assert sum(slow.batches) == 60
    # A tenth of the lease of ten seconds: five orders of a fifth of a second each.
    assert slow.batches[:3] == [16, 8, 4]
    assert max(slow.batches[2:]) <= 8


class Rounds:
    """The flow over its own source, which waits for an hour where nothing new comes."""

    def __init__(self, bench: Bench, client: redis.Redis) -> None:
        self.stop = Stop()
        self._flow = Flow(bench)
        streams = {keys.decisions(3): "0-0"}
        link = self._flow.desk.link
        source = OrdersSource(client, streams, link, self.stop, HOUR, RedisClock(client))
        self._part = source.build_part("orders", "instance", None)

    def turn(self) -> None:
        for turn in self._part.next_batch():
            self._flow.take(turn)


@pytest.mark.timeout(60)
def test_what_was_left_of_a_batch_waits_for_nothing(
    bench: Bench, redis_client: redis.Redis
) -> None:
    bench.decide(orders(100))
    rounds = Rounds(bench, redis_client)
    while len(bench.terminal.sent) < 100:
        rounds.turn()
    assert len(set(bench.terminal.sent)) == 100


@pytest.mark.timeout(60)
def test_the_second_leg_of_a_reverse_waits_for_nothing_but_the_first(
    bench: Bench, redis_client: redis.Redis
) -> None:
    first = order(1, legs=2)
    second = order(2, leg=2, legs=2, after=1, signal_id=first["signal_id"][0])
    bench.decide(np.concatenate([first, second]))
    rounds = Rounds(bench, redis_client)
    rounds.turn()
    assert len(bench.terminal.sent) == 1
    rounds.turn()
    assert len(bench.terminal.sent) == 2


def test_a_stop_waits_for_no_more_than_a_batch(bench: Bench, redis_client: redis.Redis) -> None:
    bench.decide(orders(100))
    rounds = Rounds(bench, redis_client)
    rounds.turn()
    rounds.stop.requested = True
    with pytest.raises(AbortExecution):
        rounds.turn()
    assert len(bench.terminal.sent) == 16


def test_what_gets_old_behind_a_batch_is_not_sent(bench: Bench) -> None:
    bench.executor.terminal = slow = Slow(bench, each=SECOND)
    begun = bench.now
    bench.decide(np.concatenate([order(n, valid_until=begun + 20 * SECOND) for n in range(1, 41)]))
    for _ in range(12):
        bench.work(bench.now)
    outcomes = [report["outcome"] for report in bench.reports()]
    assert outcomes.count(Outcome.EXPIRED) == 40 - len(slow.sent) > 0
    assert bench.executor.waiting == {}


def test_a_terminal_that_turns_slow_is_noticed_amid_a_batch(bench: Bench) -> None:
    bench.executor.terminal = slow = Slow(bench, each=SECOND // 10)
    bench.executor.batch.size = MOST
    bench.decide(orders(MOST))
    bench.work(bench.now)
    assert slow.batches == [32], "three seconds, of the one that a batch may take"
    bench.work(bench.now)
    assert slow.batches == [32, 16]
    for _ in range(40):
        bench.work(bench.now)
    assert len(set(slow.sent)) == len(slow.sent) == MOST


def test_a_close_passes_what_is_left_of_a_slow_batch(bench: Bench) -> None:
    bench.decide(order(1))
    bench.work()
    bench.executor.terminal = slow = Slow(bench, each=SECOND // 10)
    bench.executor.batch.size = MOST
    bench.decide(np.concatenate([order(number) for number in range(2, 200)]))
    bench.work(bench.now)
    opener, close = (1).to_bytes(16, "big"), (500).to_bytes(16, "big")
    bench.decide(order(500, kind=LegKind.CLOSE, position=opener))
    bench.work(bench.now)
    assert slow.sent[32] == close


def test_a_crash_amid_a_slow_batch_leaves_no_more_unknown_than_were_asked_for(
    bench: Bench,
) -> None:
    bench.executor.batch.size = MOST
    bench.decide(orders(MOST))
    bench.terminal.dies = True
    with pytest.raises(KeyboardInterrupt):
        bench.work()
    bench.terminal.dies = False
    bench.restart()
    assert len(bench.executor.watched) == 32
    for _ in range(30):
        bench.work()
    assert len(set(bench.terminal.sent)) == len(bench.terminal.sent) == MOST - 32


def test_a_terminal_that_is_away_is_not_asked_for_the_rest_of_a_batch(bench: Bench) -> None:
    bench.executor.batch.size = MOST
    bench.decide(orders(100))
    bench.terminal.unreachable = 1
    bench.work()
    assert bench.terminal.sent == []
    assert len(bench.executor.waiting) == 100


def test_what_expires_together_is_written_at_once(bench: Bench) -> None:
    count = 2000
    bench.decide(np.concatenate([order(n, valid_until=NOW + 1) for n in range(1, count + 1)]))
    with mock.patch.object(bench.journal, "sync", wraps=bench.journal.sync) as sync:
        bench.work(NOW + SECOND)
    assert [report["outcome"] for report in bench.reports()] == [Outcome.EXPIRED] * count
    assert sync.call_count == 1


def test_what_ended_before_the_link_broke_is_told_behind_it(bench: Bench) -> None:
    late = order(1, valid_until=NOW + 1)
    bench.decide(np.concatenate([late, order(2)]))
    first = bench.journal.state.next_ordinal
    lost = redis.ConnectionError("the reply is lost")
    with (
        mock.patch.object(bench.executor.claims, "claim_all", side_effect=lost),
        pytest.raises(redis.ConnectionError),
    ):
        bench.work(NOW + SECOND)
    bench.executor.read(3, bench.entries[0][0], late)  # as behind each new link
    bench.reconnect()
    bench.work(NOW + SECOND)
    assert {int(report["outcome"]) for report in bench.reports()} == {
        Outcome.EXPIRED,
        Outcome.FILLED,
    }
    assert bench.journal.state.next_ordinal - first == 2, "once each"


def test_what_ended_and_was_not_written_ends_again(bench: Bench) -> None:
    bench.decide(order(1, valid_until=NOW + 1))
    assert claim(bench.executor, NOW + SECOND) == []
    bench.restart()
    bench.work(NOW + 2 * SECOND)
    assert [report["outcome"] for report in bench.reports()] == [Outcome.EXPIRED]
