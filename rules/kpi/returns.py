"""What an account earned by the day: compounded, annualised, and on its days up and down."""

from functools import partial

import polars as pl

from rules.kpi.expressions import finite, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.moments import spread
from rules.kpi.order_statistics import quantile

_daily = partial(
    Kpi, group="returns", input=Input.DAILY_RETURNS, needs=("daily.r",), stage=Stage.DAILY
)
_derived = partial(_daily, stage=Stage.DERIVED)
_fit = partial(_derived, least=Least(days=20))
_dated = partial(_fit, input=Input.EQUITY, needs=("daily.date", "daily.r"))

_N, _A, _R = pl.col("_n"), pl.col("_A"), pl.col("r")
_PATH = pl.col("path")
_YEARS = (pl.col("_last_day") - pl.col("_opened")).dt.total_days() / 365.25
_UNRUINED = pl.col("_ruined") == 0
# Of the regression of the path on t: squares of t around its mean are n(n^2-1)/12.
_XX = _N * (_N**2 - 1) / 12
_R2 = pl.when(_UNRUINED & (_N >= 2) & pl.col("_path_varies")).then(
    ratio(pl.col("_path_xy") ** 2, _XX * pl.col("_path_yy")).clip(upper_bound=1.0)
)
_RISE = pl.col("_path_xy") / _XX
_RISE_ERROR = ((1 - pl.col("_r2")) * pl.col("_path_yy") / (_N - 2) / _XX).sqrt()

PARTS = (
    Part("_last_day", Stage.DAILY, pl.col("date").last()),
    Part("_path_yy", Stage.DAILY, spread("path", "path")),
    Part("_path_xy", Stage.DAILY, spread("path", "t")),
    Part("_path_varies", Stage.DAILY, _PATH.max() != _PATH.min()),
    Part("_r2", Stage.DERIVED, _R2),
)


def _grown(exponent: pl.Expr) -> pl.Expr:
    return finite(pl.col("_growth") ** exponent - 1)


KPIS = (
    _derived(
        "total_return",
        "Total return",
        "ratio",
        pl.col("_growth") - 1,
        "prod(1+r_t)-1",
        "n=0 -> null; any r_t<=-1 -> -1: the account is ruined",
    ),
    _derived(
        "log_return_total",
        "Total log return",
        "ratio",
        pl.when(_UNRUINED & (_N > 0)).then(pl.col("_log_sum")),
        "sum(ln(1+r_t))",
        "n=0 or any r_t<=-1 -> null",
    ),
    _fit(
        "cagr",
        "Compound annual growth rate",
        "ratio/yr",
        _grown(_A / _N),
        "prod(1+r_t)^(A/n)-1, n = number of returns, days without trades among them",
        "n=0 -> null; any r_t<=-1 -> -1; beyond a double -> null",
    ),
    _dated(
        "cagr_calendar",
        "Compound annual growth rate by the calendar",
        "ratio/yr",
        pl.when(_YEARS > 0).then(_grown(1 / _YEARS)),
        "prod(1+r_t)^(1/y)-1, y = (last date - opening date)/365.25 days",
        "n=0 or y=0 -> null; any r_t<=-1 -> -1; beyond a double -> null",
    ),
    _derived(
        "annual_return_arithmetic",
        "Annual return, arithmetic",
        "ratio/yr",
        pl.col("_mean") * _A,
        "mean(r)*A",
        "n=0 -> null",
        least=Least(days=20),
    ),
    _dated(
        "annual_return_simple_calendar",
        "Annual return, not compounded",
        "ratio/yr",
        pl.when(_YEARS > 0).then((pl.col("_growth") - 1) / _YEARS * (365 / 365.25)),
        "total_return*365/(last date - opening date in days)",
        "n=0 or no day between -> null",
    ),
    _daily(
        "mean_daily_return",
        "Mean daily return",
        "ratio/day",
        _R.mean(),
        "mean(r), days without trades among them",
        "n=0 -> null",
    ),
    _derived(
        "mean_active_day_return",
        "Mean return of active days",
        "ratio/day",
        ratio(pl.col("_sum"), pl.col("_up_count") + pl.col("_down_count")),
        "mean(r | r!=0)",
        "no day with r!=0 -> null",
    ),
    _daily(
        "median_daily_return",
        "Median daily return",
        "ratio/day",
        quantile("r", 0.5),
        "median(r)",
        "n=0 -> null",
        stage=Stage.ORDERED,
    ),
    _derived(
        "geometric_mean_daily_return",
        "Geometric mean daily return",
        "ratio/day",
        _grown(1 / _N),
        "prod(1+r_t)^(1/n)-1",
        "n=0 -> null; any r_t<=-1 -> -1",
    ),
    _daily("best_day", "Best day", "ratio", _R.max(), "max(r)", "n=0 -> null"),
    _daily("worst_day", "Worst day", "ratio", _R.min(), "min(r)", "n=0 -> null"),
    _daily("return_1d", "Return of the last day", "ratio", _R.last(), "r_n", "n=0 -> null"),
    _derived(
        "positive_days_ratio",
        "Share of active days that gained",
        "ratio",
        ratio(pl.col("_up_count"), pl.col("_up_count") + pl.col("_down_count")),
        "count(r>0)/count(r!=0)",
        "no day with r!=0 -> null",
    ),
    _derived(
        "avg_up_day",
        "Average up day",
        "ratio",
        ratio(pl.col("_up_sum"), pl.col("_up_count")),
        "mean(r | r>0)",
        "no up day -> null",
    ),
    _derived(
        "avg_down_day",
        "Average down day",
        "ratio",
        ratio(pl.col("_down_sum"), pl.col("_down_count")),
        "mean(r | r<0)",
        "no down day -> null",
    ),
    _fit(
        "stability_of_timeseries",
        "Stability of the growth path",
        "ratio",
        pl.col("_r2"),
        "R^2 of the least-squares line of cumsum(ln(1+r)) on t = 0..n-1",
        "n<2, no variance, or any r_t<=-1 -> null",
    ),
    _fit(
        "k_ratio",
        "K-ratio",
        "number",
        pl.when((_N >= 3) & (1 - pl.col("_r2") >= 1e-12)).then(
            ratio(_RISE, _RISE_ERROR) * _A.sqrt() / _N
        ),
        "Kestner 2013: slope/SE(slope)*sqrt(A)/n of the line of cumsum(ln(1+r)) on t",
        "n<3, a perfect line (1-R^2<1e-12), or any r_t<=-1 -> null",
    ),
)
