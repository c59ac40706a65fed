"""What the endpoint counts, in a registry of its own."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts of one endpoint."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.queries = Counter(
            "tradecast_clickhouse_queries",
            "Queries by result: ok, error, aborted (the client went away).",
            ("result",),
            registry=self.registry,
        )
        bodies = Counter(
            "tradecast_clickhouse_bytes",
            "Bytes of bodies by direction: in (decompressed), out.",
            ("direction",),
            registry=self.registry,
        )
        self.received = bodies.labels("in")
        self.sent = bodies.labels("out")
        self.running = Gauge(
            "tradecast_clickhouse_running",
            "Queries that run now; those that wait for a place do not count.",
            registry=self.registry,
        )
        self.seconds = Histogram(
            "tradecast_clickhouse_query_seconds",
            "Time from the request's headers to the answer's last byte.",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
