"""The days of zones: 23 and 25 hours, midnights that are skipped or come twice, lost days."""

from datetime import date

import polars as pl
import pytest

from rules.daily import calendar
from tests.daily_books import account, at, books, deal, deposit, made


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", "2024-03-10", "2024-03-10 00:00", 24),
        ("America/New_York", "2024-03-10", "2024-03-10 05:00", 23),
        ("America/New_York", "2024-11-03", "2024-11-03 04:00", 25),
        ("Europe/Berlin", "2024-03-31", "2024-03-30 23:00", 23),
        ("Europe/Berlin", "2024-10-27", "2024-10-26 22:00", 25),
        ("Asia/Tokyo", "2024-03-10", "2024-03-09 15:00", 24),
        ("Asia/Kolkata", "2024-03-10", "2024-03-09 18:30", 24),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00", 23),  # no midnight
        ("America/Havana", "2024-11-03", "2024-11-03 04:00", 25),  # midnight twice
        ("Africa/Cairo", "2024-04-26", "2024-04-25 22:00", 23),  # no midnight
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-06 13:00", 24.5),
        ("Pacific/Apia", "2011-12-31", "2011-12-30 10:00", 24),
    ],
)
def test_a_day_begins_at_its_own_midnight(zone: str, day: str, start: str, hours: float) -> None:
    which = date.fromisoformat(day)
    row = calendar.days([zone], which, which).row(0, named=True)
    assert row["day_start"] == at(start)
    assert (row["day_end"] - row["day_start"]).total_seconds() == hours * 3600


def test_a_day_that_a_zone_skipped_is_not_there() -> None:
    days = calendar.days(["Pacific/Apia"], date(2011, 12, 29), date(2011, 12, 31))
    assert days["date"].to_list() == [date(2011, 12, 29), date(2011, 12, 31)]
    assert days["day_end"][0] == days["day_start"][1]


@pytest.mark.parametrize(
    "zone", ["America/Havana", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Asia/Beirut"]
)
def test_every_moment_lies_in_the_day_that_it_is_stamped_with(zone: str) -> None:
    moments = pl.DataFrame(
        {"time": pl.datetime_range(at("2011-01-01"), at("2025-01-01"), "29m", eager=True)}
    ).with_columns(account=pl.lit(0, pl.UInt32))
    who = pl.DataFrame({"account": [0], "zone": [zone]}, schema_overrides={"account": pl.UInt32})
    stamped = calendar.stamp(moments, "time", who)
    days = calendar.days([zone], date(2010, 12, 31), date(2025, 1, 1))
    joined = stamped.join(days, on=["zone", "date"], how="left")
    inside = (pl.col("day_start") <= pl.col("time")) & (pl.col("time") < pl.col("day_end"))
    assert joined.height == moments.height
    assert joined.filter(~inside.fill_null(value=False)).is_empty()


def test_an_account_has_days_in_utc_and_in_its_own_zone() -> None:
    found = books(
        accounts=[account(reporting_zone="America/New_York")],
        deals=[
            deposit(1, "2024-03-10 04:30", 1_000),  # the 9th in New York
            deal(2, "2024-03-11 03:59", 10),  # the 10th there: clocks were put forward
            deal(3, "2024-03-11 04:00", 20),  # the 11th
        ],
    )
    utc = made(found, "2024-03-08", "2024-03-11")
    own = made(found, "2024-03-08", "2024-03-11", zone="America/New_York")
    assert [(d["date"].day, d["profit"]) for d in utc] == [(10, 0), (11, 30)]
    assert [(d["date"].day, d["profit"]) for d in own] == [(9, 0), (10, 10), (11, 20)]
    assert own[1]["day_end"] == at("2024-03-11 04:00")
    assert utc[-1]["balance"] == own[-1]["balance"] == 1_030


def test_a_zone_that_is_utc_has_its_days_once() -> None:
    found = books(deals=[deposit(1, "2024-03-10 04:30", 1_000)])
    assert len(made(found, "2024-03-10", "2024-03-10")) == 1
