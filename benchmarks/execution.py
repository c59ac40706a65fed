"""From orders read by an executor to their results on Redis, with a terminal that answers at once.

What is measured is all that law 2 costs: claims that are on disk, a journal that is synced before
and behind the terminal, and reports that are on disk. Beside it stand the same bytes, written and
synced once each: what no executor can do without.
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from benchmarks.measure import Row, milliseconds, p50, p99, seconds_of
from benchmarks.servers import scratch, valkey
from brokers.retcodes import verdict
from operators.claiming import claim
from operators.execution import Executor
from operators.publishing import publish
from operators.sending import send
from rules.journal_records import ATTEMPT, PLACE
from schema import keys
from schema.broker import ANSWER, REQUEST, AnswerClass
from schema.enums import Side
from schema.wire import ORDER, REPORT, UNITS, Records, encode
from sinks.claims import ClaimBatch, Claims
from sinks.events import EventsWriter
from sinks.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import redis

NAME = "execution"
_INSTANCE, _ACCOUNT = UUID(int=5), bytes(15) + b"\x07"
_SIZES = ((1, 300), (1000, 40))
_WARM_UP = 3


class _Instant:
    """A terminal that fills everything at once: what an executor asks it for openings alone."""

    def __init__(self) -> None:
        self.asked_at = 0.0
        self._tickets = 0

    def submit(self, requests: Records) -> Records:
        self.asked_at = self.asked_at or time.perf_counter()
        answers = np.zeros(len(requests), ANSWER)
        answers["order_id"], answers["volume"] = requests["order_id"], requests["volume"]
        answers["answer"], answers["retcode"] = AnswerClass.DONE, 10009
        answers["order_ticket"] = answers["position_ticket"] = self._tickets + np.arange(
            1, len(requests) + 1
        )
        self._tickets += len(requests)
        return answers

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        """Nothing is told of deals."""


class _Run:
    """One executor, and decisions for it."""

    def __init__(self, client: redis.Redis, directory: Path, each: int) -> None:
        self._each = each
        self._terminal = _Instant()
        self._journal = Journal(directory)
        self._executor = Executor(
            instance=_INSTANCE,
            partitions={_ACCOUNT: 0},
            claims=Claims(client),
            journal=self._journal,
            terminal=self._terminal,
            publisher=EventsWriter(client, _INSTANCE),
            verdict=lambda code, kind: verdict(code, kind)[1:],
            claim_batch=ClaimBatch,
            clock=_now,
            lease_ms=600_000,
        )
        self._executor.lease()
        self._entry = client.xadd(keys.decisions(0), {"v": "1"}).decode()  # type: ignore[union-attr]
        self._ids = iter(range(1, 1 << 40))
        self.asked: list[float] = []

    def orders(self) -> Records:
        orders = np.zeros(self._each, ORDER)
        for row in orders:
            row["order_id"] = np.void(next(self._ids).to_bytes(16, "big"))
        orders["signal_id"] = orders["order_id"]
        orders["account_id"] = np.void(_ACCOUNT)
        orders["instance_id"] = np.void(_INSTANCE.bytes)
        orders["leg"] = orders["legs"] = 1
        orders["side"], orders["symbol"], orders["volume"] = Side.BUY, b"EURUSD", UNITS
        orders["decided_at"] = _now()
        orders["valid_until"] = _now() + 60_000_000
        return orders

    def work(self, orders: Records) -> float:
        """Execute orders; return the seconds until the last is told."""
        self._terminal.asked_at = 0.0
        began = time.perf_counter()
        self._executor.read(0, self._entry, orders)
        while self._executor.waiting:
            send(self._executor, claim(self._executor, _now()))
            publish(self._executor)
        self.asked.append(self._terminal.asked_at - began)
        return time.perf_counter() - began

    def close(self) -> None:
        self._journal.close()


def run(sizes: Sequence[tuple[int, int]] = _SIZES) -> Iterator[Row]:
    """Measure batches of orders.

    Args:
        sizes: how many orders at once, and how often.
    """
    for each, repeat in sizes:
        with valkey() as client, scratch() as directory:
            bench = _Run(client, directory / "journal", each)
            batches = [bench.orders() for _ in range(repeat + _WARM_UP)]
            told = [bench.work(orders) for orders in batches][_WARM_UP:]
            asked = bench.asked[_WARM_UP:]
            bench.close()
            raw = seconds_of(partial(_bare, client, directory, each), repeat, _WARM_UP)
        count = "one order" if each == 1 else f"{each:,} orders of one partition"
        yield Row(
            group=NAME,
            what=f"{count}, read to the first at the terminal; to the last result, p50 / p99",
            value=f"{milliseconds(p50(asked), p99(asked))}; {milliseconds(p50(told), p99(told))}",
            ratio=f"{p50(raw) / p50(told):.2f}",
            against="the same bytes, each written and synced once, to the last result",
        )


def _bare(client: redis.Redis, directory: Path, each: int) -> None:
    """Write claims, journal records and reports, as many bytes, without looking at them."""
    client.hset("bare", mapping={os.urandom(16): b"0" * 34 for _ in range(each)})
    with (directory / "bare").open("ab", buffering=0) as file:
        for kinds in ((ATTEMPT, ORDER, REQUEST), (ANSWER, PLACE, REPORT)):
            file.write(bytes(each * sum(kind.itemsize for kind in kinds)))
            os.fdatasync(file.fileno())
    fields: Any = {"reports": encode(np.zeros(each, REPORT))}
    client.xadd("bare-events", fields)


def _now() -> int:
    return time.time_ns() // 1000
