"""Rounds have a bound, whatever waits, and what fails is tried again in a way that may work."""

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from operators import backlog
from rules import decision_log
from schema import keys
from schema.codes import ReasonCode
from schema.enums import Outcome
from schema.ids import PARTITIONS
from sinks.memory import used_memory
from sources import again, rounds
from sources.redis_clock import RedisClock
from tests.integration.trade.logs import (
    assert_one_chain,
    decided,
    folded,
    last_id,
    orders,
    partition_of,
    signals_of,
    told,
)
from tests.integration.trade.plane import Appends, Plane, Sent, Start, ready, report, send
from tests.servers import MemoryBound


def pairs_of(appends: Appends) -> int:
    return sum(
        len(decision_log.read({**fields}).verdicts)  # as Redis would give it back
        for _, _, fields in appends
    )


@pytest.fixture
def small(start: Start, monkeypatch: pytest.MonkeyPatch) -> Plane:
    """A shard that has read all there is, and decides ten pairs in a round."""
    monkeypatch.setattr(backlog, "MOST", 10)
    monkeypatch.setattr(backlog, "LEAST", 5)
    return start()


def test_a_round_decides_a_bounded_number_of_pairs_in_their_order(
    redis_client: redis.Redis, small: Plane
) -> None:
    sizes: list[int] = []

    def counted(appends: Appends, append: Callable[[], Sent]) -> Sent:
        sizes.append(pairs_of(appends))
        return append()

    small.around_send = counted
    entries = [send(redis_client, f"s{number}") for number in range(7)]
    small.run(lambda: len(orders(redis_client)) == 35)
    assert [size for size in sizes if size] == [10, 10, 10, 5]
    for places in signals_of(redis_client).values():
        assert [f"{ms}-{seq}" for ms, seq in places] == entries
    marks = [
        d.marks.get("signals:0", "0-0") for _, _, d in decided(redis_client) if len(d.verdicts)
    ]
    assert set(marks) == {"0-0", entries[-1]}, "a read counts as decided when the last of it is"


