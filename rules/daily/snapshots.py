"""Rows of `daily_snapshots`: for accounts, from one day to another, at once."""

from datetime import date, datetime

import numpy as np
import polars as pl

from rules.daily import calendar
from rules.daily.activity import DAY
from rules.daily.books import Books, units
from rules.daily.chain import chained, doubtful, gathered, is_settled
from schema import polars as registry
from schema.ids import as_ids, make_id, snapshot_ids
from schema.registry import table
from schema.types import MONEY

TABLE = table("daily_snapshots")
_GROUP = ["account", "zone"]
_STORED_GROUP = ["account_id", "zone"]
# What tells of a stored day whether it is settled.
_JUDGED, _UNITS = ("marks", "marked_at", "open_positions"), ("equity_open", "unexplained")
# What a day's row carries to the next day's.
CARRIED = {
    "balance": "was_balance",
    "equity": "was_equity",
    "peak_equity": "was_peak",
    "marked_at": "was_marked_at",
    "open_positions": "was_positions",
}


def snapshots(
    books: Books,
    first: date,
    last: date,
    *,
    before: pl.DataFrame,
    now: datetime,
    version: int,
) -> pl.DataFrame:
    """Return a row for each account, zone and day, without a gap, in the registry's columns.

    An account begins with the first day on which its books have something, or, if it has a row
    `before`, with `first`.

    Args:
        books: what happened in these days, in any zone; positions that were open then.
        first: first day, in each account's zones.
        last: last day.
        before: rows of the days before `first`, of each account and zone back to the last
            settled one (`back_to_settled` chooses them); of one that has none, the books must
            reach back to its beginning.
        now: a day that is over is final.
        version: of the rows.
    """
    who = calendar.zones(books.accounts)
    happened = gathered(books, who)
    days = _days(books, who, happened, first, last, _opening(books, before))
    rows = chained(days.sort(DAY))
    return _rows(books, rows, now, version)


def _opening(books: Books, before: pl.DataFrame) -> pl.DataFrame:
    place = books.accounts.select("account", "account_id")
    money = ["balance", "equity", "peak_equity", "equity_open", "flow", "unexplained"]
    exact = before.with_columns(units(*money)).sort("date")
    named = exact.join(place, on="account_id")
    days = named.group_by(_GROUP, maintain_order=True)
    return days.agg(
        pl.col("date").last().alias("was_date"),
        *(value.last().alias(name) for name, value in _carried().items()),
        **_spanned(),
    )


def _spanned() -> dict[str, pl.Expr]:
    """Return what the next return counts from: the last settled equity, and what came since.

    Rows are those of one account and zone, by date, as `back_to_settled` returns them.
    """
    came, doubt = pl.col("flow").cum_sum(), doubtful().cum_sum()
    settled = pl.when(is_settled())
    plain = settled.then(pl.col("equity") - came).drop_nulls().last()
    begun = (pl.col("equity_open") - pl.col("flow")).first()
    earlier = settled.then(-doubt).drop_nulls().last().fill_null(0)
    return {
        "was_plain": pl.coalesce(plain, begun) + came.last(),
        "was_doubt": earlier + doubt.last(),
    }


def back_to_settled(rows: pl.DataFrame) -> pl.DataFrame:
    """Return each account's and zone's last row, and those before it that its next return spans.

    Args:
        rows: of `daily_snapshots`, of each account and zone without a gap.
    """
    exact = rows.sort("date").select(*_STORED_GROUP, "date", *_JUDGED, units(*_UNITS))
    later = is_settled().cast(pl.Int64).reverse().cum_sum().shift(1, fill_value=0).reverse()
    kept = exact.filter(later.over(_STORED_GROUP) == 0).select(*_STORED_GROUP, "date")
    return rows.sort("date").join(
        kept, on=[*_STORED_GROUP, "date"], how="semi", maintain_order="left"
    )


def unsettled(rows: pl.DataFrame) -> pl.DataFrame:
    """Return account_id of those that have no settled day in an account and zone of these rows."""
    exact = rows.select(*_STORED_GROUP, *_JUDGED, units(*_UNITS))
    found = exact.group_by(_STORED_GROUP).agg(any=is_settled().any()).filter(~pl.col("any"))
    return found.select("account_id").unique()


