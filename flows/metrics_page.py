"""The reference page of metrics, from the metrics themselves."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

_INTRO = """\
# Metrics

Every flow process serves Prometheus metrics on a loopback port, `http://127.0.0.1:PORT/metrics`;
`tradecast status --format json` has the ports, as `metrics_port`. Names end in their unit;
counters get `_total`, histograms `_bucket`, `_sum` and `_count`.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
"""


def metrics_page() -> str:
    """Return the page as Markdown."""
    rows = []
    for registry in _registries():
        for collector in list(registry._collector_to_names):  # noqa: SLF001 - no other way
            labels = ", ".join(f"`{name}`" for name in _labels(collector))
            for family in collector.collect():
                meaning = family.documentation
                rows.append(f"| `{family.name}` | {family.type} | {labels} | {meaning} |\n")
    return _INTRO + "".join(sorted(rows))


def _registries() -> list[CollectorRegistry]:
    from flows import archive_metrics, execute_metrics, trade_metrics  # noqa: PLC0415 - slow

    registries = []
    for make in (
        lambda registry: trade_metrics.Metrics(0, registry),
        lambda registry: execute_metrics.Metrics("alpha-1", registry),
        lambda registry: archive_metrics.Metrics("duckdb", registry),
    ):
        registry = CollectorRegistry()
        make(registry)
        registries.append(registry)
    return registries


def _labels(collector: Any) -> list[str]:
    return list(getattr(collector, "_labelnames", None) or [collector.label])
