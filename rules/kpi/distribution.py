"""The shape of an account's daily returns: moments, quantiles, outliers."""

from functools import partial

import polars as pl

from rules.kpi.expressions import finite, ratio
from rules.kpi.kpi import Input, Kernel, Kpi, Least, Part, Stage
from rules.kpi.order_statistics import outliers, quantile

_daily = partial(
    Kpi,
    group="distribution",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DERIVED,
    least=Least(days=20),
)
_N, _VARIES = pl.col("_n"), pl.col("_varies")
# The biased moments, from the unbiased ones of the parts.
_G1 = pl.col("_skew_biased")
_G2 = pl.col("_kurtosis_biased")
_JARQUE_BERA = pl.when((_N >= 3) & _VARIES).then(_N / 6 * (_G1**2 + _G2**2 / 4))

PARTS = (
    Part("_skew_biased", Stage.DAILY, finite(pl.col("r").skew())),
    Part("_kurtosis_biased", Stage.DAILY, finite(pl.col("r").kurtosis())),
    Part("_not_down", Stage.DAILY, (pl.col("r") >= 0).sum().cast(pl.Float64)),
    Part("_not_down_mean", Stage.DERIVED, ratio(pl.col("_up_sum"), pl.col("_not_down"))),
)


def _quantile(percent: int) -> Kpi:
    value: Kernel = quantile("r", percent / 100)
    return _daily(
        f"return_p{percent}",
        f"{percent}th percentile of daily returns",
        "ratio",
        value,
        f"Q{percent}(r), linear interpolation",
        "n=0 -> null",
        stage=Stage.ORDERED,
    )


KPIS = (
    _daily(
        "skewness",
        "Skewness",
        "number",
        pl.when((_N >= 3) & _VARIES).then(pl.col("_skew")),
        "unbiased G1 = g1*sqrt(n(n-1))/(n-2)",
        "n<3 or no variance -> null",
    ),
    _daily(
        "kurtosis_excess",
        "Excess kurtosis",
        "number",
        pl.when((_N >= 4) & _VARIES).then(pl.col("_kurtosis")),
        "unbiased G2, 0 for a normal distribution",
        "n<4 or no variance -> null",
    ),
    _daily(
        "jarque_bera",
        "Jarque-Bera statistic",
        "number",
        _JARQUE_BERA,
        "n/6*(g1^2+(b2-3)^2/4), biased moments",
        "n<3 or no variance -> null",
    ),
    _daily(
        "jarque_bera_p",
        "p-value of the Jarque-Bera statistic",
        "probability",
        (-_JARQUE_BERA / 2).exp(),
        "exp(-JB/2): chi-squared with 2 degrees of freedom",
        "as jarque_bera",
    ),
    _quantile(25),
    _quantile(75),
    _quantile(95),
    _daily(
        "interquartile_range",
        "Interquartile range",
        "ratio",
        pl.col("return_p75") - pl.col("return_p25"),
        "Q75(r)-Q25(r)",
        "n=0 -> null",
    ),
    _daily(
        "outlier_days_count",
        "Outlying days",
        "count",
        outliers("r"),
        "count(r<Q25-1.5*IQR or r>Q75+1.5*IQR)",
        "0",
        stage=Stage.ORDERED,
        empty=0,
    ),
    _daily(
        "outlier_win_ratio",
        "Best percentile per average day that did not lose",
        "number",
        ratio(pl.col("_q99"), pl.col("_not_down_mean")),
        "Q99(r)/mean(r | r>=0)",
        "no day with r>0 -> null",
        group="trade",
    ),
    _daily(
        "outlier_loss_ratio",
        "Worst percentile per average losing day",
        "number",
        ratio(pl.col("_q01"), ratio(pl.col("_down_sum"), pl.col("_down_count"))),
        "Q01(r)/mean(r | r<0)",
        "no day with r<0 -> null",
        group="trade",
    ),
)
