"""The days of each account in each of its zones, and the day that a moment belongs to."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from rules.daily.books import UTC

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def zones(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return account and zone: UTC for each account, and its reporting zone where it differs."""
    own = accounts.select("account", "zone")
    utc = own.select("account", zone=pl.lit(UTC))
    return pl.concat([utc, own.filter(pl.col("zone") != UTC)]).sort("account", "zone")


def stamp(rows: pl.DataFrame, time: str, who: pl.DataFrame) -> pl.DataFrame:
    """Return rows once for each zone of their account, with `zone` and the `date` they fall on.

    Args:
        rows: with `account`.
        time: the column that says when, in UTC; rows without it are left out.
        who: account and zone.
    """
    known = rows.filter(pl.col(time).is_not_null())
    parts = [
        known.join(members.select("account"), on="account", how="semi").with_columns(
            zone=pl.lit(zone), date=pl.col(time).dt.convert_time_zone(zone).dt.date()
        )
        for (zone,), members in who.group_by("zone", maintain_order=True)
        if isinstance(zone, str)
    ]
    empty = known.clear().with_columns(zone=pl.lit(""), date=pl.lit(None, pl.Date))
    return pl.concat([empty, *parts])


def days(names: Sequence[str], first: date, last: date) -> pl.DataFrame:
    """Return zone, date, day_start and day_end (UTC) of all days from the first to the last.

    A day has 23 hours or 25 where clocks are changed. One that a zone has skipped whole (Samoa,
    30 December 2011) is not there.
    """
    return pl.concat([_days_of(name, first, last) for name in names])


def _days_of(zone: str, first: date, last: date) -> pl.DataFrame:
    dates = pl.date_range(first, last + _DAY, eager=True).alias("date")
    midnight = pl.col("date").cast(pl.Datetime("us"))
    return (
        pl.DataFrame([dates])
        .with_columns(
            # Where midnight is skipped, the day begins an hour later; where it comes twice,
            # at the first. Of a day that does not exist at all, at the end of the one before.
            day_start=pl.coalesce(
                _moment(midnight, zone),
                _moment(midnight + _HOUR, zone),
                _moment(midnight + _DAY, zone),
            )
        )
        .with_columns(day_end=pl.col("day_start").shift(-1))
        .filter(pl.col("date") <= last, pl.col("day_start") < pl.col("day_end"))
        .select(pl.lit(zone).alias("zone"), "date", "day_start", "day_end")
    )


def _moment(local: pl.Expr, zone: str) -> pl.Expr:
    given = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return given.dt.convert_time_zone("UTC")
