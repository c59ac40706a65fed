"""Traces of the protocol's model that broke an earlier wording of the laws, on the real shard.

The numbers are those of the model check's traces. Those in which something gets lost or trimmed
are in test_trade_protocol_loss.py; those of the executor are tested beside it.
"""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import redis

from config import change, live, world
from operators.pressure import Pressure
from rules.rounds import Round
from schema import keys
from schema.codes import ReasonCode
from schema.enums import Outcome
from tests.integration.trade.desk import WORLD
from tests.integration.trade.logs import (
    assert_one_chain,
    decided,
    folded,
    order_of,
    orders,
    partition_of,
    signals_of,
    told,
)
from tests.integration.trade.plane import (
    Appends,
    Sent,
    Start,
    publish_world,
    ready,
    report,
    send,
)

WRITES = ("xadd", "set", "hset", "hsetnx", "hmset", "rpush", "lpush", "sadd", "zadd", "incr")


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
    # So far beyond its bound that not even decisions get more.
    plane.shard.pressure = Pressure(lambda: 2.0)
    first = send(redis_client, "s1")
    while (turn := plane.turn()) is None or not turn.failed:
        assert not orders(redis_client)
    plane.around_send, plane.shard.pressure = let, Pressure(lambda: 0.0)
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
    one.run(lambda: one.shard.grounds.book.version == 2)
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
    plane.run(lambda: plane.shard.grounds.book.version == 2)
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
    # Rounds in which nothing is due to be decided: the script would have told it. The first of
    # them has rows of signals to write, which tell it nothing.
    for step in (old._steps[0], old._steps[-1], old._steps[-1]):
        turn = step(turn)
    assert redis_client.xlen(keys.results(partition)) == before
    assert old.shard.stale, "it folds the logs again"


def test_a_shard_that_another_has_overtaken_keeps_no_snapshot(
    redis_client: redis.Redis, start: Start
) -> None:
    """The other has trimmed under its own; an older one in its place stands before a gap."""
    old, new = start(snapshot_seconds=1), start(snapshot_seconds=1)
    send(redis_client, "s1")
    old.run(lambda: orders(redis_client))
    ready(old)
    ready(new)
    names = [keys.snapshot(p) for p in range(64)]
    stood: list[Any] = []
    check = old.shard.check_events

    def overtaken(partitions: Collection[int]) -> bool:
        whole = check(list(partitions))
        if partitions and not stood:
            send(redis_client, "s2")
            new.run(lambda: len(orders(redis_client)) == 10)
            new.snapshot()
            stood.append(redis_client.mget(names))
        return whole

    old.shard.check_events = overtaken  # type: ignore[method-assign]
    old.run(lambda: stood)
    assert redis_client.mget(names) == stood[0]
    assert old.shard.stale, "it folds the logs again"
    assert told(ready(old).shard.state) == told(folded(redis_client))
