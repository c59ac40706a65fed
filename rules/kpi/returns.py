"""What an account earned: per day, week, month and year, compounded and annualised."""

from functools import partial

import polars as pl

from rules.kpi.expressions import finite
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage

_DERIVED = partial(
    Kpi,
    group="returns",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DERIVED,
)

PARTS = (
    Part("_n", Stage.DAILY, pl.len().cast(pl.Float64), empty=0.0),
    Part("_growth", Stage.DAILY, pl.col("growth").product()),
)

KPIS = (
    _DERIVED(
        "total_return",
        "Total return",
        "ratio",
        pl.col("_growth") - 1,
        formula="prod(1+r_t)-1",
        edges="n=0 -> null; r_t<=-1 -> -1",
    ),
    _DERIVED(
        "cagr",
        "Compound annual growth rate",
        "ratio/yr",
        finite(pl.col("_growth") ** (pl.col("_A") / pl.col("_n")) - 1),
        formula="prod(1+r_t)^(A/n)-1, n=number of returns (days without trades counted)",
        edges="n=0 -> null; prod<=0 -> -1",
        least=Least(days=20),
    ),
)
