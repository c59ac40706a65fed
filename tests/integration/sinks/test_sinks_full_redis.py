"""What is written although Redis has no memory left: a claim, its end, and what frees memory."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest
import redis

from schema import keys
from schema.enums import OrderState, Outcome
from schema.wire import REPORT
from sinks.claims import Claims
from sinks.dispatch import Append, Dispatcher
from sinks.snapshots import SnapshotWriter
from tests.servers import MemoryBound

OWNER, INSTANCE, ORDER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3).bytes, UUID(int=4).bytes


@pytest.fixture
def decision(redis_client: redis.Redis) -> str:
    """A decision, on a Redis that takes no more."""
    found: Any = redis_client.xadd(keys.decisions(3), {"orders": "2"})
    return str(found.decode())


def test_orders_are_claimed_and_closed(
    redis_client: redis.Redis, decision: str, memory_bound: MemoryBound
) -> None:
    memory_bound.leave_none()
    claims = Claims(redis_client)
    term = claims.acquire([3], INSTANCE, OWNER)[3]
    assert term == 1
    claims.claim(3, INSTANCE, OWNER, term, [(ORDER, decision)])
    assert redis_client.hget(keys.claims(3), ORDER) == f"{OWNER.hex}:1".encode()
    report = np.zeros(1, REPORT)
    report["order_id"] = np.void(OTHER)
    report["state"], report["outcome"] = OrderState.FINAL, Outcome.EXPIRED
    assert claims.close(3, report).closed.all()


def test_snapshots_are_kept(
    redis_client: redis.Redis, decision: str, memory_bound: MemoryBound
) -> None:
    memory_bound.leave_none()
    kept = SnapshotWriter(redis_client).keep([(3, decision, b"state"), (4, decision, b"state")])
    assert (list(kept.partitions), list(kept.overtaken)) == ([3], [4])
    assert redis_client.get(keys.snapshot(3)) == b"state"
    assert redis_client.get(keys.snapshot(4)) is None


def test_decisions_only_if_they_are_told_to(
    redis_client: redis.Redis, decision: str, memory_bound: MemoryBound
) -> None:
    memory_bound.leave_none()
    append = Append(partition=3, previous=decision, fields={b"orders": b""})
    dispatcher = Dispatcher(redis_client)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        dispatcher.send([append])
    assert dispatcher.send([append], beyond=True) == dispatcher.last([3])
