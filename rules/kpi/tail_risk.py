"""What the worst days cost: value at risk, expected shortfall, and the weight of the tail."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.order_statistics import first_mean, hill, lowest_mean, quantile
from rules.kpi.special import DENSITY_05, Z_05

_derived = partial(
    Kpi,
    group="tail_risk",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DERIVED,
    least=Least(days=20),
)
_ordered = partial(_derived, stage=Stage.ORDERED)
_MEAN, _STD = pl.col("_mean"), pl.col("_std")
_S, _K = pl.col("_skew_4"), pl.col("_kurtosis_4")
_Z_CORNISH_FISHER = (
    Z_05
    + (Z_05**2 - 1) * _S / 6
    + (Z_05**3 - 3 * Z_05) * _K / 24
    - (2 * Z_05**3 - 5 * Z_05) * _S**2 / 36
)

PARTS: tuple[Part, ...] = ()

KPIS = (
    _derived(
        "var_95_historical",
        "Value at risk, 95 %",
        "ratio (<=0)",
        pl.col("_q05"),
        "Q05(r), linear interpolation",
        "n=0 -> null",
    ),
    _derived(
        "var_99_historical",
        "Value at risk, 99 %",
        "ratio (<=0)",
        pl.col("_q01"),
        "Q01(r), linear interpolation",
        "n=0 -> null",
        least=Least(days=100),
    ),
    _derived(
        "var_95_parametric",
        "Value at risk, 95 %, normal",
        "ratio",
        _MEAN + Z_05 * _STD,
        "mean(r)+z_0.05*std(r, ddof=1)",
        "n<2 -> null",
    ),
    _derived(
        "var_95_cornish_fisher",
        "Value at risk, 95 %, Cornish-Fisher",
        "ratio",
        _MEAN + _Z_CORNISH_FISHER * _STD,
        "mean+z_cf*std, z_cf=z+(z^2-1)S/6+(z^3-3z)K/24-(2z^3-5z)S^2/36, S and K unbiased",
        "n<4 or no variance -> null",
    ),
    _ordered(
        "cvar_95_historical",
        "Expected shortfall, 95 %",
        "ratio (<=0)",
        lowest_mean("r", 0.05),
        "mean of the floor((n-1)*0.05)+1 smallest r",
        "n=0 -> null",
    ),
    _ordered(
        "cvar_99_historical",
        "Expected shortfall, 99 %",
        "ratio (<=0)",
        lowest_mean("r", 0.01),
        "mean of the floor((n-1)*0.01)+1 smallest r",
        "n=0 -> null",
        least=Least(days=100),
    ),
    _derived(
        "cvar_95_parametric",
        "Expected shortfall, 95 %, normal",
        "ratio",
        _MEAN - _STD * (DENSITY_05 / 0.05),
        "mean(r)-std(r, ddof=1)*phi(z_0.05)/0.05",
        "n<2 -> null",
    ),
    _derived(
        "tail_ratio",
        "Tail ratio",
        "number",
        ratio(pl.col("_q95").abs(), pl.col("_q05").abs()),
        "|Q95(r)|/|Q05(r)|",
        "n=0 or Q05=0 -> null",
    ),
    _derived(
        "var_95_currency",
        "Value at risk, 95 %, in currency",
        "currency",
        pl.col("_equity_end") * pl.col("_q05"),
        "equity_n*var_95_historical",
        "n=0 -> null",
        input=Input.EQUITY,
        needs=("daily.equity", "daily.r"),
    ),
    _ordered(
        "expected_worst_day_month",
        "Worst day to expect in a month",
        "ratio",
        quantile("r", 1 / 21),
        "Q(1/21)(r), linear interpolation: a loss expected once a month",
        "n=0 -> null",
    ),
    _ordered(
        "hill_tail_index",
        "Hill's tail index",
        "number",
        hill("r"),
        "1/mean(ln(x_(i)/x_(k+1))), i=1..k, k=max(2,floor(0.05 n)), x = losses descending",
        "not more than k losses, or the first k+1 equal -> null",
        least=Least(days=100),
    ),
    _ordered(
        "worst_5_days_mean",
        "Mean of the five worst days",
        "ratio",
        first_mean("r", 5),
        "mean of the 5 smallest r",
        "n=0 -> null; n<5 -> mean of all",
    ),
)