def test_a_signal_for_more_accounts_than_a_round_has_is_decided_whole(
    redis_client: redis.Redis, small: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MOST", 2)
    for number in range(3):
        send(redis_client, f"s{number}")
    small.run(lambda: len(orders(redis_client)) == 15)


def test_events_are_folded_while_signals_wait(redis_client: redis.Redis, small: Plane) -> None:
    send(redis_client, "s0")
    small.run(lambda: len(orders(redis_client)) == 5)
    small.settle()
    order = orders(redis_client)[0]
    for number in range(1, 9):
        send(redis_client, f"s{number}")
    small.run(lambda: small.shard.carries)
    event = report(redis_client, order, Outcome.FILLED)
    later = send(redis_client, "s9")
    small.turn()
    assert small.shard.carries
    assert small.shard.events[partition_of(redis_client, order)] == event
    assert small.shard.read["signals:0"] != later, "no more signals are read meanwhile"
    small.run(lambda: len(orders(redis_client)) == 50)


def test_who_dies_amid_what_was_read_loses_and_doubles_nothing(
    redis_client: redis.Redis, small: Plane, start: Start
) -> None:
    for number in range(7):
        send(redis_client, f"s{number}")
    small.run(lambda: small.shard.carries)
    small.turn()
    assert 0 < len(orders(redis_client)) < 35
    other = start()
    other.run(lambda: len(orders(redis_client)) == 35)
    other.settle()
    small.run(lambda: not small.shard.carries and not small.shard.stale)
    ready(small)
    ids = [order["order_id"].tobytes() for order in orders(redis_client)]
    assert len(set(ids)) == len(ids) == 35
    assert_one_chain(redis_client)
    assert told(small.shard.state) == told(folded(redis_client))


def test_a_round_that_failed_is_tried_again_in_smaller_ones(
    redis_client: redis.Redis, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that is too large for Redis stays too large."""
    monkeypatch.setattr(backlog, "LEAST", 5)
    plane = start()
    monkeypatch.setattr(backlog, "MOST", 60)
    plane.shard.backlog.most = 60

    def too_large(appends: Appends, append: Callable[[], Sent]) -> Sent:
        if pairs_of(appends) > 15:
            raise redis.ConnectionError("the query buffer is full")
        return append()

    plane.around_send = too_large
    for number in range(12):
        send(redis_client, f"s{number}")
    plane.run(lambda: len(orders(redis_client)) == 60)
    plane.around_send = lambda _, append: append()
    for number in range(12, 16):
        send(redis_client, f"s{number}")
        plane.run(lambda done=5 * (number + 1): len(orders(redis_client)) == done)  # type: ignore[misc]
    assert plane.shard.backlog.most == 60, "and it grows again"


def test_a_fold_that_did_not_help_is_not_repeated_at_once(
    redis_client: redis.Redis, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = start()
    now, folds = [0.0], list[float]()
    recover = plane.shard.recover

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    for module in (rounds, again):
        monkeypatch.setattr(module, "time", clock)

    def noted() -> dict[str, str]:
        folds.append(now[0])
        return recover()

    def refused(appends: Appends, append: Callable[[], Sent]) -> Sent:
        if len(folds) < 8:
            raise redis.ResponseError("MISCONF")
        return append()

    monkeypatch.setattr(plane.shard, "recover", noted)
    plane.around_send = refused
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    pauses = [later - before for before, later in pairwise(folds)]
    assert pauses[0] < 0.5
    assert pauses[-1] >= 1
    assert max(pauses) <= 2.2


class TurnedClock(RedisClock):
    """A clock of Redis that is set."""

    turned = 0

    def now(self) -> int:
        return super().now() + self.turned


def test_a_clock_that_is_set_back_holds_no_snapshot_up(
    redis_client: redis.Redis, start: Start
) -> None:
    clock = TurnedClock(redis_client)
    plane = start(clock=clock, snapshot_seconds=1)
    plane.snapshot()
    clock.turned = -600_000_000
    plane.snapshot()


def test_a_clock_that_is_set_back_holds_no_row_and_no_mark_up(
    redis_client: redis.Redis, start: Start
) -> None:
    clock = TurnedClock(redis_client)
    plane = start(clock=clock, snapshot_seconds=80_000, idle_decision_seconds=1)
    send(redis_client, "s1", action="close")
    plane.run(lambda: plane.shard.state.pairs.count == 5)
    plane.run(lambda: not plane.shard.touched.any and not plane.shard.signal_rows.any)
    clock.turned = -600_000_000
    plane.turn()
    before = ends(redis_client)
    send(redis_client, "s2", action="close")
    plane.run(lambda: plane.shard.state.pairs.count == 10)
    plane.run(lambda: not plane.shard.touched.any and not plane.shard.signal_rows.any)
    plane.run(lambda: not any(map(str.__eq__, ends(redis_client), before)))
    before = ends(redis_client)
    plane.turn()
    plane.turn()
    assert any(map(str.__eq__, ends(redis_client), before)), "not in each round either"


def ends(client: redis.Redis) -> list[str]:
    return [last_id(client, keys.decisions(p)) for p in range(PARTITIONS)]


def reasons(client: redis.Redis, entry: str) -> list[int]:
    return [
        int(verdict["reason"])
        for _, _, decision in decided(client)
        for verdict in decision.verdicts
        if f"{verdict['entry_ms']}-{verdict['entry_seq']}" == entry
    ]


def test_what_a_shard_can_trim_goes_when_redis_is_full(
    redis_client: redis.Redis, start: Start, memory_bound: MemoryBound
) -> None:
    """Only the shard trims its logs, and it has to write before it may."""
    plane = start(snapshot_seconds=80_000)
    send(redis_client, "s0")
    plane.run(lambda: len(orders(redis_client)) == 5)
    order = orders(redis_client)[0]
    stream = keys.events(partition_of(redis_client, order))
    told_of = report(redis_client, order, Outcome.CANCELLED)
    found: Any = redis_client.xrange(stream, told_of, told_of)
    with redis_client.pipeline(transaction=False) as again:
        for _ in range(10_000):
            again.xadd(stream, found[0][1])
        again.execute()
    plane.settle()
    entry = send(redis_client, "s1")
    memory_bound.fill(1.2)
    plane.shard.pressure.look(0)
    plane.run(lambda: reasons(redis_client, entry))
    assert reasons(redis_client, entry) == [ReasonCode.EXPOSURE_PAUSED] * 5
    assert used_memory(redis_client) < 1.05
    assert_one_chain(redis_client)


@pytest.mark.parametrize(
    "opening",
    [{"action": "buy"}, {"action": "target", "position_size": 1, "prev_position_size": 0}],
    ids=lambda fields: fields["action"],
)
def test_a_redis_that_publishers_have_filled_is_worked_off(
    redis_client: redis.Redis, start: Start, memory_bound: MemoryBound, opening: dict[str, Any]
) -> None:
    plane = start(snapshot_seconds=80_000)
    send(redis_client, "s0")
    plane.run(lambda: len(orders(redis_client)) == 5)
    memory_bound.weigh_down()
    close = send(redis_client, "s1", action="close")
    opens = send(redis_client, "s2", **opening)
    memory_bound.fill(1.01)
    plane.shard.pressure.look(0)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        send(redis_client, "s3")
    plane.run(lambda: reasons(redis_client, opens))
    assert set(reasons(redis_client, opens)) == {ReasonCode.EXPOSURE_PAUSED}
    assert len(reasons(redis_client, close)) == 5
    mark = keys.signal_mark(0)
    plane.run(lambda: redis_client.hget(mark, "mark") == opens.encode())
    plane.run(lambda: not plane.shard.touched.any)
    assert list(plane.spool_dir.glob("*.spool")), "their rows are safe on disk"
