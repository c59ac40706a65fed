"""Trades grouped a second time: by day, run, symbol, strategy and hour, and by their entries."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi.kpi import Stage
from rules.kpi.prepare import Frames

# As many days as fit beside an account's place in one integer; the last is in the year 4841.
_DAYS = 1 << 20
_REVENGE = 15 * 60  # seconds after a loss


def trade_days(frames: Frames) -> pl.DataFrame:
    """Return one row per account and day with an exit, by day: trades, pnl, profitable."""
    rows = frames[Stage.TRADES].select(
        "p", key=pl.col("account").cast(pl.Int64) * _DAYS + pl.col("day").to_physical()
    )
    # Where a clock goes back at midnight, the day does too; anywhere else the key only grows.
    if not rows["key"].is_sorted():
        rows = rows.sort("key")
    days = rows.with_columns(pl.col("key").set_sorted()).group_by("key", maintain_order=True)
    sums = days.agg(trades=pl.len().cast(pl.Int64), pnl=pl.col("p").sum().round(2)).with_columns(
        account=(pl.col("key") // _DAYS).cast(pl.UInt32)
    )
    threshold = frames.setting("_profitable_day", sums) * frames.setting("_initial", sums)
    return sums.drop("key").with_columns(profitable=sums["pnl"] >= threshold)


def trade_runs(frames: Frames) -> pl.DataFrame:
    """Return runs of trades with one sign, in order: sign, length, total."""
    sign, account = pl.col("sign"), pl.col("account")
    rows = frames[Stage.TRADES].select("account", "p", sign=pl.col("p").sign().cast(pl.Int8))
    begins = (sign != sign.shift(1)) | (account != account.shift(1))
    rows = rows.with_columns(run=begins.fill_null(value=True).cum_sum().set_sorted())
    return (
        rows.group_by("run", maintain_order=True)
        .agg(
            account.first(),
            sign.first().cast(pl.Int64),
            length=pl.len().cast(pl.Int64),
            total=pl.col("p").sum().round(2),
        )
        .drop("run")
    )


def _sums(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Return trades, wins and pnl of each account and value of a column, sorted by both."""
    grouped = rows.filter(pl.col(by).is_not_null()).group_by("account", by)
    return grouped.agg(
        trades=pl.len().cast(pl.Int64),
        wins=pl.col("win").count().cast(pl.Int64),
        pnl=pl.col("p").sum().round(2),
    ).sort("account", by)


def symbols(frames: Frames) -> pl.DataFrame:
    """Return one row per account and symbol, alphabetical."""
    return _sums(frames[Stage.TRADES], "symbol")


def strategies(frames: Frames) -> pl.DataFrame:
    """Return one row per account and strategy, alphabetical; trades of no strategy are left out."""
    return _sums(frames[Stage.TRADES], "strategy")


def hours(frames: Frames) -> pl.DataFrame:
    """Return one row per account and hour of entry, UTC."""
    hour = pl.col("entry_time").dt.hour().cast(pl.Int64)
    return _sums(frames[Stage.TRADES].select("account", "win", "p", hour=hour), "hour")


def weekdays(frames: Frames) -> pl.DataFrame:
    """Return one row per account and weekday of entry, UTC; Monday is 0."""
    weekday = pl.col("entry_time").dt.weekday().cast(pl.Int64) - 1
    return _sums(frames[Stage.TRADES].select("account", "win", "p", weekday=weekday), "weekday")


def entries(frames: Frames) -> pl.DataFrame:
    """Return trades by entry time, each with the account's latest trade closed by then.

    closed_p: result of that trade. since_closed: seconds since its exit.
    revenge: whether that trade lost, at most 15 minutes ago, with no more lots than this one;
    null where no trade was closed yet.
    covered: seconds that this trade adds to those covered by trades entered before.
    """
    rows = frames[Stage.TRADES].select("account", "entry_time", "exit_time", "p", "lots")
    closed = rows.select(
        "account", "exit_time", closed="exit_time", closed_p="p", closed_lots="lots"
    )
    # Both sides are sorted within each account, which is all that is asked for.
    entered = rows.sort("account", "entry_time").join_asof(
        closed,
        left_on="entry_time",
        right_on="exit_time",
        by="account",
        check_sortedness=False,
        coalesce=False,
    )
    since = (pl.col("entry_time") - pl.col("closed")).dt.total_seconds(fractional=True)
    lost = (pl.col("closed_p") < 0) & (pl.col("lots") >= pl.col("closed_lots"))
    return entered.select(
        "account",
        "entry_time",
        "exit_time",
        "p",
        "closed_p",
        since_closed=since,
        revenge=lost & (since <= _REVENGE),
        covered=_covered(),
    )


def _covered() -> pl.Expr:
    """Return the seconds of [entry, exit) that no trade entered before covers."""
    until = pl.col("exit_time").cum_max().shift(1).over("account")
    begin = pl.max_horizontal("entry_time", until)
    added = (pl.col("exit_time") - begin).dt.total_seconds(fractional=True)
    return added.clip(lower_bound=0)


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.TRADE_DAYS: trade_days,
    Stage.TRADE_RUNS: trade_runs,
    Stage.SYMBOLS: symbols,
    Stage.STRATEGIES: strategies,
    Stage.HOURS: hours,
    Stage.WEEKDAYS: weekdays,
    Stage.ENTRIES: entries,
}
