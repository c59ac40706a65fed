"""What an archive process tells Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from prometheus_client import Histogram as PrometheusHistogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

_FIRST_SECONDS = 0.005
_LAST_SECONDS = 120.0
_FACTOR = 1.15
_STEPS = int(np.ceil(np.log(_LAST_SECONDS / _FIRST_SECONDS) / np.log(_FACTOR)))
BOUNDS = _FIRST_SECONDS * _FACTOR ** np.arange(_STEPS + 1)
LATENCY = "tradecast_archive_signal_to_store_seconds"


class ColumnHistogram(Collector):
    """A histogram that takes a column of values at a time."""

    def __init__(self, name: str, description: str, label: str, value: str) -> None:
        self._name = name
        self._description = description
        self.label = label
        self._value = value
        self._counts = np.zeros(len(BOUNDS) + 1, np.int64)
        self._sum = 0.0

    def observe(self, seconds: np.ndarray) -> None:
        """Count values."""
        places = np.searchsorted(BOUNDS, seconds, side="left")
        self._counts = self._counts + np.bincount(places, minlength=len(BOUNDS) + 1)
        self._sum += float(seconds.sum())

    @override
    def collect(self) -> list[HistogramMetricFamily]:
        """Return the counts, summed up as Prometheus wants them."""
        edges = [f"{bound:.6g}" for bound in BOUNDS] + ["+Inf"]
        family = HistogramMetricFamily(self._name, self._description, labels=[self.label])
        totals = np.cumsum(self._counts).tolist()
        family.add_metric([self._value], list(zip(edges, totals, strict=True)), self._sum)
        return [family]


class Metrics:
    """Counts what an archive does; one for each process.

    Args:
        store: the process's store, a label of each metric.
        registry: where metrics are kept.
    """

    def __init__(self, store: str, registry: CollectorRegistry = REGISTRY) -> None:
        self._store = store
        self._rows = Counter(
            "tradecast_archive_rows", "Rows stored.", ["store", "table"], registry=registry
        )
        self._steps = PrometheusHistogram(
            "tradecast_archive_step_seconds",
            "Time that a step took: `decode` of what one read brought, `write` into the store,"
            " `flush` of a batch as a whole, with its attempts and the spool.",
            ["store", "step"],
            buckets=[0.0005 * 2**step for step in range(18)],
            registry=registry,
        )
        self._spool = Gauge(
            "tradecast_archive_spool_bytes",
            "Size of the spool of rows that wait for the store.",
            ["store"],
            registry=registry,
        )
        self._spool_limit = Gauge(
            "tradecast_archive_spool_limit_bytes",
            "Size at which the spool takes no more.",
            ["store"],
            registry=registry,
        )
        self._failures = Counter(
            "tradecast_archive_failures",
            "Attempts that the store failed; each is followed by another.",
            ["store"],
            registry=registry,
        )
        self._links = Counter(
            "tradecast_archive_redis_failures",
            "Reads that a broken link to Redis has failed.",
            ["store"],
            registry=registry,
        )
        self._lost = Counter(
            "tradecast_archive_gaps",
            "Times that entries of a stream were gone before they were read.",
            ["store", "stream"],
            registry=registry,
        )
        self._refused = Counter(
            "tradecast_archive_refused_rows",
            "Rows that broke a rule of their table and are not stored in it; each is a row of"
            " system_event_log, with the rule and its values.",
            ["store", "table"],
            registry=registry,
        )
        for some in (self._failures, self._links, self._spool):
            some.labels(store)
        self._latency = ColumnHistogram(
            LATENCY,
            "From a signal's arrival to its market order's outcome in the store.",
            "store",
            store,
        )
        registry.register(self._latency)

    def stored(self, tables: Mapping[str, pa.Table], seconds: float, at: float) -> None:
        """Count rows that the store has since `at` (seconds since 1970)."""
        self.took("write", seconds)
        for name, rows in tables.items():
            self._rows.labels(self._store, name).inc(rows.num_rows)
        orders = tables.get("orders")
        if orders is not None:
            # A pending order waits for its price, not for us.
            at_once = pc.equal(orders.column("order_type"), pa.scalar("market"))
            final = orders.filter(
                pc.and_(at_once, pc.equal(orders.column("state"), pa.scalar("final")))
            )
            received = final.column("received_at").drop_null().cast(pa.int64()).to_numpy()
            self._latency.observe(np.maximum(0.0, at - received / 1e6))

    def took(self, step: str, seconds: float) -> None:
        """Show how long a step took."""
        self._steps.labels(self._store, step).observe(seconds)

    def flushed(self, seconds: float) -> None:
        """Count a batch that is durable, in the store or in the spool."""
        self.took("flush", seconds)

    def decoded(self, seconds: float) -> None:
        """Count a read of the streams."""
        self.took("decode", seconds)

    def unlinked(self) -> None:
        """Count a read that a broken link has failed."""
        self._links.labels(self._store).inc()

    def spool_limit(self, size: int) -> None:
        """Show how large the spool may grow."""
        self._spool_limit.labels(self._store).set(size)

    def spool(self, size: int) -> None:
        """Show how many bytes wait."""
        self._spool.labels(self._store).set(size)

    def failed(self) -> None:
        """Count a write that failed."""
        self._failures.labels(self._store).inc()

    def refused(self, table: str) -> None:
        """Count a row that is not stored."""
        self._refused.labels(self._store, table).inc()

    def lost(self, stream: str) -> None:
        """Count a stream with a gap."""
        self._lost.labels(self._store, stream).inc()
