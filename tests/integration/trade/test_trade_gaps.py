"""Signals that somebody else trims, deletes or loses: noticed, and no false alarm."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import redis

from flows.lag import gaps as gaps_told
from operators.gaps import Gaps, look
from schema import keys
from schema.enums import Outcome
from tests.integration.trade.logs import last_id, orders
from tests.integration.trade.plane import (
    Plane,
    Start,
    ready,
    report,
    send,
)

SIGNALS = keys.signals(0)


def lost(plane: Plane) -> dict[str, int]:
    """Entries of signal streams that are reported as lost, at least; streams without a gap miss."""
    return {stream: plane.shard.gaps.lost[stream] for stream in plane.shard.gaps.found}


def shown(client: redis.Redis, stream: int = 0) -> list[dict[bytes, bytes]]:
    """What `status` finds."""
    entries: Any = client.xrange(keys.signal_gaps(stream))
    return [fields for _, fields in entries]


def decided_all(plane: Plane, client: redis.Redis, count: int) -> None:
    """Send signals, and have all partitions say in a decision that they were read."""
    for number in range(count):
        send(client, f"s{number}")
    plane.settle()
    plane.snapshot()


def test_signals_that_were_trimmed_before_a_start_are_counted(
    redis_client: redis.Redis, unread: Start, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        send(redis_client, f"s{number}")
    redis_client.xtrim(SIGNALS, maxlen=2, approximate=False)
    with caplog.at_level(logging.ERROR):
        plane = ready(unread())
    assert lost(plane) == {SIGNALS: 3}
    assert any(getattr(r, "stream", "") == SIGNALS for r in caplog.records)
    assert [(f[b"position"], f[b"lost"]) for f in shown(redis_client)] == [(b"0-0", b"3")]
    told = gaps_told(redis_client, 1)
    assert [(gap["stream"], gap["lost_at_least"]) for gap in told] == [(SIGNALS, 3)]
    plane.run(lambda: len(orders(redis_client)) == 10)  # what is left is traded


@pytest.mark.parametrize("gone", ["trimmed", "published with MAXLEN", "deleted"])
def test_signals_lost_behind_the_position_of_a_stopped_shard(
    redis_client: redis.Redis, unread: Start, gone: str
) -> None:
    decided_all(ready(unread(snapshot_seconds=1)), redis_client, 2)
    ids = [send(redis_client, f"t{number}") for number in range(4)]
    if gone == "trimmed":
        redis_client.xtrim(SIGNALS, minid=ids[2], approximate=False)
    elif gone == "deleted":
        redis_client.xdel(SIGNALS, ids[1])
    else:
        redis_client.xadd(SIGNALS, {"json": "{}"}, maxlen=2, approximate=False)
    plane = ready(unread())
    assert list(lost(plane)) == [SIGNALS]
    assert len(shown(redis_client)) == 1


def test_a_gap_that_a_running_shard_has_passed_is_counted(
    redis_client: redis.Redis, unread: Start
) -> None:
    plane = ready(unread())
    send(redis_client, "s1")
    plane.settle()
    for number in range(7):
        send(redis_client, f"t{number}")
    redis_client.xtrim(SIGNALS, maxlen=2, approximate=False)
    plane.settle()
    plane.shard.look_for_gaps()
    assert lost(plane) == {SIGNALS: 5}
    send(redis_client, "u1")
    plane.settle()
    plane.shard.look_for_gaps()
    assert lost(plane) == {SIGNALS: 5}  # said once


def test_it_is_looked_for_every_minute(redis_client: redis.Redis, unread: Start) -> None:
    plane = ready(unread())
    ids = [send(redis_client, f"t{number}") for number in range(3)]
    redis_client.xdel(SIGNALS, ids[1])
    plane.settle()
    plane.upkeep.keep([], plane.clock.now() + 61_000_000)
    assert lost(plane) == {SIGNALS: 1}


@pytest.mark.parametrize("anew", [False, True])
def test_a_signal_stream_that_is_deleted(
    redis_client: redis.Redis, unread: Start, anew: bool
) -> None:
    plane = ready(unread())
    send(redis_client, "s1")
    plane.settle()
    redis_client.delete(SIGNALS)
    if anew:
        send(redis_client, "s2")
        plane.settle()
    plane.shard.look_for_gaps()
    assert lost(plane) == {SIGNALS: 0}, "a gap, and nobody knows of how many"


def test_a_signal_stream_that_begins_below(redis_client: redis.Redis, unread: Start) -> None:
    plane = ready(unread())
    send(redis_client, "s1")
    plane.settle()
    redis_client.delete(SIGNALS)
    redis_client.xadd(SIGNALS, {"json": "{}"}, id="5-0")
    plane.shard.look_for_gaps()
    assert b"anew below" in shown(redis_client)[0][b"reason"]


# No false alarm


def trim_read(client: redis.Redis, plane: Plane) -> None:
    client.xtrim(SIGNALS, maxlen=0, approximate=False)


def trim_to_mark(client: redis.Redis, plane: Plane) -> None:
    client.xtrim(SIGNALS, minid=last_id(client, SIGNALS), approximate=False)


def delete_last_read(client: redis.Redis, plane: Plane) -> None:
    client.xdel(SIGNALS, last_id(client, SIGNALS))


def delete_first_read(client: redis.Redis, plane: Plane) -> None:
    found: Any = client.xrange(SIGNALS, count=1)
    client.xdel(SIGNALS, found[0][0])


def recover(client: redis.Redis, plane: Plane) -> None:
    plane.shard.stale = True


@pytest.mark.parametrize(
    "happens", [trim_read, trim_to_mark, delete_last_read, delete_first_read, recover]
)
def test_what_was_read_may_go(
    redis_client: redis.Redis, unread: Start, happens: Callable[[redis.Redis, Plane], None]
) -> None:
    plane = ready(unread(snapshot_seconds=1))
    plane.shard.look_for_gaps()
    decided_all(plane, redis_client, 3)
    happens(redis_client, plane)
    plane.shard.look_for_gaps()
    assert not lost(plane)
    assert not lost(ready(unread()))
    send(redis_client, "later")
    plane.settle()
    plane.shard.look_for_gaps()
    assert not lost(plane)


def test_own_trimming_with_two_shards_raises_no_alarm(
    redis_client: redis.Redis, unread: Start
) -> None:
    planes = [unread((index, 2), snapshot_seconds=1, streams=2) for index in range(2)]
    for store in ("duckdb", "clickhouse"):
        for stream in range(2):
            redis_client.set(keys.stored(keys.signal_results(stream), store), "9999999999999-0")
    for number in range(6):
        for stream in range(2):
            send(redis_client, f"s{number}-{stream}", stream=stream)
        for plane in planes:
            ready(plane)
        for order in orders(redis_client):
            report(redis_client, order, Outcome.FILLED, 1 + number)
        for plane in planes:
            plane.settle()
            plane.snapshot()
            now = plane.clock.now() + number * 61_000_000
            plane.upkeep.keep([], now)
        planes[number % 2].shard.stale = True  # one folds again
    assert redis_client.xlen(SIGNALS) < 6, "it was trimmed"
    assert [lost(plane) for plane in planes] == [{}, {}]


def test_another_shard_that_took_over_raises_no_alarm(
    redis_client: redis.Redis, unread: Start
) -> None:
    first = ready(unread(snapshot_seconds=1))
    send(redis_client, "s1")
    first.settle()
    second = ready(unread(snapshot_seconds=1))
    for number in range(4):
        send(redis_client, f"t{number}")
    second.run(lambda: len(orders(redis_client)) == 25)
    for order in orders(redis_client):
        report(redis_client, order, Outcome.FILLED)
    second.settle()
    second.snapshot()
    redis_client.xtrim(SIGNALS, minid=last_id(redis_client, SIGNALS), approximate=False)
    first.shard.look_for_gaps()
    assert first.shard.stale
    assert not lost(first)
    assert not first.shard.check_events(first.shard.settings.partitions)
    first.settle()  # it folds again, and goes on where the other one is
    assert not lost(first)


def test_streams_that_never_existed_have_no_gap(redis_client: redis.Redis, unread: Start) -> None:
    plane = ready(unread(streams=3))
    plane.shard.look_for_gaps()
    assert plane.shard.check_events(range(64))
    assert not lost(plane)


def test_a_count_that_is_not_known_is_no_alarm(redis_client: redis.Redis) -> None:
    gaps = Gaps(redis_client, 0)
    ids: list[Any] = [redis_client.xadd(SIGNALS, {"x": n}) for n in range(3)]
    assert gaps.look({SIGNALS: ids[1].decode()}) == {}
    gaps.took([SIGNALS])
    assert gaps.look({SIGNALS: ids[2].decode()}) == {}


def test_more_entries_behind_than_are_counted_are_no_alarm(redis_client: redis.Redis) -> None:
    gaps, stream = Gaps(redis_client, 0), keys.events(1)
    ids: list[Any] = [redis_client.xadd(stream, {"x": n}) for n in range(1101)]
    gaps.restart(look(redis_client, {stream: ids[0].decode()}))
    gaps.took([stream] * 1100)
    assert gaps.look({stream: ids[-1].decode()}) == {}
    ids += [redis_client.xadd(stream, {"x": n}) for n in range(3)]
    redis_client.xtrim(stream, maxlen=1, approximate=False)
    gaps.took([stream])
    assert gaps.look({stream: ids[-1].decode()})[stream].least == 2
