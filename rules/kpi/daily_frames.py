"""The frames of days: returns with growth and drawdown, their order, the benchmark."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from rules.kpi import equity_frames
from rules.kpi.equity_frames import SAME
from rules.kpi.kpi import Stage, Starts
from rules.kpi.prepare import Columns, Frames, sliced
from rules.kpi.rectangles import ordered, running, starts_of

_START = pl.lit(1.0)
# Products of returns that regain a peak exactly miss it by a few last bits: some 1e-16 for each.
_LEVEL = 1e-12
# What goes on from the rows before, and how it is told of them.
CARRIED: Mapping[Stage, Mapping[str, pl.Expr]] = {
    Stage.DAILY: {
        "w": pl.col("w").last(),
        "_peak": pl.col("_peak").last(),
        "_trough": pl.col("_trough").last(),
        "path": pl.col("growth_log").sum(),
        "t": pl.len(),
        "r": pl.col("r").last(),
        "date": pl.col("date").last(),
        "dd": pl.col("dd").last(),
    },
    Stage.EQUITY: equity_frames.CARRIED,
}
# Columns that a row has only beside those after it, or beside many before it.
WHOLE: Mapping[Stage, frozenset[str]] = {
    Stage.DAILY: frozenset({"back", "rolling", "uneven"}),
    Stage.EQUITY: frozenset({"back", "_as_of"}),
}


def _along(column: pl.Expr, starts: Starts, function: np.ufunc, nothing: float) -> pl.Expr:
    """Return a column's running value within accounts; it has no nulls."""
    return column.map_batches(
        lambda s: pl.Series(s.name, running(starts, s.to_numpy(), function, nothing)),
        return_dtype=pl.Float64,
    )


def _drawdown(
    starts: Starts, peak: pl.Expr = _START, trough: pl.Expr = _START, growth: str = "growth"
) -> tuple[Columns, ...]:
    """Return wealth, its drawdown and its run-up, from a peak and a trough on."""
    w = pl.col("w")
    return (
        {"w": _along(pl.col(growth), starts, np.multiply, 1.0)},
        {
            "_peak": pl.max_horizontal(peak, _along(w, starts, np.maximum, -math.inf)),
            "_trough": pl.min_horizontal(trough, _along(w, starts, np.minimum, math.inf)),
        },
        {
            "dd": pl.when(w < pl.col("_peak") * (1 - _LEVEL))
            .then(w / pl.col("_peak") - 1)
            .when(w.is_not_null())
            .then(0.0),
            "runup": pl.when(pl.col("_trough") > 0).then(w / pl.col("_trough") - 1),
        },
    )


def days(frames: Frames) -> pl.DataFrame:
    """Return the days that have a return, by date, with what KPIs of returns share.

    growth: 1+r, and 0 from a loss of everything on. up, down: r where it is one.
    t: observations before; back: observations after. prior: r of the observation before.
    excess: r above the risk-free rate's day; beyond: r above the minimal acceptable day.
    w: wealth from 1; dd: its drawdown, 1 at the start being a peak.
    uneven: w as against one that grows by the same rate each day.
    path: sum of ln(1+r); null from a loss of everything on.
    rolling: standard deviation of the last 30; null before there are as many.
    """
    rows = sliced(frames.inputs.daily.filter(pl.col("r").is_not_null()))
    r, starts = pl.col("r"), starts_of(rows)

    def before(column: str, start: float | None = None) -> pl.Expr:
        return frames.carried(Stage.DAILY, column, rows, start)

    first: dict[str, pl.Expr | pl.Series] = {
        "growth": (1 + r).clip(lower_bound=0.0),
        "growth_log": pl.when(r > -1).then(r.log1p()),
        "up": pl.when(r > 0).then(r),
        "down": pl.when(r < 0).then(r),
        "prior": pl.when(SAME).then(r.shift(1)).otherwise(before("r")),
        "ruined": r <= -1,
        "excess": r - frames.setting("_rf_day", rows),
        "beyond": r - frames.setting("_mar_day", rows),
        **_counted(starts),
    }
    first["t"] = first["t"] + before("t", 0).cast(pl.Int32)
    log = pl.col("growth_log")
    path = _along(log.fill_null(0.0), starts, np.add, 0.0) + before("path", 0.0)
    begun: Columns = {
        "_growth": pl.when(SAME).then("growth").otherwise(pl.col("growth") * before("w", 1.0)),
    }
    second: Columns = {
        "path": pl.when(log.is_not_null()).then(path),
        "rolling": pl.when(pl.col("t") >= 29).then(r.rolling_std(30)),
        "_even": (pl.col("growth_log").mean().over("account") * (pl.col("t") + 1)).exp(),
    }
    last: Columns = {"uneven": pl.col("w") / pl.col("_even") - 1}
    drawdown = _drawdown(starts, before("_peak", 1.0), before("_trough", 1.0), "_growth")
    return frames.only(Stage.DAILY, rows, first, begun, second, *drawdown, last)


