"""How deep an account was under its peak, how long, and how it came out."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Part, Stage
from rules.kpi.order_statistics import quantile, weighted_tail_mean

_daily = partial(
    Kpi,
    group="drawdown",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DAILY,
)
_derived = partial(_daily, stage=Stage.DERIVED)
_dated = partial(_daily, needs=("daily.date", "daily.r"))
_episode = partial(_dated, stage=Stage.EPISODES)
_N, _DD, _DATE = pl.col("_n"), pl.col("dd"), pl.col("date")
_DEEPEST = pl.col("depth").arg_min()  # the first, if tied
_REGAINED = (pl.col("recovery") - pl.col("valley")).dt.total_days()

PARTS = (
    Part("_dd_min_30", Stage.LAST_30, _DD.min()),
    Part("_dd_min_90", Stage.LAST_90, _DD.min()),
    Part("_dd_q05", Stage.DEPTHS, quantile("dd", 0.05)),
    Part("_dd_tail", Stage.DEPTHS, weighted_tail_mean("dd", 0.05)),
    Part("_peak_day", Stage.DAILY, _DATE.filter(_DD == 0).last()),
)


def _lately(count: int) -> Kpi:
    return _derived(
        f"max_drawdown_{count}d",
        f"Maximum drawdown of the last {count} observations",
        "ratio (<=0)",
        pl.when(count <= _N).then(pl.col(f"_dd_min_{count}")),
        f"max_drawdown of the last {count} observations, the peak begun anew",
        f"fewer than {count} observations -> null",
        windows=ONLY_ALL,
    )


def _of_deepest(name: str, title: str, value: pl.Expr, formula: str, edges: str) -> Kpi:
    unit = "date" if name.endswith("_date") else "calendar days"
    return _episode(f"max_drawdown_{name}", title, unit, value.get(_DEEPEST), formula, edges)


KPIS = (
    _daily(
        "max_drawdown",
        "Maximum drawdown",
        "ratio (<=0)",
        _DD.min(),
        "min(0, min_t DD_t), DD_t=W_t/max(1,W_1..W_t)-1: the start is a peak",
        "n=0 -> null; never under water -> 0",
    ),
    _daily(
        "current_drawdown",
        "Current drawdown",
        "ratio (<=0)",
        _DD.last(),
        "DD_n",
        "n=0 -> null",
    ),
    _lately(30),
    _lately(90),
    _episode(
        "avg_drawdown",
        "Average drawdown",
        "ratio (<=0)",
        pl.col("depth").mean(),
        "mean over drawdown episodes of the least DD_t, the ongoing one included",
        "no episode -> 0",
        empty=0.0,
    ),
    _episode(
        "avg_drawdown_days",
        "Average length of a drawdown",
        "calendar days",
        pl.col("days").mean(),
        "mean over episodes of (recovery date or as_of) - peak date",
        "no episode -> 0",
        empty=0.0,
    ),
    _episode(
        "max_drawdown_duration_days",
        "Longest drawdown",
        "calendar days",
        pl.col("days").max(),
        "max over episodes of (recovery date or as_of) - peak date",
        "no episode -> 0",
        empty=0.0,
    ),
    _of_deepest(
        "peak_date",
        "Peak before the deepest drawdown",
        pl.col("peak"),
        "last date with DD=0 before the deepest episode, the opening date if none",
        "no episode -> null; the first of episodes of one depth",
    ),
    _of_deepest(
        "valley_date",
        "Bottom of the deepest drawdown",
        pl.col("valley"),
        "date of the least DD of the deepest episode",
        "no episode -> null",
    ),
    _of_deepest(
        "recovery_date",
        "End of the deepest drawdown",
        pl.col("recovery"),
        "first date with DD=0 after the deepest valley",
        "no episode, or ongoing -> null",
    ),
    _of_deepest(
        "fall_days",
        "Days to the bottom of the deepest drawdown",
        (pl.col("valley") - pl.col("peak")).dt.total_days(),
        "valley date - peak date of the deepest episode",
        "no episode -> null",
    ),
    _of_deepest(
        "recovery_days",
        "Days from the bottom of the deepest drawdown",
        _REGAINED,
        "recovery date - valley date of the deepest episode",
        "no episode, or ongoing -> null",
    ),
    _episode(
        "avg_recovery_days",
        "Average recovery",
        "calendar days",
        _REGAINED.mean(),
        "mean over recovered episodes of recovery date - valley date",
        "none -> null",
    ),
    _episode(
        "drawdown_count",
        "Drawdown episodes",
        "count",
        pl.len(),
        "number of drawdown episodes, the ongoing one included",
        "0",
        empty=0,
    ),
    _derived(
        "time_underwater_ratio",
        "Share of days under water",
        "ratio",
        ratio(pl.col("_dd_count"), _N),
        "count(DD_t<0)/n",
        "n=0 -> null",
    ),
    _dated(
        "days_since_high_water_mark",
        "Days since the last peak",
        "calendar days",
        pl.when(_N > 0).then(
            (pl.col("_as_of") - pl.coalesce("_peak_day", "_opened")).dt.total_days()
        ),
        "as_of - last date with DD=0, the opening date if none",
        "n=0 -> null",
        stage=Stage.DERIVED,
    ),
    _derived(
        "ulcer_index",
        "Ulcer index",
        "ratio",
        ratio(pl.col("_dd_squares"), _N).sqrt(),
        "sqrt(mean(DD_t^2)) over n, the start not counted",
        "n=0 -> null",
    ),
    _derived(
        "pain_index",
        "Pain index",
        "ratio",
        ratio(pl.col("_dd_sum").abs(), _N),
        "mean(|DD_t|) over n",
        "n=0 -> null",
    ),
    _derived(
        "drawdown_at_risk_95",
        "Drawdown at risk",
        "ratio",
        -pl.col("_dd_q05"),
        "-Q05(DD), linear interpolation",
        "n=0 -> null",
    ),
    _derived(
        "conditional_drawdown_at_risk_95",
        "Conditional drawdown at risk",
        "ratio",
        -pl.col("_dd_tail"),
        "-mean of the worst 5 % of DD_t, the last of them in part",
        "n=0 -> null",
    ),
    _daily(
        "max_runup",
        "Maximum run-up",
        "ratio",
        pl.col("runup").max().fill_null(0.0),
        "max_t W_t/min(1,W_1..W_t)-1",
        "n=0 -> null; days from a loss of everything on are left out",
    ),
)
