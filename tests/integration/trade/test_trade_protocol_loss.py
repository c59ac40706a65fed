"""What a state, a row and a trim rest on: the protocol's traces of loss, on the real shard."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from operators.replay import replay
from rules import snapshots
from rules.errors import Fatal
from rules.state import State, TradeState
from schema import keys
from schema.enums import Outcome
from sinks import snapshots as snapshot_sink
from tests.integration.trade.logs import (
    decided,
    folded,
    last_id,
    order_of,
    orders,
    partition_of,
    signals_of,
    told,
)
from tests.integration.trade.plane import Appends, Sent, Start, give_price, report, send
from tests.servers import ValkeyServer


def test_trace_05_what_was_trimmed_is_in_a_snapshot_that_every_owner_reads(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start(snapshot_seconds=1)
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    opened = orders(redis_client)
    partition = partition_of(redis_client, opened[0])
    for ticket, order in enumerate(opened, 1):
        report(redis_client, order, Outcome.FILLED, ticket)
    plane.settle()
    plane.snapshot()
    plane.run(lambda: not orders(redis_client))
    owner = start()
    assert told(owner.shard.state) == told(plane.shard.state)
    send(redis_client, "s2", action="close")
    owner.run(lambda: len(orders(redis_client)) == 5)
    assert {o["position"].tobytes() for o in orders(redis_client)} == {
        o["order_id"].tobytes() for o in opened
    }
    redis_client.delete(keys.snapshot(partition))
    with pytest.raises(Fatal, match="no snapshot covers"):
        replay(redis_client, State(), [partition])


def test_trace_05_nothing_is_trimmed_under_a_snapshot_that_is_not_on_disk(
    redis_client: redis.Redis, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_sink, "_WAITAOF_MS", 20)
    plane = start(durability="waitaof", snapshot_seconds=1)
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)

    def only_decisions(_: Appends, append: Callable[[], Sent]) -> Sent:
        synced(redis_client)
        found = append()
        unsynced(redis_client)
        return found

    names = [keys.snapshot(p) for p in range(64)]
    plane.around_send = only_decisions
    before: Any = redis_client.mget(names)
    logs = [decision for _, decision, _ in decided(redis_client)]
    try:
        plane.run(lambda: redis_client.mget(names) != before)
        plane.run(lambda: len(decided(redis_client)) > len(logs) + 16)
    finally:
        synced(redis_client)
    assert {decision for _, decision, _ in decided(redis_client)} >= set(logs)
    plane.around_send = lambda _, append: append()
    plane.run(lambda: set(logs) - {decision for _, decision, _ in decided(redis_client)})


def unsynced(client: redis.Redis) -> None:
    """Have Redis leave its file to the operating system, as between two fsyncs of everysec."""
    client.config_set("appendfsync", "no")


def synced(client: redis.Redis) -> None:
    client.config_set("appendfsync", "always")


def test_trace_06_a_snapshot_stands_at_a_decision(redis_client: redis.Redis, start: Start) -> None:
    plane = start()
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    order = orders(redis_client)[0]
    partition = partition_of(redis_client, order)
    at_decision = told(folded(redis_client))
    event = report(redis_client, order, Outcome.FILLED)
    plane.settle()
    assert plane.shard.events[partition] == event
    plane.upkeep.keep(plane.shard.settings.partitions, plane.clock.now())
    # A shard that lags behind reads the same as before: the event, and the state without it.
    assert told(folded(redis_client)) == at_decision
    assert last_id(redis_client, keys.events(partition)) == event
    for other in plane.shard.settings.partitions:
        blob: Any = redis_client.get(keys.snapshot(other))
        assert blob is None or snapshots.read(blob).decision == plane.shard.places[other].decision
    assert redis_client.get(keys.snapshot(partition)) is None


class Losing(ValkeyServer):
    """A server that can lose the end of its log, as with everysec after a power loss."""

    def keep(self) -> dict[str, bytes]:
        """What is on disk for sure."""
        folder = self.directory / "appendonlydir"
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    def lose(self, kept: dict[str, bytes]) -> None:
        """Begin again with what was kept, and nothing after it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        folder = self.directory / "appendonlydir"
        for file in folder.iterdir():
            file.unlink()
        for name, data in kept.items():
            (folder / name).write_bytes(data)
        self.start()
        self.wait_ready()


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[Losing]:
    with Losing(tmp_path / "valkey") as server:
        yield server


