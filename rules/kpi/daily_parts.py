"""What the KPIs of daily returns share: counts, sums, moments and tails of an account's days."""

import polars as pl

from rules.kpi.expressions import deviation, finite, varies
from rules.kpi.kpi import Kernel, Kpi, Part, Stage
from rules.kpi.moments import autocorrelation, gains, losses
from rules.kpi.order_statistics import lower_tail_mean, quantile

_R, _UP, _DOWN, _DD = pl.col("r"), pl.col("up"), pl.col("down"), pl.col("dd")
_BEYOND = pl.col("beyond")


def _day(name: str, value: pl.Expr | Kernel, empty: float | None = None) -> Part:
    return Part(name, Stage.DAILY, value, empty)


PARTS = (
    _day("_n", pl.len().cast(pl.Float64), 0.0),
    _day("_growth", pl.col("w").last()),
    _day("_ruined", pl.col("ruined").any().cast(pl.Float64), 0.0),
    _day("_sum", _R.sum(), 0.0),
    _day("_mean", _R.mean()),
    _day("_std", deviation("r")),
    _day("_varies", varies("r")),
    _day("_up_sum", _UP.sum(), 0.0),
    _day("_up_count", _UP.count().cast(pl.Float64), 0.0),
    _day("_down_sum", _DOWN.sum(), 0.0),
    _day("_down_count", _DOWN.count().cast(pl.Float64), 0.0),
    _day("_up_squares", (_UP**2).sum(), 0.0),
    _day("_down_squares", (_DOWN**2).sum(), 0.0),
    _day("_down_cubes", (_DOWN**3).sum(), 0.0),
    _day("_excess_mean", pl.col("excess").mean()),
    _day("_beyond_mean", _BEYOND.mean()),
    _day("_above_sum", gains("beyond"), 0.0),
    _day("_below_sum", losses("beyond"), 0.0),
    _day("_below_squares", losses("beyond", 2), 0.0),
    _day("_skew", finite(_R.skew(bias=False))),
    _day("_kurtosis", finite(_R.kurtosis(bias=False))),
    _day("_autocorrelation", autocorrelation("r", "prior")),
    _day("_dd_min", _DD.min()),
    _day("_dd_sum", _DD.sum(), 0.0),
    _day("_dd_std", deviation("dd")),
    _day("_dd_squares", (_DD**2).sum(), 0.0),
    _day("_dd_count", (_DD < 0).sum().cast(pl.Float64), 0.0),
    _day("_log_mean", pl.col("growth_log").mean()),
    _day("_log_sum", pl.col("growth_log").sum(), 0.0),
    Part("_q01", Stage.ORDERED, quantile("r", 0.01)),
    Part("_q05", Stage.ORDERED, quantile("r", 0.05)),
    Part("_q95", Stage.ORDERED, quantile("r", 0.95)),
    Part("_q99", Stage.ORDERED, quantile("r", 0.99)),
    Part("_lower_tail", Stage.ORDERED, lower_tail_mean("r", 0.05)),
)

KPIS: tuple[Kpi, ...] = ()
