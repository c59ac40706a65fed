"""Which days of accounts what rests on them was not made from, by the versions of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from flows.snapshots.reading import DAILY, BookReader, ids_in
from rules.daily.books import UTC

if TYPE_CHECKING:
    from schema.table import Table

_WHOSE = ["account_id", "zone"]


def stale_days(kept: BookReader, accounts: pl.DataFrame, which: Table) -> pl.DataFrame:
    """Return account_id, zone, the first and last day that are newer than a table's rows, and made.

    `made` is the greatest version of the table's rows, 0 where there are none.

    A row of the table has a greater version than all days that it rests on.

    Args:
        kept: reads a store.
        accounts: as the registry has them.
        which: a table that is made from days; without a zone it is of UTC.
    """
    theirs = ids_in("account_id", accounts)
    zone = "zone" if "zone" in which.names else f"'{UTC}'"
    days = _newest(kept, DAILY, "zone", f"{theirs} AND is_final")
    made = _newest(kept, which, zone, theirs)
    both = days.join(made, on=_WHOSE, how="left", suffix="_made")
    both = both.join(accounts.select("account_id", "reporting_zone"), on="account_id").filter(
        (pl.col("zone") == UTC) | ((pl.col("zone") == pl.col("reporting_zone")) & (zone == "zone")),
        pl.col("version") > pl.col("version_made").fill_null(0),
    )
    whose = both.select(*_WHOSE, made=pl.col("version_made").fill_null(0))
    if whose.is_empty():
        return whose.with_columns(first=pl.lit(None, pl.Date), last=pl.lit(None, pl.Date))
    least = int(whose.select(pl.col("made").min()).item())
    rows = kept.days_of(
        f"SELECT account_id, zone, date, version FROM {kept.versions(DAILY)}"  # noqa: S608
        f" WHERE {ids_in('account_id', whose.unique('account_id'))} AND is_final"
        f" AND version > {least}"
    ).with_columns(pl.col("version").cast(pl.UInt64), pl.col("date").cast(pl.Date))
    newer = rows.join(whose, on=_WHOSE).filter(pl.col("version") > pl.col("made"))
    found = newer.group_by(_WHOSE).agg(
        first=pl.col("date").min(), last=pl.col("date").max(), made=pl.col("made").first()
    )
    return found.sort("zone", "account_id")


def _newest(kept: BookReader, which: Table, zone: str, condition: str) -> pl.DataFrame:
    found = kept.days_of(
        f"SELECT account_id, {zone} AS zone, max(version) AS version"  # noqa: S608
        f" FROM {kept.versions(which)} WHERE {condition} GROUP BY account_id"
        + (", zone" if zone == "zone" else "")
    )
    return found.with_columns(pl.col("version").cast(pl.UInt64), pl.col("zone").cast(pl.String))
