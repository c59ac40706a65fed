"""The frames of the daily side: days with growth and drawdown, weeks, months, years, episodes."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi.kpi import Stage
from rules.kpi.prepare import Frames


def days(frames: Frames) -> pl.DataFrame:
    """Return the days that have a return, with what KPIs of returns share."""
    rows = frames.inputs.daily.filter(pl.col("r").is_not_null()).sort("account", "date")
    r, account = pl.col("r"), "account"
    rows = rows.with_columns(
        growth=(1 + r).clip(lower_bound=0),
        up=pl.when(r > 0).then(r),
        down=pl.when(r < 0).then(r),
    )
    return rows.with_columns(w=pl.col("growth").cum_prod().over(account))


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.DAILY: days,
}
