"""Histograms that take a column at a time count as Prometheus' own do."""

from __future__ import annotations

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest

from flows.archive_metrics import BOUNDS, LATENCY, ColumnHistogram


def test_buckets_are_fine_from_milliseconds_to_minutes() -> None:
    assert BOUNDS[0] == 0.005
    assert BOUNDS[-1] >= 120
    assert np.all(BOUNDS[1:] / BOUNDS[:-1] <= 1.15 + 1e-9)


def test_a_column_is_counted_into_cumulative_buckets() -> None:
    registry = CollectorRegistry()
    histogram = ColumnHistogram(LATENCY, "test", "store", "duckdb")
    registry.register(histogram)
    histogram.observe(np.array([0.001, 0.005, 0.0051, 1000.0]))
    histogram.observe(np.array([]))
    labels = {"store": "duckdb"}
    assert registry.get_sample_value(f"{LATENCY}_count", labels) == 4
    assert registry.get_sample_value(f"{LATENCY}_bucket", labels | {"le": "0.005"}) == 2
    assert registry.get_sample_value(f"{LATENCY}_bucket", labels | {"le": "0.00575"}) == 3
    assert registry.get_sample_value(f"{LATENCY}_bucket", labels | {"le": "+Inf"}) == 4
    assert LATENCY.encode() in generate_latest(registry)
