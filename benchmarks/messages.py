"""Dispatch and claim of 1,000 orders on Valkey with `appendfsync always`, beside bare commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from benchmarks.measure import Row, milliseconds, p50, p99, seconds_of
from benchmarks.servers import valkey
from rules.decision_log import Decision
from schema import keys
from schema.ids import PARTITIONS
from schema.wire import ORDER, VERDICT
from sinks.claims import ClaimBatch, Claims
from sinks.dispatch import Append, Dispatcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

NAME = "messages"
_ORDERS = 1000
_REPEAT = 100
_INSTANCE, _OWNER = UUID(int=1), UUID(int=2)


def run() -> Iterator[Row]:
    """Measure both, each with its bare commands in turn."""
    with valkey() as client:
        yield from _dispatch(client)
        yield from _claim(client)


def _decisions() -> list[dict[bytes, bytes]]:
    """One decision for each partition, which share 1,000 orders."""
    orders = np.zeros(_ORDERS, ORDER)
    ids = np.random.default_rng(1).bytes(16 * _ORDERS)
    orders["order_id"] = np.frombuffer(ids, "V16")
    verdicts = np.zeros(_ORDERS, VERDICT)
    return [
        dict(
            Decision(
                previous="0-0",
                events="0-0",
                marks={keys.signals(0): "1795253400000-0"},
                config=1,
                orders=orders[partition::PARTITIONS],
                verdicts=verdicts[partition::PARTITIONS],
            ).fields()
        )
        for partition in range(PARTITIONS)
    ]


def _dispatch(client: redis.Redis) -> Iterator[Row]:
    dispatcher = Dispatcher(client)
    decisions = _decisions()
    last = ["0-0"] * PARTITIONS

    def ours() -> None:
        appends = [
            Append(partition=p, previous=last[p], fields=fields)
            for p, fields in enumerate(decisions)
        ]
        last[:] = [entry_id or "" for entry_id in dispatcher.send(appends)]

    def bare() -> None:
        pipe: Any = client.pipeline(transaction=False)
        for partition, fields in enumerate(decisions):
            pipe.xadd(f"bare:{partition}", fields)
        pipe.execute()

    yield _row("dispatch of 1,000 orders in 64 partitions", ours, bare, "XADD of the same bytes")


def _claim(client: redis.Redis) -> Iterator[Row]:
    claims = Claims(client)
    term = claims.acquire([0], _INSTANCE, _OWNER, ttl_ms=600_000)[0]
    entry: Any = client.xadd(keys.decisions(0), {"v": "1"})
    number = iter(range(1 << 40))

    def ours() -> None:
        orders = [(next(number).to_bytes(16, "big"), entry.decode()) for _ in range(_ORDERS)]
        batch = ClaimBatch(partition=0, term=term, orders=orders)
        claims.claim_all(_INSTANCE, _OWNER, [batch])

    def bare() -> None:
        fields = {next(number).to_bytes(16, "big"): f"{_OWNER.hex}:1" for _ in range(_ORDERS)}
        client.hset("bare", mapping=fields)  # type: ignore[arg-type]

    yield _row("claim of 1,000 orders of one partition", ours, bare, "HSET of the same fields")


def _row(what: str, ours: Any, bare: Any, against: str) -> Row:
    mine = seconds_of(ours, _REPEAT, 3)
    raw = seconds_of(bare, _REPEAT, 3)
    return Row(
        group=NAME,
        what=f"{what}, p50 / p99",
        value=milliseconds(p50(mine), p99(mine)),
        target="p99 <= 5 ms",
        held=p99(mine) <= 0.005,
        ratio=f"{p50(raw) / p50(mine):.2f}",
        against=f"{against}, p50",
    )