def _counted(starts: Starts) -> dict[str, pl.Series]:
    """Return how many rows of its account stand before each row, and after it."""
    lengths = np.diff(starts).astype(np.int32)
    t = np.arange(starts[-1], dtype=np.int32) - np.repeat(starts[:-1].astype(np.int32), lengths)
    back = np.repeat(lengths - 1, lengths) - t
    return {"t": pl.Series(t), "back": pl.Series(back)}


def _recent(frames: Frames) -> pl.DataFrame:
    """Return the days of the last 366, with their age at `as_of`, and where its periods begin."""
    rows = frames[Stage.DAILY].select("account", "date", "r", "growth")
    as_of, date = pl.col("_as_of"), pl.col("date")
    rows = rows.with_columns(frames.setting("_as_of", rows))
    rows = rows.with_columns(age=(as_of - date).dt.total_days()).filter(pl.col("age") < 366)
    return rows.with_columns(
        month=as_of - as_of.dt.month_start(),
        quarter=as_of - as_of.dt.truncate("1q"),
        year=as_of - as_of.dt.truncate("1y"),
    ).with_columns(pl.col("month", "quarter", "year").dt.total_days())


def _last(count: int, stage: Stage) -> Callable[[Frames], pl.DataFrame]:
    def last(frames: Frames) -> pl.DataFrame:
        rows = sliced(frames[Stage.DAILY].filter(pl.col("back") < count))
        return frames.only(stage, rows, *_drawdown(starts_of(rows)))

    return last


def _last_36_months(frames: Frames) -> pl.DataFrame:
    rows = frames[Stage.DAILY]
    begin = frames.accounts.select(pl.col("_as_of").dt.offset_by("-36mo"))["_as_of"]
    cut = rows.filter(pl.col("date") > begin.gather(rows["account"]))
    if cut.height == rows.height:
        return rows
    return frames.only(Stage.LAST_36M, sliced(cut), *_drawdown(starts_of(cut)))


def _ordered(frames: Frames) -> pl.DataFrame:
    return _sorted_within(frames[Stage.DAILY], "r")


def _depths(frames: Frames) -> pl.DataFrame:
    return _sorted_within(frames[Stage.DAILY], "dd")


def _sorted_within(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    values = ordered(starts_of(rows), rows[column].to_numpy())
    return pl.DataFrame([rows["account"], pl.Series(column, values)])


def _paired(frames: Frames) -> pl.DataFrame:
    rows = frames[Stage.DAILY]
    bench = pl.col("bench")
    rows = rows.select("account", "r", "bench", "growth").filter(bench.is_not_null())
    columns: Columns = {
        "active": pl.col("r") - bench,
        "bench_growth": (1 + bench).clip(lower_bound=0.0),
    }
    return frames.only(Stage.PAIRED, rows, columns)


def _falling(frames: Frames) -> pl.DataFrame:
    return frames[Stage.PAIRED].filter(pl.col("bench") < 0)


# What a frame's builder reads of another frame, beside the columns that both have.
READS: Mapping[Stage, tuple[Stage, frozenset[str]]] = {
    Stage.RECENT: (Stage.DAILY, frozenset({"date", "r", "growth"})),
    Stage.LAST_30: (Stage.DAILY, frozenset({"back", "growth"})),
    Stage.LAST_90: (Stage.DAILY, frozenset({"back", "growth"})),
    Stage.LAST_36M: (Stage.DAILY, frozenset({"date", "growth"})),
    Stage.ORDERED: (Stage.DAILY, frozenset({"r"})),
    Stage.DEPTHS: (Stage.DAILY, frozenset({"dd"})),
    Stage.PAIRED: (Stage.DAILY, frozenset({"r", "bench", "growth"})),
    Stage.FALLING: (Stage.PAIRED, frozenset({"bench"})),
}

BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.DAILY: days,
    Stage.EQUITY: equity_frames.equity,
    Stage.RECENT: _recent,
    Stage.LAST_30: _last(30, Stage.LAST_30),
    Stage.LAST_90: _last(90, Stage.LAST_90),
    Stage.LAST_36M: _last_36_months,
    Stage.ORDERED: _ordered,
    Stage.DEPTHS: _depths,
    Stage.PAIRED: _paired,
    Stage.FALLING: _falling,
}
