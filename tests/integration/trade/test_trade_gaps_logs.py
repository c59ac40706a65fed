"""Events and decisions that are gone: a shard ends that cannot know its state."""

import logging

import pytest
import redis

from rules.errors import Fatal
from schema import keys
from schema.enums import Outcome
from tests.integration.trade.logs import last_id, orders, partition_of
from tests.integration.trade.plane import (
    Plane,
    Start,
    ready,
    report,
    send,
)

SIGNALS = keys.signals(0)


def traded(client: redis.Redis, plane: Plane) -> int:
    """Have an order filled and known by a snapshot; return its partition."""
    send(client, "s1")
    plane.run(lambda: len(orders(client)) == 5)
    order = orders(client)[0]
    partition = partition_of(client, order)
    report(client, order, Outcome.FILLED)
    plane.settle()
    plane.snapshot()
    return partition


@pytest.mark.parametrize("gone", ["trimmed", "deleted", "stream deleted"])
def test_events_that_are_gone_unread_end_a_running_shard_and_the_next(
    redis_client: redis.Redis, unread: Start, gone: str
) -> None:
    plane = ready(unread(snapshot_seconds=1))
    stream = keys.events(traded(redis_client, plane))
    # The first may reach a reader that waits; the second is gone before anybody asks for it.
    ids = [redis_client.xadd(stream, {"from": "test"}) for _ in range(3)]
    if gone == "trimmed":
        redis_client.xtrim(stream, minid=ids[2], approximate=False)
    elif gone == "deleted":
        redis_client.xdel(stream, ids[1])
    else:
        redis_client.delete(stream)
    with pytest.raises(Fatal, match="cannot be known"):
        plane.snapshot()
    with pytest.raises(Fatal, match=r"restore its data"):
        unread().run(lambda: False)


@pytest.mark.parametrize("gone", ["all trimmed", "last deleted", "stream deleted", "middle"])
def test_decisions_that_are_gone_end_a_shard(
    redis_client: redis.Redis, unread: Start, gone: str
) -> None:
    plane = ready(unread(snapshot_seconds=1))
    partition = traded(redis_client, plane)
    stream = keys.decisions(partition)
    plane.snapshot()
    if gone == "all trimmed":
        redis_client.xtrim(stream, maxlen=0, approximate=False)
    elif gone == "stream deleted":
        redis_client.delete(stream)
    elif gone == "last deleted":
        redis_client.xdel(stream, last_id(redis_client, stream))
    else:
        newest = last_id(redis_client, stream)
        idle = unread(idle_decision_seconds=1)
        idle.run(lambda: last_id(redis_client, stream) not in ("0-0", newest))
        again = last_id(redis_client, stream)
        idle.run(lambda: last_id(redis_client, stream) != again)
        redis_client.xdel(stream, newest, again)
    with pytest.raises(Fatal, match=r"decisions|partition"):
        unread().run(lambda: False)


def test_a_redis_that_was_emptied_ends_a_running_shard(
    redis_client: redis.Redis, unread: Start
) -> None:
    plane = ready(unread(snapshot_seconds=1))
    traded(redis_client, plane)
    redis_client.flushall()
    with pytest.raises(Fatal, match="nothing is left"):
        plane.run(lambda: False)


def test_a_redis_that_lost_its_last_decisions_is_named(
    redis_client: redis.Redis, unread: Start, caplog: pytest.LogCaptureFixture
) -> None:
    plane = ready(unread(snapshot_seconds=1))
    before = {keys.decisions(p): redis_client.dump(keys.decisions(p)) for p in range(64)}
    marks = redis_client.dump(SIGNALS)
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    for stream, blob in before.items():
        redis_client.restore(stream, 0, blob, replace=True)  # type: ignore[arg-type]
    assert marks is None
    redis_client.delete(SIGNALS)
    plane.shard.stale = True
    with caplog.at_level(logging.ERROR):
        plane.settle()
    assert any("Redis lost the last decisions" in r.getMessage() for r in caplog.records)
    assert plane.shard.ready
