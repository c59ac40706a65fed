"""The frames of days taken together: weeks, months, years, drawdown episodes, runs of one sign.

Days are sorted, so what belongs together stands together: a group is a stretch of rows with
one number, and the numbers rise.
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from rules.kpi.kpi import Floats, Stage, Starts
from rules.kpi.prepare import PLACE, Frames
from rules.kpi.rectangles import firsts

_ACCOUNT = pl.col("account").cast(pl.Int64)
_PERIOD = {
    "account": PLACE,
    "number": pl.Int64(),
    **dict.fromkeys(("growth", "total", "ret"), pl.Float64()),
}
_MONDAY = 3  # days from 1970-01-01, a Thursday, back to its week's Monday


def _grouped(rows: pl.DataFrame, key: pl.Expr, **columns: pl.Expr) -> pl.DataFrame:
    keyed = rows.with_columns(key.alias("_key")).with_columns(pl.col("_key").set_sorted())
    groups = keyed.group_by("_key", maintain_order=True)
    return groups.agg(pl.col("account").first(), **columns).drop("_key")


def _over(function: np.ufunc, values: pl.Series, starts: Starts) -> Floats:
    if not starts.size:
        return np.empty(0)
    result: Floats = function.reduceat(values.to_numpy(), starts)
    return result


def _periods(stage: Stage, number: pl.Expr) -> Callable[[Frames], pl.DataFrame]:
    """Return a builder of one row per period: `ret` compounded, `total` the sum of returns."""

    def build(frames: Frames) -> pl.DataFrame:
        rows = frames[Stage.DAILY]
        if rows.is_empty():
            return pl.DataFrame(schema=_PERIOD)
        numbers = _numbers(rows["date"], number)
        starts = firsts(numbers, rows["account"].to_numpy())
        # Ten times as fast as Polars' product over groups as small as a week.
        periods = pl.DataFrame(
            {
                "account": rows["account"].gather(starts),
                "number": numbers[starts].astype(np.int64),
                "growth": _over(np.multiply, rows["growth"], starts),
                "total": _over(np.add, rows["r"], starts),
            }
        )
        growth, total = pl.col("growth").product(), pl.col("total").sum()
        periods = frames.continued(stage, periods, "number", growth=growth, total=total)
        return periods.with_columns(ret=pl.col("growth") - 1)

    return build


def _numbers(dates: pl.Series, number: pl.Expr) -> np.ndarray:
    """Return the number of each date's period, reckoned once for each day that there may be."""
    days = dates.to_physical().to_numpy()
    first, last = days.min(), days.max()
    every = pl.Series("date", np.arange(first, last + 1), dtype=pl.Int32).cast(pl.Date)
    numbers: np.ndarray = every.to_frame().select(number).to_series().to_numpy()[days - first]
    return numbers


def _runs(rows: pl.DataFrame, sign: pl.Expr) -> pl.DataFrame:
    """Number the stretches of consecutive rows of one account with one sign (-1, 0, 1)."""
    return rows.with_columns(_run=(_ACCOUNT * 3 + sign).rle_id())


def _episodes(frames: Frames) -> pl.DataFrame:
    """Return one row per drawdown: from the last peak's date to the recovery's, null if ongoing."""
    rows = _after_last_day(frames)
    account, date, dd = pl.col("account"), pl.col("date"), pl.col("dd")
    rows = _runs(rows, (dd < 0).cast(pl.Int64)).with_columns(
        frames.setting("_opened", rows),
        _next=pl.when(account == account.shift(-1)).then(date.shift(-1)),
        _prior=pl.when(account == account.shift(1)).then(date.shift(1)),
    )
    under = rows.filter(dd < 0)
    episodes = _grouped(
        under,
        pl.col("_run"),
        depth=dd.min(),
        valley=date.get(dd.arg_min()),
        peak=pl.col("_prior").first(),
        recovery=pl.col("_next").last(),
    )
    going_on = frames.carried(Stage.EPISODES, "peak", episodes)
    episodes = episodes.with_columns(
        pl.coalesce("peak", going_on, frames.setting("_opened", episodes))
    )
    episodes = frames.continued(
        Stage.EPISODES,
        episodes,
        "peak",
        valley=pl.col("valley").get(pl.col("depth").arg_min()),
        depth=pl.col("depth").min(),
        recovery=pl.col("recovery").last(),
    )
    return lengths(frames, episodes)


def _after_last_day(frames: Frames) -> pl.DataFrame:
    """Return days with the last one before them, which may be one of a drawdown that goes on."""
    rows = frames[Stage.DAILY].select("account", "date", "dd")
    if frames.earlier is None:
        return rows
    before = frames.earlier[Stage.DAILY].select(rows.columns).filter(pl.col("date").is_not_null())
    return pl.concat([before, rows]).sort("account", maintain_order=True)


def lengths(frames: Frames, episodes: pl.DataFrame) -> pl.DataFrame:
    """Add `days`: one that goes on has lasted until `as_of`."""
    end = pl.coalesce("recovery", frames.setting("_as_of", episodes))
    return episodes.with_columns(days=(end - pl.col("peak")).dt.total_days())


def _day_runs(frames: Frames) -> pl.DataFrame:
    rows = frames[Stage.DAILY]
    account = rows["account"].to_numpy()
    sign = np.sign(rows["r"].to_numpy()).astype(np.int8)
    first = firsts(sign, account)
    length = np.diff(np.append(first, sign.size))
    runs = pl.DataFrame(
        {"account": account[first], "sign": sign[first].astype(np.int64), "length": length}
    )
    return frames.continued(Stage.DAY_RUNS, runs, "sign", length=pl.col("length").sum())


_DATE = pl.col("date")
_YEAR, _MONTH = _DATE.dt.year().cast(pl.Int64), _DATE.dt.month().cast(pl.Int64)
# An ISO week is from Monday to Sunday, whichever year it is counted to.
_WEEK = (_DATE.to_physical().cast(pl.Int64) + _MONDAY) // 7

# What is kept of an account's last row, to which the next day may still belong.
OPEN: Mapping[Stage, tuple[str, ...]] = {
    **dict.fromkeys((Stage.WEEKS, Stage.MONTHS, Stage.YEARS), ("number", "growth", "total")),
    Stage.EPISODES: ("depth", "valley", "peak", "recovery"),
    Stage.DAY_RUNS: ("sign", "length"),
}
READS: Mapping[Stage, tuple[Stage, frozenset[str]]] = {
    **dict.fromkeys(
        (Stage.WEEKS, Stage.MONTHS, Stage.YEARS),
        (Stage.DAILY, frozenset({"date", "r", "growth"})),
    ),
    Stage.EPISODES: (Stage.DAILY, frozenset({"date", "dd"})),
    Stage.DAY_RUNS: (Stage.DAILY, frozenset({"r"})),
}
BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.WEEKS: _periods(Stage.WEEKS, _WEEK),
    Stage.MONTHS: _periods(Stage.MONTHS, _YEAR * 12 + _MONTH),
    Stage.YEARS: _periods(Stage.YEARS, _YEAR),
    Stage.EPISODES: _episodes,
    Stage.DAY_RUNS: _day_runs,
}