def test_trace_07_a_shard_folds_again_when_redis_lost_an_event(
    losing: Losing, start: Start
) -> None:
    with losing.client() as client:
        plane = start(client=client)
        send(client, "s1")
        plane.run(lambda: len(orders(client)) == 5)
        order = orders(client)[0]
        partition = partition_of(client, order)
        kept = losing.keep()
        event = report(client, order, Outcome.FILLED)
        plane.settle()
        assert plane.shard.events[partition] == event
        losing.lose(kept)
        give_price(client)
        send(client, "s2", action="close")
        plane.run(lambda: len(orders(client)) == 10)
        plane.settle()
        assert told(plane.shard.state) == told(folded(client))
        trades = plane.shard.state.trades.rows
        assert set(trades["state"].tolist()) == {TradeState.OPENING}
        for number, _, decision in decided(client):
            assert order_of(decision.events) <= order_of(last_id(client, keys.events(number)))


def test_trace_08_nothing_is_written_of_a_decision_that_redis_can_lose(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start(durability="waitaof", timeout_ms=20)
    unsynced(redis_client)
    try:
        send(redis_client, "s1")
        while (turn := plane.turn()) is None or not turn.failed:
            assert not turn or not turn.signals, "a decision that is not on disk counts"
        # It is in the log, and all the same nobody may hear of it.
        assert len(orders(redis_client)) == 5
        assert rows_written(redis_client) == 0
        assert not plane.shard.ready
    finally:
        synced(redis_client)
    plane.run(lambda: rows_written(redis_client))
    assert len(orders(redis_client)) == 5


def rows_written(client: redis.Redis) -> int:
    """Entries of results streams that tell of orders."""
    return sum(
        1
        for partition in range(64)
        for _, fields in client.xrange(keys.results(partition))
        if any(name.startswith(b"orders") for name in fields)
    )


def test_trace_17_a_signal_that_a_stopped_shard_has_not_read_is_not_trimmed(
    redis_client: redis.Redis, start: Start
) -> None:
    one, other = start((0, 2), idle_decision_seconds=1), start((1, 2))
    first = send(redis_client, "s1")
    second = send(redis_client, "s2")
    one.run(lambda: {at.marks["signals:0"] for at in one.shard.places.values()} == {second})
    one.run(lambda: redis_client.hget(keys.signal_mark(0), "mark") == second.encode())
    for store in ("duckdb", "clickhouse"):
        redis_client.set(keys.stored(keys.signal_results(0), store), "9999999999999-0")
    later = one.clock.now() + 60_000_000
    one.upkeep.keep([], later)
    entries: Any = redis_client.xrange(keys.signals(0))
    assert entries[0][0].decode() == first
    other.run(lambda: len(orders(redis_client)) == 10)
    assert len(set(map(tuple, signals_of(redis_client).values()))) == 1


@pytest.mark.parametrize("damaged", ["cut", "rows", "newer"])
def test_a_snapshot_that_cannot_be_read_says_so_and_what_to_do(
    redis_client: redis.Redis, start: Start, damaged: str
) -> None:
    plane = start(snapshot_seconds=1)
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    partition = partition_of(redis_client, orders(redis_client)[0])
    plane.snapshot()
    key = keys.snapshot(partition)
    blob: Any = redis_client.get(key)
    whole = msgspec.msgpack.decode(blob)
    if damaged == "rows":
        whole["tables"]["orders"] = whole["tables"]["orders"][:-3]
    whole["format"] += damaged == "newer"
    redis_client.set(key, blob[:-3] if damaged == "cut" else msgspec.msgpack.encode(whole))
    with pytest.raises(Fatal, match=rf"{re.escape(key)}: .* partition {partition} .* backup"):
        folded(redis_client)
