"""What the marks of balance and equity say of each day.

A day's flow counts at its start, so equity that was marked before it is lifted by what was still
to come; in the very minute of a flow only the last equity is known on which side of it it lies.
"""

import polars as pl

from rules.daily.activity import DAY
from rules.daily.books import Books
from rules.daily.calendar import stamp


def minutes(books: Books, entries: pl.DataFrame, who: pl.DataFrame) -> pl.DataFrame:
    """Return the marks once for each zone of their account, as if flows came at the day's start.

    Args:
        books: of the accounts.
        entries: their ledger.
        who: account and zone.
    """
    marks = stamp(books.marks, "minute", who).sort(*DAY, "minute")
    entries = entries.with_columns(flow=pl.col("flow") + pl.col("credit"))
    flows = entries.filter(pl.col("flow") != 0).select(*DAY, "time", "flow")
    if flows.is_empty():
        return marks.with_columns(before=pl.lit(0, pl.Int64))
    touched = marks.join(flows.select(DAY).unique(), on=DAY, how="semi")
    others = marks.join(flows.select(DAY).unique(), on=DAY, how="anti")
    return pl.concat([others.with_columns(before=pl.lit(0, pl.Int64)), _lifted(touched, flows)])


def _lifted(marks: pl.DataFrame, flows: pl.DataFrame) -> pl.DataFrame:
    flows = flows.sort("time").with_columns(so_far=pl.col("flow").cum_sum().over(DAY))
    whole = flows.group_by(DAY).agg(whole=pl.col("flow").sum())
    busy = flows.select(*DAY, minute=pl.col("time").dt.truncate("1m"), busy=True).unique()
    rows = (
        marks.sort("marked_at")
        .join_asof(
            flows.select(*DAY, "time", "so_far"),
            left_on="marked_at",
            right_on="time",
            by=DAY,
            check_sortedness=False,
        )
        .join(whole, on=DAY)
        .join(busy, on=[*DAY, "minute"], how="left")
        .with_columns(before=pl.col("so_far").fill_null(0))
    )
    coming = pl.col("whole") - pl.col("before")
    certain = pl.when(pl.col("busy").is_null())
    return rows.with_columns(
        equity_low=certain.then("equity_low").otherwise("equity") + coming,
        equity_high=certain.then("equity_high").otherwise("equity") + coming,
    ).select(*marks.columns, "before")


def by_day(marks: pl.DataFrame) -> pl.DataFrame:
    """Return the first, last, lowest and highest marks of each day, and its deepest fall.

    `fall` is the lowest equity as a share of the highest that was marked in an earlier minute of
    the day: which came first within one minute is not known.
    """
    rows = marks.sort(*DAY, "minute").with_columns(
        peak=pl.col("equity_high").cum_max().over(DAY).shift(1).over(DAY)
    )
    peak = pl.col("peak")
    return rows.group_by(DAY, maintain_order=True).agg(
        marks=pl.len(),
        marked_at=pl.col("marked_at").last(),
        mark_balance=pl.col("balance").last(),
        mark_equity=pl.col("equity").last(),
        mark_positions=pl.col("open_positions").last(),
        first_equity=(pl.col("equity") - pl.col("before")).first(),
        equity_low=pl.col("equity_low").min(),
        equity_high=pl.col("equity_high").max(),
        margin_used=pl.col("margin").max(),
        fall=pl.when(peak > 0).then(pl.col("equity_low") / peak).min(),
    )


def after_last(entries: pl.DataFrame, marked: pl.DataFrame) -> pl.DataFrame:
    """Return what the ledger moved on a marked day after its last mark."""
    last = marked.select(*DAY, "marked_at")
    late = entries.join(last, on=DAY).filter(pl.col("time") > pl.col("marked_at"))
    return late.group_by(DAY).agg(
        late=(pl.col("realised") + pl.col("flow")).sum(),
        late_flow=(pl.col("flow") + pl.col("credit")).sum(),
    )
