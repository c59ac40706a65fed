"""Traces of the protocol's model that broke an earlier wording of the laws, on the real shard.

The numbers are those of the model check's traces; those of the executor are tested beside it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from config import change, live, world
from operators import upkeep
from operators.replay import replay
from rules import snapshots
from rules.errors import Fatal
from rules.rounds import Round
from rules.state import State, TradeState
from schema import keys
from schema.codes import ReasonCode
from schema.enums import Outcome
from tests.integration.trade.desk import WORLD
from tests.integration.trade.plane import (
    Appends,
    Plane,
    Sent,
    decided,
    folded,
    give_price,
    last_id,
    order_of,
    orders,
    partition_of,
    publish_world,
    report,
    send,
    told,
)
from tests.servers import ValkeyServer

Start = Callable[..., Plane]


@pytest.fixture
def start(redis_client: redis.Redis) -> Iterator[Start]:
    """Starts shards that have read what there is, each over a configuration and a price."""
    planes: list[Plane] = []

    def begin(*args: Any, client: redis.Redis = redis_client, **kwargs: Any) -> Plane:
        if not planes:
            publish_world(client)
        give_price(client)
        planes.append(Plane(client, *args, **kwargs))
        planes[-1].settle()
        return planes[-1]

    yield begin
    for plane in planes:
        plane.close()


def signals_of(client: redis.Redis) -> dict[int, list[tuple[int, int]]]:
    """The entries of the signals that each partition decided, in the order of its log."""
    found: dict[int, list[tuple[int, int]]] = {}
    for partition, _, decision in decided(client):
        places = decision.verdicts[["entry_ms", "entry_seq"]].tolist()
        found.setdefault(partition, []).extend(places)
    return {partition: places for partition, places in found.items() if places}


def assert_one_chain(client: redis.Redis) -> None:
    """Each decision of a partition rests on the one before it, but for what was trimmed."""
    last: dict[int, str] = {}
    for partition, entry, decision in decided(client):
        assert decision.previous == last.get(partition, decision.previous)
        last[partition] = entry


def test_trace_01_a_decision_and_its_orders_are_one_write(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start()
    made: list[int] = []

    def counted(appends: Appends, append: Callable[[], Sent]) -> Sent:
        redis_client.config_resetstat()
        found = append()
        stats: Any = redis_client.info("commandstats")
        writes = sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in WRITES)
        made.append(writes - len(appends))
        return found

    plane.around_send = counted
    send(redis_client, "s1")
    plane.run(lambda: orders(redis_client))
    assert set(made) == {0}, "a script that writes twice may have done half of it"
    for _, _, decision in decided(redis_client):
        legs = Counter(o["account_id"].tobytes() for o in decision.orders)
        wanted = {v["account_id"].tobytes(): int(v["legs"]) for v in decision.verdicts}
        assert legs == Counter({account: n for account, n in wanted.items() if n})
        if len(decision.verdicts):
            last = decision.verdicts[-1]
            assert decision.marks["signals:0"] == f"{last['entry_ms']}-{last['entry_seq']}"


WRITES = ("xadd", "set", "hset", "hsetnx", "hmset", "rpush", "lpush", "sadd", "zadd", "incr")


def test_trace_02_no_signal_passes_one_whose_script_was_refused(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start()

    def out_of_memory(_: Appends, append: Callable[[], Sent]) -> Sent:
        before: Any = redis_client.config_get("maxmemory")
        redis_client.config_set("maxmemory", 1)
        try:
            return append()
        finally:
            redis_client.config_set("maxmemory", before["maxmemory"])

    plane.around_send, let = out_of_memory, plane.around_send
    first = send(redis_client, "s1")
    while (turn := plane.turn()) is None or not turn.failed:
        assert not orders(redis_client)
    plane.around_send = let
    second = send(redis_client, "s2")
    plane.run(lambda: len(orders(redis_client)) == 10)
    for places in signals_of(redis_client).values():
        assert list(dict.fromkeys(places)) == [order_of(first), order_of(second)]


def test_trace_03_a_shard_that_lost_a_reply_folds_again(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start()

    def lost(_: Appends, append: Callable[[], Sent]) -> Sent:
        append()
        plane.around_send = let
        publish_world(redis_client, 2, volume=0.2)
        raise redis.ConnectionError("the reply is lost")

    let, plane.around_send = plane.around_send, lost
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    plane.settle()
    assert plane.around_send is let
    assert told(plane.shard.state) == told(folded(redis_client))
    send(redis_client, "s2", action="close")
    plane.run(lambda: len(orders(redis_client)) == 10)
    # What was ordered first is closed, not what the new configuration would have ordered.
    assert {int(order["volume"]) for order in orders(redis_client)} == {10_000_000}
    assert_one_chain(redis_client)
    plane.settle()
    assert told(plane.shard.state) == told(folded(redis_client))


def test_trace_04_a_second_shard_decides_nothing_on_an_older_state(
    redis_client: redis.Redis, start: Start
) -> None:
    one = start()
    publish_world(redis_client, 2, max_open_trades=1)
    other = start()
    one.run(lambda: one.shard.book.version == 2)
    send(redis_client, "s1")
    one.run(lambda: len(orders(redis_client)) == 5)
    send(redis_client, "s2")
    # It has both signals to decide, and has not folded the first one's decision.
    other.run(lambda: sum(map(len, signals_of(redis_client).values())) == 10)
    assert len(orders(redis_client)) == 5
    assert_one_chain(redis_client)
    verdicts = [v for _, _, d in decided(redis_client) for v in d.verdicts]
    assert Counter(int(v["reason"]) for v in verdicts) == {0: 5, ReasonCode.MAX_OPEN_TRADES: 5}
    for plane in (one, other):
        plane.settle()
    send(redis_client, "s3", action="close")
    one.run(lambda: len(orders(redis_client)) == 10)
    other.settle()
    assert_one_chain(redis_client)


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
    monkeypatch.setattr(upkeep, "_WAITAOF_MS", 20)
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


def test_trace_16_each_signal_stream_has_its_own_mark(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start(streams=2, idle_decision_seconds=1)
    redis_client.xadd(keys.signals(1), {"json": "{}"}, id="1-1")  # the streams' times differ
    plane.settle()
    first = send(redis_client, "s1")
    plane.run(lambda: {at.marks.get("signals:0") for at in plane.shard.places.values()} == {first})
    plane.close()
    # It dies here; the other stream's next entry is older than what was decided.
    body = '{"strategy": "london", "symbol": "EURUSD", "action": "close", "signal_id": "s2"}'
    redis_client.xadd(keys.signals(1), {"json": body}, id="2-1")
    after = start(streams=2)
    after.run(lambda: len(orders(redis_client)) == 10)
    marks = {
        name for _, _, d in decided(redis_client) for name in d.marks if d.marks[name] != "0-0"
    }
    assert marks == {"signals:0", "signals:1"}


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


def test_trace_18_an_account_that_moves_stays_in_its_partition(
    redis_client: redis.Redis, start: Start
) -> None:
    plane = start()
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    before = {
        o["account_id"].tobytes(): partition_of(redis_client, o) for o in orders(redis_client)
    }
    first = change.apply(world.parse(WORLD), None, 1)
    moved = {
        **WORLD,
        "instances": [{"key": "zero", "broker": "alpha"}, *WORLD["instances"]],
        "accounts": [
            {"key": f"acc-{n:03}", "instance": "zero" if n < 4 else "one", "leverage": 100}
            for n in (5, 1, 3, 2, 4)
        ],
    }
    second = change.apply(world.parse(moved), (first.version, first.tables), 2)
    live.publish(redis_client, second.tables, 2)
    plane.run(lambda: plane.shard.book.version == 2)
    send(redis_client, "s2", action="close")
    plane.run(lambda: len(orders(redis_client)) == 10)
    closes = orders(redis_client)
    instances = {o["account_id"].tobytes(): set() for o in closes}
    for order in closes:
        instances[order["account_id"].tobytes()].add(order["instance_id"].tobytes())
        assert partition_of(redis_client, order) == before[order["account_id"].tobytes()]
    assert sorted(map(len, instances.values())) == [1, 1, 2, 2, 2]
    assert_one_chain(redis_client)


def test_a_shard_that_another_has_overtaken_writes_no_rows(
    redis_client: redis.Redis, start: Start
) -> None:
    """Its memory may lack events that the other has trimmed."""
    old = start()
    send(redis_client, "s1")
    old.run(lambda: orders(redis_client))
    old.settle()
    new = start()
    send(redis_client, "s2")
    new.run(lambda: len(orders(redis_client)) == 10)
    order = orders(redis_client)[0]
    partition = partition_of(redis_client, order)
    entry = report(redis_client, order, Outcome.FILLED)
    before = redis_client.xlen(keys.results(partition))
    fields: Any = redis_client.xrange(keys.events(partition), entry, entry)
    turn = Round(now=old.clock.now() + 1_000_000, events=[(partition, entry, fields[0][1])])
    # A round in which nothing is due to be decided: the script would have told it.
    for step in (old._steps[0], old._steps[-1]):
        turn = step(turn)
    assert redis_client.xlen(keys.results(partition)) == before
    assert old.shard.stale, "it folds the logs again"