def _carried() -> dict[str, pl.Expr]:
    return {new: pl.col(old) for old, new in CARRIED.items()}


def _days(
    books: Books,
    who: pl.DataFrame,
    happened: pl.DataFrame,
    first: date,
    last: date,
    opening: pl.DataFrame,
) -> pl.DataFrame:
    begun = happened.filter(pl.col("date") <= last).group_by(_GROUP)
    begins = who.join(begun.agg(begin=pl.col("date").min()), on=_GROUP, how="left")
    goes_on = pl.col("was_date").is_not_null()
    begins = (
        begins.join(opening, on=_GROUP, how="left")
        # Neither a row before nor anything in its books: the account has not begun.
        .filter(goes_on | pl.col("begin").is_not_null())
        .with_columns(
            begin=pl.when(goes_on)
            .then(pl.lit(first))
            .otherwise(pl.max_horizontal("begin", pl.lit(first)))
        )
    )
    names = who["zone"].unique().sort().to_list()
    days = begins.join(calendar.days(names, first, last), on="zone")
    days = days.filter(pl.col("date") >= pl.col("begin"))
    held = (
        happened.join(begins.select(*_GROUP, "begin"), on=_GROUP)
        .filter(pl.col("date") < pl.col("begin"))
        .group_by(_GROUP)
        .agg(held=pl.col("change").sum())
    )
    own = books.accounts.select("account", "account_id", "user_id", "currency", "balance")
    joined = days.join(happened, on=DAY, how="left").join(held, on=_GROUP, how="left")
    counts = [name for name, kind in happened.schema.items() if kind == pl.Int64]
    sums = [name for name in counts if name not in _UNKNOWN]
    return joined.join(own, on="account").with_columns(pl.col(*sums, "held").fill_null(0))


# Null on a day without a mark, or without a trade.
_UNKNOWN = frozenset(
    {
        *("mark_balance", "mark_equity", "mark_positions", "first_equity", "equity_low"),
        *("equity_high", "margin_used", "best_trade", "worst_trade"),
    }
)


def _rows(books: Books, days: pl.DataFrame, now: datetime, version: int) -> pl.DataFrame:
    days = days.with_columns(
        id=_ids(days),
        flow=pl.col("flow") + pl.col("credit"),
        profit=pl.col("realised"),
        balance=pl.col("close"),
        equity=pl.col("close_equity"),
        is_final=pl.col("day_end") <= now,
        created_at=pl.lit(now),
        version=pl.lit(version, pl.UInt64),
        **{name: pl.lit(None) for name in _OF_OTHERS},
    )
    exact = {c.name for c in TABLE.columns if c.type.polars == MONEY.polars}
    columns = [
        money(pl.col(name)).alias(name)
        if name in exact and days.schema[name] == pl.Int64
        else pl.col(name).cast(kind)
        for name, kind in registry.schema(TABLE).items()
    ]
    return days.select(columns)


# Known only where a prop firm's rules or a benchmark are: not from these books.
_OF_OTHERS = (
    *("benchmark_return", "daily_loss", "daily_loss_reference", "daily_loss_limit"),
    *("drawdown", "drawdown_limit"),
)


def money(units: pl.Expr) -> pl.Expr:
    """Return whole numbers of 1e-8 as the registry's money."""
    return (units.cast(pl.Decimal(38, 0)) * pl.lit("0.00000001").cast(pl.Decimal(9, 8))).cast(
        MONEY.polars
    )


def _ids(days: pl.DataFrame) -> pl.Series:
    names = {zone: make_id("daily_snapshots", zone).bytes for zone in days["zone"].unique()}
    zones = days["zone"].replace_strict(names, return_dtype=pl.Binary)
    return pl.Series(
        "id",
        [
            each.tobytes()
            for each in snapshot_ids(
                as_ids(days["account_id"].to_list()),
                days["date"].to_physical().to_numpy().astype(np.int32),
                as_ids(zones.to_list()),
            )
        ],
        dtype=pl.Binary,
    )
