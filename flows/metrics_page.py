"""The reference page of metrics, from the metrics themselves."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

_INTRO = """\
# Metrics

Every process serves Prometheus metrics on loopback, at `/metrics`. `tradecast up` prints where its
own are; at `/targets` of the same address it lists all others, as Prometheus' `http_sd_configs`
wants them ([how](../howto/operate.md#watch-it)). Names end in their unit: seconds, bytes, a ratio
from 0 to 1; a time is seconds since 1970. A counter's name gets `_total`, a histogram's `_bucket`,
`_sum` and `_count`. Every process also has `process_start_time_seconds`,
`process_resident_memory_bytes`, `process_cpu_seconds_total` and `process_open_fds`.
[Rules that alert](../alerts/tradecast.rules.yml) are made of these.

This page is generated from the code; do not edit it.
"""
# Whoever tells them, in the order in which a signal passes, and what the reader should know.
_TITLES = {
    "trade": "The trade flow, by shard",
    "execute": "The execute flow, by terminal",
    "archive": "The archive flow, by store",
    "up": "The supervisor",
    "clickhouse": "The embedded ClickHouse",
}


def metrics_page() -> str:
    """Return the page as Markdown."""
    sections: dict[str, list[str]] = {title: [] for title in _TITLES}
    for name, kind, labels, meaning in metrics():
        spelled = ", ".join(f"`{label}`" for label in labels)
        row = f"| `{name}` | {kind} | {spelled} | {meaning} |\n"
        sections[name.split("_")[1]].append(row)
    return _INTRO + "".join(
        f"\n## {_TITLES[part]}\n\n| metric | type | labels | meaning |\n"
        f"| --- | --- | --- | --- |\n{''.join(sorted(rows))}"
        for part, rows in sections.items()
    )


def metrics() -> list[tuple[str, str, list[str], str]]:
    """Return name, type, labels and meaning of every metric; a counter's name has its `_total`."""
    found = []
    for registry in _registries():
        for collector in list(registry._collector_to_names):  # noqa: SLF001 - no other way
            for family in collector.collect():
                name = f"{family.name}_total" if family.type == "counter" else family.name
                found.append((name, family.type, _labels(collector), family.documentation))
    return found


def _registries() -> list[CollectorRegistry]:
    from embedded.clickhouse.metrics import Metrics as ClickHouseMetrics  # noqa: PLC0415 - slow
    from flows import archive_metrics, execute_metrics, trade_metrics, up_metrics  # noqa: PLC0415

    registries = [ClickHouseMetrics().registry]
    for make in (
        lambda registry: trade_metrics.Metrics(0, registry),
        lambda registry: execute_metrics.Metrics("alpha-1", registry),
        lambda registry: archive_metrics.Metrics("duckdb", registry),
        up_metrics.Metrics,
    ):
        registry = CollectorRegistry()
        make(registry)
        registries.append(registry)
    return registries


def _labels(collector: Any) -> list[str]:
    names = getattr(collector, "_labelnames", None)
    return list(names) if names is not None else [collector.label]
