"""Return per unit of drawdown."""

from functools import partial

import polars as pl

from rules.kpi.expressions import finite, ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage
from rules.kpi.special import DENSITY_05

_derived = partial(
    Kpi,
    group="risk_adjusted",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DERIVED,
    least=Least(days=20),
)
_N, _CAGR, _DEEPEST = pl.col("_n"), pl.col("cagr"), pl.col("_dd_min").abs()
_DD_MEAN = pl.col("_dd_sum") / _N
_UNDER_MEAN = ratio(pl.col("_dd_sum"), pl.col("_dd_count")).abs().fill_null(0.0)
_PITFALL = ratio(
    pl.col("_dd_std") * (DENSITY_05 / 0.05) - _DD_MEAN,
    pl.when(pl.col("_varies")).then(pl.col("_std")),
)
_CAGR_36 = finite(pl.col("_growth_36") ** (pl.col("_A") / pl.col("_n_36")) - 1)

PARTS = (
    Part("_n_36", Stage.LAST_36M, pl.len().cast(pl.Float64)),
    Part("_growth_36", Stage.LAST_36M, pl.col("w").last()),
    Part("_dd_min_36", Stage.LAST_36M, pl.col("dd").min()),
)

KPIS = (
    _derived(
        "calmar_ratio",
        "Calmar ratio",
        "number",
        ratio(_CAGR, _DEEPEST),
        "cagr/|max_drawdown|",
        "max_drawdown=0 -> null",
    ),
    _derived(
        "mar_ratio_36m",
        "Calmar ratio of the last 36 months",
        "number",
        ratio(_CAGR_36, pl.col("_dd_min_36").abs()),
        "calmar_ratio of as_of-36 months < date <= as_of, drawdown begun anew",
        "max_drawdown=0 -> null",
        needs=("daily.date", "daily.r"),
        windows=ONLY_ALL,
    ),
    _derived(
        "martin_ratio",
        "Martin ratio",
        "number",
        ratio(_CAGR - pl.col("_rf"), (pl.col("_dd_squares") / _N).sqrt()),
        "(cagr-rf)/ulcer_index",
        "never under water -> null",
    ),
    _derived(
        "serenity_index",
        "Serenity index",
        "number",
        pl.when(_N >= 2).then(
            ratio(
                pl.col("_sum") - pl.col("_rf"),
                (pl.col("_dd_squares") / (_N - 1)).sqrt() * _PITFALL,
            )
        ),
        "(sum(r)-rf)/(UI*pitfall), UI=sqrt(sum(DD^2)/(n-1)), "
        "pitfall=-(mean(DD)-std(DD, ddof=1)*phi(z_0.05)/0.05)/std(r, ddof=1)",
        "n<2, never under water, or no variance -> null",
    ),
    _derived(
        "sterling_ratio",
        "Sterling ratio",
        "number",
        _CAGR / (_UNDER_MEAN + 0.10),
        "cagr/(|mean(DD_t | DD_t<0)|+0.10)",
        "never under water -> cagr/0.10",
    ),
    _derived(
        "burke_ratio",
        "Burke ratio",
        "number",
        ratio(_CAGR, pl.col("_dd_squares").sqrt()),
        "cagr/sqrt(sum(DD_t^2))",
        "never under water -> null",
    ),
    _derived(
        "pain_ratio",
        "Pain ratio",
        "number",
        ratio(_CAGR, _DD_MEAN.abs()),
        "cagr/pain_index",
        "never under water -> null",
    ),
    _derived(
        "recovery_factor",
        "Recovery factor",
        "number",
        ratio(pl.col("_growth") - 1, _DEEPEST),
        "total_return/|max_drawdown|",
        "max_drawdown=0 -> null",
    ),
    _derived(
        "exposure_adjusted_return",
        "Return per share of active days",
        "ratio/yr",
        ratio(_CAGR, (pl.col("_up_count") + pl.col("_down_count")) / _N),
        "cagr/active_days_ratio",
        "no active day -> null",
    ),
)
