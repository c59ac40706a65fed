"""Nights that add a day to what is kept of accounts, and nights that cannot."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.snapshots.kpis import KpiBuilder
from flows.snapshots.reading import BookReader
from flows.snapshots.updating import PARTITIONS
from flows.snapshots.writing import DuckTarget, write
from rules.kpi.kpi import Window
from schema.ids import make_id
from schema.registry import table
from tests.daily_books import ANN, account, at, deposit, order, trade
from tests.daily_stores import Stores, first_days, version

if TYPE_CHECKING:
    from schema.table import Table
    from sinks.duckdb.client import DuckFiles


def told(stores: Stores, day: int) -> pl.DataFrame:
    """All KPIs as of a day, of all accounts, zones and windows."""
    kept = stores.targets[0].kept
    rows = kept.rows(table("kpi_values"), f"date = '2026-03-{day:02}'").drop("version")
    return rows.sort("kpi", "kpi_window", "zone", "account_id")


def traded(stores: Stores, number: int, opened: str, closed: str | None, profit: float) -> None:
    ticket = {"position_ticket": number, "version": version(closed or opened)}
    stores.add(trades=[trade(number, opened, closed, profit, **ticket)])


def test_nights_one_by_one_make_the_kpis_that_all_history_makes(
    stores_of_two_zones: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    stores = stores_of_two_zones
    caplog.set_level(logging.INFO, "tradecast.snapshots")
    stores.windows = (Window.ALL, Window.DAYS_7)
    first_days(stores)
    one = stores.targets[:1]
    stores.catch_up("2026-03-07 06:00", targets=one)
    assert "KPIs in UTC of all history of 2 accounts: new" in caplog.text
    caplog.clear()
    traded(stores, 11, "2026-03-07 09:00", "2026-03-07 15:00", -30)
    traded(stores, 12, "2026-03-07 20:00", None, 0)
    stores.catch_up("2026-03-08 06:00", targets=one)
    traded(stores, 12, "2026-03-07 20:00", "2026-03-08 22:00", 70)
    traded(stores, 13, "2026-03-09 01:00", "2026-03-09 02:00", 20)  # the day before in New York
    stores.catch_up("2026-03-09 06:00", targets=one)
    # An order between midnight and the night's work is of a day that is yet to come.
    stores.add(orders=[order(31, "2026-03-10 05:30", "filled", 5)])
    stores.catch_up("2026-03-10 06:00", targets=one)
    stores.catch_up("2026-03-11 06:00", targets=one)
    assert caplog.text == ""

    one_by_one = told(stores, 10)
    for name in ("kpi_states", "kpi_snapshots", "kpi_values"):
        stores.expire(name)
    stores.catch_up("2026-03-11 06:00", targets=one)
    as_a_whole = told(stores, 10)

    assert one_by_one.height > 2_000
    assert_frame_equal(one_by_one, as_a_whole, rel_tol=1e-9, abs_tol=1e-12)


def test_an_account_that_trades_on_all_days_has_a_year_of_365(stores: Stores) -> None:
    stores.windows = (Window.ALL, Window.DAYS_30)
    first = date(2026, 2, 21)  # a Saturday
    days = [first + timedelta(n) for n in range(17)]
    stores.add(
        deals=[deposit(1, "2026-02-21 08:00", 1_000)],
        trades=[
            trade(n, f"{day} 09:00", f"{day} 10:00", 5 - n % 3, position_ticket=n, version=n + 1)
            for n, day in enumerate(days)
        ],
    )
    one = stores.targets[:1]
    for day in (7, 8, 9, 10):  # the night after a Friday, a Saturday, a Sunday and a Monday
        stores.catch_up(f"2026-03-{day:02} 06:00", targets=one)
    one_by_one = told(stores, 9)
    made = one[0].kept.rows(table("kpi_snapshots"), "date = '2026-03-09'")
    assert {json.loads(each)["days_per_year"] for each in made["parameters"]} == {365.0}
    assert set(made.filter(kpi_window="all")["days"]) == {17}

    for name in ("kpi_states", "kpi_snapshots", "kpi_values"):
        stores.expire(name)
    stores.catch_up("2026-03-10 06:00", targets=one)
    assert_frame_equal(one_by_one, told(stores, 9), rel_tol=1e-9, abs_tol=1e-12)


def test_kpis_without_a_state_of_these_formulas_are_made_of_all_history(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tradecast.snapshots")
    stores.windows = (Window.ALL,)
    first_days(stores)
    one = stores.targets[:1]
    stores.catch_up("2026-03-07 06:00", targets=one)
    states = one[0].kept.rows(table("kpi_states"), "true")
    other = states.with_columns(formulas=pl.lit("other"), numbers=pl.lit("broken"))
    stores.expire("kpi_states")
    write(one[0], {"kpi_states": other}, {})
    caplog.clear()
    stores.catch_up("2026-03-08 06:00", targets=one)
    assert "of 2 accounts: a state of other formulas" in caplog.text
    assert stores.kpis("duckdb", ANN, "all", 7)["trade_count"] == 1

    states = one[0].kept.rows(table("kpi_states"), "date = '2026-03-07'")
    torn = states.with_columns(numbers=pl.col("numbers").str.head(100))
    stores.expire("kpi_states")
    write(one[0], {"kpi_states": torn}, {})
    caplog.clear()
    stores.catch_up("2026-03-09 06:00", targets=one)
    assert "of 2 accounts: a state that is broken" in caplog.text

    stores.expire("kpi_states")
    caplog.clear()
    stores.catch_up("2026-03-10 06:00", targets=one)
    assert "of 2 accounts: no state of the day before" in caplog.text
    assert stores.kpis("duckdb", ANN, "all", 9)["trade_count"] == 1


def test_a_firm_that_changes_its_rules_counts_all_days_by_them(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tradecast.snapshots")
    stores.windows = (Window.ALL,)
    named = make_id("template")
    stores.control(
        account(ANN, partition=3, key="ann", prop_firm_template_id=named, config_version=3),
        prop_firm_templates=[
            {
                "id": named,
                "rules": json.dumps({"profitable_day": 0.1}),
                "effective_from": date(2026, 3, 8),
                "config_version": 2,
            }
        ],
    )
    first_days(stores)
    one = stores.targets[:1]
    stores.catch_up("2026-03-07 06:00", targets=one)
    caplog.clear()
    stores.catch_up("2026-03-08 06:00", targets=one)
    assert caplog.text == ""
    assert stores.kpis("duckdb", ANN, "all", 7)["profitable_days_count"] == 1  # 50 of 1,000

    stores.catch_up("2026-03-09 06:00", targets=one)
    assert "of 1 accounts: a state of other formulas, or of other rules" in caplog.text
    assert stores.kpis("duckdb", ANN, "all", 8)["profitable_days_count"] == 0
    caplog.clear()
    stores.catch_up("2026-03-10 06:00", targets=one)
    assert caplog.text == ""


class Counting(BookReader):
    """Counts the rows that are read of each table."""

    def __init__(self, duck: DuckFiles) -> None:
        super().__init__(duck, "duckdb")
        self.read: Counter[str] = Counter()

    def rows(self, which: Table, stays: str, changes: str = "true") -> pl.DataFrame:
        found = super().rows(which, stays, changes)
        self.read[which.name] += found.height
        return found


def test_a_normal_night_reads_no_trades_of_years_ago(stores: Stores) -> None:
    one = stores.targets[:1]
    first = date(2025, 1, 6)
    years = [first + timedelta(n) for n in range(420)]  # to 2026-03-01
    stores.add(
        deals=[deposit(1, "2025-01-05 08:00", 1_000)],
        trades=[
            trade(n, f"{day} 09:00", f"{day} 10:00", 5, position_ticket=n, version=n + 1)
            for n, day in enumerate(years)
        ],
    )
    stores.catch_up("2026-03-02 06:00", targets=one)  # days alone, without their KPIs
    stores.windows = (Window.ALL,)
    stores.catch_up("2026-03-03 06:00", targets=one)

    stores.windows = ()
    stores.catch_up("2026-03-04 06:00", targets=one)
    counting = Counting(stores.duck)
    target = DuckTarget(stores.duck)
    target.kept = counting
    KpiBuilder(counting, target, at("2026-03-04 06:00"), (Window.ALL,)).build(
        counting.accounts(range(PARTITIONS))
    )

    assert stores.kpis("duckdb", ANN, "all", 3)["trade_count"] == len(years)
    since = sum(day >= date(2025, 12, 3) for day in years)  # the day before 90 days
    assert since == 89
    assert counting.read["trades"] <= since
