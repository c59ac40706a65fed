"""How much an account's daily returns vary, and how they hang together."""

from functools import partial, reduce

import polars as pl

from rules.kpi.expressions import deviation, ratio, varies
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage, Window
from rules.kpi.order_statistics import mean_difference

_daily = partial(
    Kpi,
    group="risk",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DAILY,
    least=Least(days=20),
)
_derived = partial(_daily, stage=Stage.DERIVED)
_R, _N, _ROOT = pl.col("r"), pl.col("_n"), pl.col("_A").sqrt()
_RHO = pl.col("_autocorrelation").abs()
# sum_{k=1}^{n-1} (n-k)*rho^k in closed form. Near rho=1 its terms cancel, and it is the series in
# gap=1-rho: with sum_k (n-k)*C(k,j) = C(n+1,j+2), sum_j C(n+1,j+2)*(-gap)^j less the n of k=0.
_GAP = 1 - _RHO
_CLOSED = _RHO * (_N * _GAP - (1 - _RHO**_N)) / _GAP**2
_TERMS = 9  # and no more than a rounding is left out where n*gap is at most 0.1
_BEHIND_FIRST = reduce(
    lambda rest, j: 1 - _GAP * (_N - j) / (j + 2) * rest, range(_TERMS, 0, -1), pl.lit(1.0)
)
_SERIES = _N * (_N + 1) / 2 * _BEHIND_FIRST - _N
_WEIGHTED = pl.when(_N * _GAP > 0.1).then(_CLOSED).otherwise(_SERIES)

PARTS = (
    Part("_std_30", Stage.LAST_30, deviation("r")),
    Part("_std_90", Stage.LAST_90, deviation("r")),
    Part("_std_months", Stage.MONTHS, deviation("ret")),
    Part("_rolling_std", Stage.DAILY, deviation("rolling")),
    Part("_below_mean", Stage.DAILY, ((_R - _R.mean()).clip(upper_bound=0.0) ** 2).sum()),
    Part("_ewma", Stage.DAILY, (_R**2).ewm_mean(alpha=0.06, adjust=False).last()),
)


def _lately(count: int) -> Kpi:
    return _derived(
        f"volatility_{count}d",
        f"Volatility of the last {count} observations",
        "ratio/yr",
        pl.when(count <= _N).then(pl.col(f"_std_{count}") * _ROOT),
        f"std(last {count} observations, ddof=1)*sqrt(A)",
        f"fewer than {count} observations -> null",
        windows=ONLY_ALL,
    )


KPIS = (
    _derived(
        "volatility_daily",
        "Daily volatility",
        "ratio/day",
        pl.col("_std"),
        "std(r, ddof=1)",
        "n<2 -> null",
    ),
    _derived(
        "volatility_annual",
        "Annual volatility",
        "ratio/yr",
        pl.col("_std") * _ROOT,
        "std(r, ddof=1)*sqrt(A)",
        "n<2 -> null",
    ),
    _lately(30),
    _lately(90),
    _derived(
        "volatility_ewma",
        "Volatility, exponentially weighted",
        "ratio/yr",
        (pl.col("_A") * pl.col("_ewma")).sqrt(),
        "RiskMetrics: sqrt(A*v_n), v_1=r_1^2, v_t=0.94*v_{t-1}+0.06*r_t^2, zero mean",
        "n=0 -> null",
    ),
    _derived(
        "volatility_monthly",
        "Monthly volatility",
        "ratio/month",
        pl.col("_std_months"),
        "std(returns of calendar months, ddof=1)",
        "less than 2 months -> null",
        needs=("daily.date", "daily.r"),
        windows=(Window.ALL, Window.YEAR),
    ),
    _derived(
        "volatility_of_volatility",
        "Volatility of the 30-day volatility",
        "ratio",
        pl.when(_N >= 31).then(pl.col("_rolling_std") * _ROOT),
        "std(std of each 30 observations in a row * sqrt(A), ddof=1)",
        "n<31 -> null",
        windows=(Window.ALL, Window.YEAR, Window.QUARTER, Window.DAYS_90),
        least=Least(days=60),
    ),
    _derived(
        "downside_deviation_annual",
        "Downside deviation",
        "ratio/yr",
        ratio(pl.col("_below_squares"), _N).sqrt() * _ROOT,
        "sqrt(mean(min(r-mar,0)^2))*sqrt(A), mean over all n; mar as a daily rate",
        "n=0 -> null; no day below mar -> 0",
    ),
    _derived(
        "upside_deviation_annual",
        "Upside deviation",
        "ratio/yr",
        ratio(pl.col("_up_squares"), _N).sqrt() * _ROOT,
        "sqrt(mean(max(r,0)^2))*sqrt(A), mean over all n",
        "n=0 -> null; no day up -> 0",
    ),
    _derived(
        "semi_deviation_daily",
        "Semi-deviation",
        "ratio/day",
        pl.when(pl.col("_varies"))
        .then((pl.col("_below_mean") / (_N - 1)).sqrt())
        .when(_N >= 2)
        .then(0.0),
        "sqrt(sum(min(r-mean(r),0)^2)/(n-1))",
        "n<2 -> null",
    ),
    _daily(
        "mean_absolute_deviation",
        "Mean absolute deviation",
        "ratio/day",
        pl.when(varies("r")).then((_R - _R.mean()).abs().mean()).when(pl.len() > 0).then(0.0),
        "mean(|r-mean(r)|)",
        "n=0 -> null",
    ),
    _daily(
        "gini_mean_difference",
        "Gini's mean difference",
        "ratio/day",
        mean_difference("r"),
        "sum_{i<j}|r_i-r_j|/(n(n-1)/2)",
        "n<2 -> null",
        stage=Stage.ORDERED,
    ),
    _derived(
        "volatility_skewness",
        "Volatility skewness",
        "ratio",
        ratio(pl.col("_up_squares"), pl.col("_down_squares")),
        "Rom and Ferguson: sum(max(r,0)^2)/sum(min(r,0)^2)",
        "no loss -> null",
    ),
    _derived(
        "return_autocorrelation_lag1",
        "Autocorrelation of returns",
        "corr",
        pl.col("_autocorrelation"),
        "Pearson corr(r_1..r_{n-1}, r_2..r_n)",
        "n<3, or one of the two constant -> null",
    ),
    _derived(
        "autocorrelation_penalty",
        "Autocorrelation penalty",
        "number",
        pl.when(pl.col("_autocorrelation").is_not_null())
        .then((1 + 2 * _WEIGHTED / _N).sqrt())
        .otherwise(1.0),
        "sqrt(1+2*sum_{k=1}^{n-1} (n-k)/n*|rho_1|^k)",
        "n<3 or no autocorrelation -> 1",
    ),
)
