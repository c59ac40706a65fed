"""What a shard remembers goes, whatever else it has to do."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import redis

from flows.lag import STORES
from operators import shard
from schema import keys
from schema.enums import Outcome
from schema.ids import PARTITIONS
from sources.redis_clock import RedisClock
from tests.integration.trade.logs import last_id, orders
from tests.integration.trade.plane import Plane, Start, give_price, publish_world, report, send


@pytest.fixture
def plane(redis_client: redis.Redis) -> Iterator[Plane]:
    publish_world(redis_client)
    give_price(redis_client)
    made = Plane(redis_client)
    made.run(lambda: made.shard.ready)
    made.settle()
    yield made
    made.close()


def test_memory_is_given_back_although_nobody_has_time_to_show_it(
    redis_client: redis.Redis, plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "_LIVE_ROWS", 0)
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    for number, order in enumerate(orders(redis_client)):
        report(redis_client, order, Outcome.CANCELLED, number)
    plane.settle()
    plane.run(lambda: not plane.shard.decisions)
    now = plane.clock.now() + 2 * 3_600_000_000
    plane.shard.live.restart(plane.shard.state)
    plane.shard.forget_finished(now)
    assert plane.shard.state.orders.count == 5, "what waits to be shown is not forgotten at once"
    monkeypatch.setattr(shard, "_LIVE_AT_ONCE", 3)
    waiting = plane.shard.live.waiting
    while plane.shard.live.waiting:
        assert not plane.shard.forget_finished(now + 601_000_000), "the rest is shown soon"
        assert plane.shard.state.orders.count == 5
        assert waiting - plane.shard.live.waiting <= 9, "a signal that comes waits for it"
        waiting = plane.shard.live.waiting
    assert plane.shard.forget_finished(now + 601_000_000)
    assert plane.shard.state.orders.count == 0
    plane.shard.live.restart(plane.shard.state)


def test_memory_is_given_back_although_there_is_never_time_for_all(
    redis_client: redis.Redis, plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "_LIVE_ROWS", 0)
    monkeypatch.setattr(shard, "_LIVE_AT_ONCE", 0)
    send(redis_client, "s1", action="close")
    plane.run(lambda: plane.shard.state.pairs.count == 5)
    plane.settle()
    plane.run(lambda: not plane.shard.touched.any)
    now = plane.clock.now() + 2 * 3_600_000_000
    plane.shard.live.restart(plane.shard.state)
    plane.shard.state.account_rows(
        plane.shard.state.pairs.rows["account_id"], np.zeros(5, np.int32)
    )
    plane.shard.live.restart(plane.shard.state)
    assert plane.shard.live.waiting
    plane.shard.forget_finished(now)
    assert not plane.shard.forget_finished(now + 601_000_000)
    assert plane.shard.forget_finished(now + 1_201_000_000)
    assert plane.shard.state.pairs.count == 0


def test_signals_go_although_no_store_ever_has_the_newest_rows(
    redis_client: redis.Redis, start: Start
) -> None:
    """Under steady traffic a store is always an entry behind; what it has must go all the same."""
    plane = start(snapshot_seconds=1, idle_decision_seconds=0.001)
    results, left, stored = keys.signal_results(0), [], "0-0"
    for number in range(8):
        send(redis_client, f"s{number}")
        plane.settle()
        plane.run(lambda: not plane.shard.signal_rows.any and not plane.shard.touched.any)
        for store in STORES:
            redis_client.set(keys.stored(results, store), stored)
        stored = last_id(redis_client, results)
        plane.upkeep.keep([], plane.clock.now() + number * 10_000_000)
        left.append(redis_client.xlen(keys.signals(0)))
    assert max(left) <= 4, left


def test_signals_stay_whose_decisions_redis_has_lost_since_they_were_found_decided(
    redis_client: redis.Redis, start: Start
) -> None:
    """What may go is remembered until the stores have its rows; a log may lose its end meanwhile."""
    plane = start(snapshot_seconds=1, idle_decision_seconds=0.001)
    logs = [name(p) for p in range(PARTITIONS) for name in (keys.decisions, keys.snapshot)]
    stored = [keys.stored(keys.signal_results(0), store) for store in STORES]

    def publish(*signals: str) -> None:
        for signal in signals:
            send(redis_client, signal)
        plane.settle()
        plane.run(lambda: not plane.shard.signal_rows.any and not plane.shard.touched.any)
        plane.snapshot()

    publish("s1")
    plane.upkeep.keep([], plane.clock.now() + 10_000_000)
    early: list[Any] = [redis_client.dump(name) for name in logs]
    publish("s2", "s3", "s4")
    redis_client.mset(dict.fromkeys(stored, "9999999999999-0"))
    plane.upkeep.keep([], plane.clock.now() + 20_000_000)
    assert redis_client.xlen(keys.signals(0)) == 4, "only what was decided at the first look goes"
    for name, held in zip(logs, early, strict=True):
        redis_client.restore(name, 0, held, replace=True)
    plane.upkeep.keep([], plane.clock.now() + 30_000_000)
    assert redis_client.xlen(keys.signals(0)) == 4
    plane.run(lambda: plane.shard.ready)
    plane.settle()
    plane.snapshot()
    plane.upkeep.keep([], plane.clock.now() + 40_000_000)
    plane.upkeep.keep([], plane.clock.now() + 50_000_000)
    assert redis_client.xlen(keys.signals(0)) == 1


def test_every_partition_gets_its_snapshot_although_rounds_are_slow(
    redis_client: redis.Redis, start: Start
) -> None:
    """Where a round takes longer than a snapshot lasts, all are due again in each of them."""

    class Slow(RedisClock):
        skipped = 0

        def now(self) -> int:
            return super().now() + self.skipped

    clock = Slow(redis_client)
    plane = start(snapshot_seconds=1, idle_decision_seconds=0.001, clock=clock)
    for _ in range(PARTITIONS // 4):
        clock.skipped += 10_000_000
        plane.turn()
    names = [keys.snapshot(partition) for partition in range(PARTITIONS)]
    found: Any = redis_client.mget(names)
    assert None not in found
