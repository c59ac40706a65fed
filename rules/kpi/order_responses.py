"""What became of orders: latency, fills and rejections."""

from functools import partial

import polars as pl

from rules.kpi.expressions import correlation, quantile, ratio
from rules.kpi.kpi import Input, Kpi, Part, Stage

_KPI = partial(Kpi, group="execution", input=Input.EXECUTIONS, needs=("executions.status",))
_EXECUTIONS = partial(_KPI, stage=Stage.EXECUTIONS)

_LATENCY = ("executions.latency_ms",)


def _status(name: str) -> pl.Expr:
    return (pl.col("status") == name).sum() / pl.len()


PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _EXECUTIONS(
        "avg_latency_ms",
        "Average latency",
        "ms",
        pl.col("latency_ms").mean(),
        formula="mean(latency) over all order responses",
        edges="0 executions -> null",
        needs=_LATENCY,
    ),
    _EXECUTIONS(
        "median_latency_ms",
        "Median latency",
        "ms",
        pl.col("latency_ms").median(),
        formula="median over all order responses",
        edges="0 executions -> null",
        needs=_LATENCY,
    ),
    _EXECUTIONS(
        "p95_latency_ms",
        "Latency, 95th percentile",
        "ms",
        quantile("latency_ms", 0.95),
        formula="Q95 linear over all order responses",
        edges="0 executions -> null",
        needs=_LATENCY,
    ),
    _EXECUTIONS(
        "p99_latency_ms",
        "Latency, 99th percentile",
        "ms",
        quantile("latency_ms", 0.99),
        formula="Q99 linear over all order responses",
        edges="0 executions -> null",
        needs=_LATENCY,
    ),
    _EXECUTIONS(
        "max_latency_ms",
        "Longest latency",
        "ms",
        pl.col("latency_ms").max(),
        formula="max over all order responses",
        edges="0 executions -> null",
        needs=_LATENCY,
    ),
    _EXECUTIONS(
        "latency_jitter_ms",
        "Latency jitter",
        "ms",
        pl.col("latency_ms").drop_nulls().diff().abs().mean(),
        formula="mean(|lat_i-lat_{i-1}|) in order sequence (the rows' order)",
        edges="<2 -> null",
        needs=_LATENCY,
    ),
    _EXECUTIONS(
        "latency_slippage_correlation",
        "Correlation of latency and slippage",
        "corr",
        correlation("latency_filled", "slippage_filled"),
        formula="corr(latency, slippage) over filled/partial",
        edges="<2 or constant -> null",
        needs=("executions.latency_ms", "executions.slippage_pips", "executions.status"),
    ),
    _EXECUTIONS(
        "fill_rate",
        "Orders filled in full",
        "ratio",
        _status("filled"),
        formula="count(status=filled)/count(orders)",
        edges="0 orders -> null",
    ),
    _EXECUTIONS(
        "volume_fill_ratio",
        "Volume filled",
        "ratio",
        ratio(pl.col("filled_volume").sum(), pl.col("requested_volume").sum()),
        formula="sum(filled_volume)/sum(requested_volume)",
        edges="zero denominator -> null (never inf)",
        needs=("executions.filled_volume", "executions.requested_volume"),
    ),
    _EXECUTIONS(
        "rejection_rate",
        "Orders rejected",
        "ratio",
        _status("rejected"),
        formula="count(rejected)/count(orders)",
        edges="0 orders -> null",
    ),
    _EXECUTIONS(
        "requote_rate",
        "Orders requoted",
        "ratio",
        _status("requote"),
        formula="count(requote)/count(orders)",
        edges="0 orders -> null",
    ),
    _EXECUTIONS(
        "partial_fill_rate",
        "Orders filled in part",
        "ratio",
        _status("partial"),
        formula="count(partial)/count(orders)",
        edges="0 orders -> null",
    ),
)
