"""Return per unit of loss: Sortino's ratio, omega, and ratios of gains to losses and tails."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage, Window
from rules.kpi.order_statistics import upper_tail_mean

_derived = partial(
    Kpi,
    group="risk_adjusted",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DERIVED,
    least=Least(days=20),
)
_N, _MEAN, _ROOT = pl.col("_n"), pl.col("_mean"), pl.col("_A").sqrt()
_LOSSES = pl.col("_down_sum").abs()
_SORTINO = pl.when(_N >= 2).then(
    ratio(pl.col("_beyond_mean"), (pl.col("_below_squares") / _N).sqrt()) * _ROOT
)
_BEYOND = pl.col("beyond")

PARTS = (
    Part("_beyond_mean_90", Stage.LAST_90, _BEYOND.mean()),
    Part("_below_squares_90", Stage.LAST_90, (_BEYOND.clip(upper_bound=0.0) ** 2).mean()),
    Part("_month_gain", Stage.MONTHS, pl.col("total").sum()),
    Part("_month_pain", Stage.MONTHS, pl.col("total").filter(pl.col("total") < 0).sum().abs()),
    Part("_upper_tail", Stage.ORDERED, upper_tail_mean("r", 0.95)),
)

KPIS = (
    _derived(
        "sortino_ratio",
        "Sortino ratio",
        "number",
        _SORTINO,
        "mean(r-mar)*A/(sqrt(mean(min(r-mar,0)^2))*sqrt(A)), mean over all n; mar as a daily rate",
        "n<2 or no day below mar -> null",
    ),
    _derived(
        "sortino_90d",
        "Sortino ratio of the last 90 observations",
        "number",
        pl.when(_N >= 90).then(
            ratio(pl.col("_beyond_mean_90"), pl.col("_below_squares_90").sqrt()) * _ROOT
        ),
        "sortino_ratio of the last 90 observations",
        "fewer than 90 observations, or none of them below mar -> null",
        windows=ONLY_ALL,
    ),
    _derived(
        "adjusted_sortino",
        "Adjusted Sortino ratio",
        "number",
        _SORTINO / 2**0.5,
        "sortino_ratio/sqrt(2)",
        "as sortino_ratio",
    ),
    _derived(
        "omega_ratio",
        "Omega ratio",
        "number",
        ratio(pl.col("_above_sum"), pl.col("_below_sum").abs()),
        "sum(max(r-L,0))/sum(max(L-r,0)), L=(1+mar)^(1/A)-1",
        "no day below L -> null",
    ),
    _derived(
        "gain_to_pain_ratio",
        "Gain-to-pain ratio",
        "number",
        ratio(pl.col("_sum"), _LOSSES),
        "sum(r)/|sum(r | r<0)|",
        "no loss -> null",
    ),
    _derived(
        "gain_to_pain_ratio_monthly",
        "Gain-to-pain ratio of months",
        "number",
        ratio(pl.col("_month_gain"), pl.col("_month_pain")),
        "Schwager: sum(m)/|sum(m | m<0)|, m = sum of daily r per calendar month",
        "no losing month -> null",
        needs=("daily.date", "daily.r"),
        windows=(Window.ALL, Window.YEAR),
        least=Least(days=252),
    ),
    _derived(
        "kappa_3",
        "Kappa of order 3",
        "number",
        ratio(_MEAN, (pl.col("_down_cubes").abs() / _N).cbrt()),
        "mean(r)/mean(max(-r,0)^3)^(1/3)",
        "no loss -> null",
    ),
    _derived(
        "upside_potential_ratio",
        "Upside potential ratio",
        "number",
        ratio(pl.col("_up_sum"), (pl.col("_down_squares") * _N).sqrt()),
        "mean(max(r,0))/sqrt(mean(min(r,0)^2))",
        "no loss -> null",
    ),
    _derived(
        "rachev_ratio_95",
        "Rachev ratio",
        "number",
        ratio(pl.col("_upper_tail"), pl.col("_lower_tail").abs()),
        "mean(r | r>=Q95)/|mean(r | r<=Q05)|",
        "mean of the lower tail 0 -> null",
    ),
    _derived(
        "starr_ratio_95",
        "STARR",
        "number",
        ratio(_MEAN, pl.col("_lower_tail").abs()),
        "mean(r)/|mean(r | r<=Q05)|",
        "mean of the lower tail 0 -> null",
    ),
    _derived(
        "return_over_var_95",
        "Return over value at risk",
        "number",
        ratio(_MEAN, pl.col("_q05").abs()),
        "mean(r)/|var_95_historical|",
        "var_95_historical=0 -> null",
    ),
    _derived(
        "modified_sharpe_95",
        "Modified Sharpe ratio",
        "number",
        ratio(_MEAN, pl.col("var_95_cornish_fisher").abs()),
        "Favre and Galeano: mean(r)/|var_95_cornish_fisher|",
        "n<4 or a value at risk of 0 -> null",
    ),
    _derived(
        "common_sense_ratio",
        "Common sense ratio",
        "number",
        ratio(pl.col("_up_sum"), _LOSSES) * pl.col("tail_ratio"),
        "profit_factor_daily*tail_ratio",
        "no loss or Q05=0 -> null",
    ),
    _derived(
        "profit_factor_daily",
        "Profit factor of days",
        "number",
        ratio(pl.col("_up_sum"), _LOSSES),
        "sum(r | r>0)/|sum(r | r<0)|",
        "no loss -> null",
    ),
    _derived(
        "payoff_ratio_daily",
        "Payoff ratio of days",
        "number",
        ratio(
            ratio(pl.col("_up_sum"), pl.col("_up_count")),
            ratio(_LOSSES, pl.col("_down_count")),
        ),
        "mean(r | r>0)/|mean(r | r<0)|",
        "no up day or no down day -> null",
    ),
)
