"""Trades grouped a second time: by day, run of one sign, symbol, strategy, hour and weekday.

Rows of a group are summed by NumPy where they stand together, and counted into bins where they
do not; hashing them costs five times as much.
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from rules.kpi.codes import names
from rules.kpi.kpi import Stage
from rules.kpi.prepare import PLACE, Frames
from rules.kpi.trade_currencies import FINEST

# As many days as fit beside an account's place in one integer; the last is in the year 4841.
_DAYS = 1 << 20


def trade_days(frames: Frames) -> pl.DataFrame:
    """Return one row per account and day with an exit, by day: trades, pnl, previous, profitable.

    previous: pnl of the day with an exit before it.
    profitable: whether the firm counts the day, as the settings say.
    """
    rows = frames[Stage.TRADES]
    account = rows["account"].to_numpy().astype(np.int64)
    key = account * _DAYS + rows["day"].to_physical().to_numpy()
    p = rows["p"].to_numpy()
    # Where a clock goes back at midnight, the day does too; anywhere else the key only grows.
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key, p = key[order], p[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    days = pl.DataFrame(
        {
            "account": pl.Series(key[first] // _DAYS, dtype=PLACE),
            "trades": np.diff(np.append(first, key.size)),
            "pnl": np.add.reduceat(p, first),
        }
    ).with_columns(pl.col("pnl").round(FINEST))
    same = (pl.col("account") == pl.col("account").shift(1)).fill_null(value=False)
    before = frames.carried(Stage.TRADE_DAYS, "pnl", days)
    days = days.with_columns(previous=pl.when(same).then(pl.col("pnl").shift(1)).otherwise(before))
    threshold = frames.setting("_profitable_day", days) * frames.setting("_funded", days)
    return days.with_columns(profitable=days["pnl"] >= threshold)


def trade_runs(frames: Frames) -> pl.DataFrame:
    """Return runs of trades with one sign, in order: sign, length, total, before.

    before: sign of the run before, those of break-even left out.
    """
    rows = frames[Stage.TRADES]
    account, p = rows["account"].to_numpy(), rows["p"].to_numpy()
    sign = np.sign(p).astype(np.int64)
    begins = np.ones(p.size, dtype=bool)
    begins[1:] = (sign[1:] != sign[:-1]) | (account[1:] != account[:-1])
    first = np.flatnonzero(begins)
    runs = pl.DataFrame(
        {
            "account": account[first],
            "sign": sign[first],
            "length": np.diff(np.append(first, p.size)),
            "total": np.add.reduceat(p, first),
        }
    ).with_columns(before=pl.lit(None, pl.Int64))
    length, total = pl.col("length").sum(), pl.col("total").sum()
    runs = frames.continued(
        *(Stage.TRADE_RUNS, runs, "sign"),
        length=length,
        total=total,
        before=pl.col("before").first(),
    )
    signed = pl.coalesce(pl.when(pl.col("sign") != 0).then("sign"), "before")
    before = signed.shift(1).forward_fill().over("account")
    return runs.with_columns(pl.col("total").round(FINEST), before=pl.coalesce("before", before))


def _sums(rows: pl.DataFrame, codes: pl.Series, labels: pl.Series) -> pl.DataFrame:
    """Return trades, wins and pnl of each account and label that it has trades of, in order.

    `codes` are places in `labels`; trades without one are left out.
    """
    known = codes.is_not_null()
    if not known.all():
        rows, codes = rows.filter(known), codes.filter(known)
    account, p = rows["account"].to_numpy().astype(np.int64), rows["p"].to_numpy()
    kinds = max(labels.len(), 1)
    key, bins = account * kinds + codes.to_numpy(), (int(account.max(initial=-1)) + 1) * kinds
    trades = np.bincount(key, minlength=bins)
    there = np.flatnonzero(trades)
    sums = pl.DataFrame(
        {
            "account": pl.Series(there // kinds, dtype=PLACE),
            "trades": trades[there],
            "wins": np.bincount(key, weights=p > 0, minlength=bins)[there].astype(np.int64),
            "pnl": np.bincount(key, weights=p, minlength=bins)[there].astype(np.float64),
        }
    )
    return sums.with_columns(labels.gather(there % kinds), pl.col("pnl").round(FINEST))


def _named(frames: Frames, stage: Stage, column: str) -> pl.DataFrame:
    rows = frames[Stage.TRADES]
    sums = _sums(rows, rows[column].to_physical(), names(rows[column]).alias(column))
    return _with_earlier(frames, stage, sums, column)


def _with_earlier(frames: Frames, stage: Stage, sums: pl.DataFrame, label: str) -> pl.DataFrame:
    if frames.earlier is None:
        return sums
    before = frames.earlier[stage].select(sums.columns)
    both = pl.concat([before, sums.cast(before.schema)])
    whole = both.group_by("account", label).agg(pl.col("trades", "wins", "pnl").sum())
    return (
        whole.sort("account", label).select(sums.columns).with_columns(pl.col("pnl").round(FINEST))
    )


def symbols(frames: Frames) -> pl.DataFrame:
    """Return one row per account and symbol, alphabetical: trades, wins, pnl."""
    return _named(frames, Stage.SYMBOLS, "symbol")


def strategies(frames: Frames) -> pl.DataFrame:
    """Return one row per account and strategy, alphabetical; trades of none are left out."""
    return _named(frames, Stage.STRATEGIES, "strategy")


def hours(frames: Frames) -> pl.DataFrame:
    """Return one row per account and hour of entry, UTC: trades, wins, pnl."""
    rows = frames[Stage.TRADES]
    sums = _sums(rows, rows["entry_time"].dt.hour(), _numbers("hour", 24))
    return _with_earlier(frames, Stage.HOURS, sums, "hour")


def weekdays(frames: Frames) -> pl.DataFrame:
    """Return one row per account and weekday of entry, UTC, Monday is 0: trades, wins, pnl."""
    rows = frames[Stage.TRADES]
    sums = _sums(rows, rows["entry_time"].dt.weekday() - 1, _numbers("weekday", 7))
    return _with_earlier(frames, Stage.WEEKDAYS, sums, "weekday")


def _numbers(name: str, count: int) -> pl.Series:
    return pl.Series(name, range(count), dtype=pl.Int64)


CARRIED: Mapping[Stage, Mapping[str, pl.Expr]] = {Stage.TRADE_DAYS: {"pnl": pl.col("pnl").last()}}
# What is kept of an account's last row, to which the next trade may still belong.
OPEN: Mapping[Stage, tuple[str, ...]] = {
    Stage.TRADE_RUNS: ("sign", "length", "total", "before"),
}
# Stages that have no more rows than there are names, kept whole.
GROUPED: Mapping[Stage, str] = {
    Stage.SYMBOLS: "symbol",
    Stage.STRATEGIES: "strategy",
    Stage.HOURS: "hour",
    Stage.WEEKDAYS: "weekday",
}
BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.TRADE_DAYS: trade_days,
    Stage.TRADE_RUNS: trade_runs,
    Stage.SYMBOLS: symbols,
    Stage.STRATEGIES: strategies,
    Stage.HOURS: hours,
    Stage.WEEKDAYS: weekdays,
}
