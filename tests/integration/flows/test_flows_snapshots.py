"""Days of accounts in both stores: new ones, parts of them, and figures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from flows.snapshots.updating import PARTITIONS, Span
from schema.ids import make_id
from schema.registry import table
from tests.daily_books import ANN, BOB, account, at, deal, deposit, mark, order
from tests.daily_stores import Stores, first_days, version

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("source", ["duckdb", "clickhouse"])
def test_days_that_are_over_land_in_both_stores(stores_of_two_zones: Stores, source: str) -> None:
    stores = stores_of_two_zones
    first_days(stores)
    stores.catch_up("2026-03-07 00:01", source=source)
    rows = stores.rows()
    told = [(r["account_id"] == ANN.bytes, r["date"].day, r["balance"], r["equity"]) for r in rows]
    assert sorted(told) == [
        (False, 5, 500, 480),
        (False, 6, 500, 480),
        (True, 4, 1_000, 1_000),
        (True, 5, 1_050, 1_050),
        (True, 6, 1_050, 1_050),
    ]
    assert all(row["is_final"] for row in rows)
    assert stores.rows("clickhouse") == rows
    own = stores.rows(zone="America/New_York")
    assert [r["date"].day for r in own] == [4, 5]  # the 6th lasts there until 05:00
    assert stores.rows("clickhouse", "America/New_York") == own


def test_nothing_new_writes_nothing(stores: Stores) -> None:
    first_days(stores)
    assert stores.catch_up("2026-03-07 00:01") > 0
    assert stores.catch_up("2026-03-07 00:01") == 0
    assert stores.catch_up("2026-03-07 03:00") == 0


def test_a_normal_day_builds_that_day_alone(stores_of_two_zones: Stores) -> None:
    stores = stores_of_two_zones
    first_days(stores)
    stores.catch_up("2026-03-07 00:01")
    stores.add(
        account_marks=[
            mark(f"2026-03-07 23:{minute}:55", 500, 450, account_id=BOB, open_positions=1, version=version(f"2026-03-07 23:{minute}"))
            for minute in range(10, 60)
        ]
    )  # fmt: skip
    # Two accounts in two stores, and Ann's New York is a day behind.
    assert stores.catch_up("2026-03-08 00:01") == 2 * 3
    # And back to what was marked within an hour of the last look, for clocks may differ.
    assert stores.days == [3 + 5]


@pytest.mark.parametrize("together", [True, False])
def test_a_return_spans_nights_without_marks(stores: Stores, *, together: bool) -> None:
    first_days(stores)
    seen = version("2026-03-08 12:01")
    stores.add(
        deals=[
            deal(2, "2026-03-06 10:00", -100, account_id=BOB, position_ticket=9),
            deposit(3, "2026-03-07 10:00", 20, account_id=BOB),
        ],
        account_marks=[
            mark("2026-03-08 12:00", 420, 400, account_id=BOB, open_positions=1, version=seen)
        ],
    )
    for day in (9,) if together else (6, 7, 8, 9):
        stores.catch_up(f"2026-03-{day:02} 00:01")
    for store in ("duckdb", "clickhouse"):
        rows = [row for row in stores.rows(store) if row["account_id"] == BOB.bytes]
        assert [row["equity"] for row in rows] == [480, 380, 400, 400]
        returns = [row["daily_return"] for row in rows]
        # From 480, and 20 that were paid in, to 400.
        assert returns == [pytest.approx(480 / 500 - 1), None, None, pytest.approx(400 / 500 - 1)]


def test_figures_of_accounts_trades_brokers_and_instances(stores: Stores) -> None:
    first_days(stores)
    stores.add(
        orders=[
            order(1, "2026-03-04 09:00", "filled", 40),
            order(2, "2026-03-05 09:00", "refused", 60),
        ],
        result_metrics=[metric(1, "2026-03-04 09:00", 40), metric(2, "2026-03-05 09:00", 60)],
    )
    stores.catch_up("2026-03-07 00:01")
    for target in stores.targets:
        of = {
            name: target.kept.rows(table(f"{name}_performance"), "true")
            for name in ("account", "trade", "broker", "instance")
        }
        month = of["account"].filter(period="month", account_id=ANN.bytes).row(0, named=True)
        assert (month["trades"], month["profit"], month["flow"]) == (1, 50, 1_000)
        assert month["period_return"] == pytest.approx(0.05)
        assert of["account"].filter(period="day").height == 3 + 2
        (trade_row,) = of["trade"].to_dicts()
        assert (trade_row["net_profit"], trade_row["return_on_balance"]) == (50, 0.05)
        row = of["broker"].filter(period="month").row(0, named=True)
        assert (row["orders"], row["filled"], row["refused"]) == (2, 1, 1)
        assert (row["latency_p50_ms"], row["commission"]) == (50, 0)
        assert of["broker"].filter(period="day").height == 2
        row = of["instance"].filter(period="month").row(0, named=True)
        assert (row["orders"], row["accounts"], row["restarts"]) == (2, 1, None)
    assert stores.look("2026-03-07 00:02").catch_up().derived == 0


def metric(number: int, moment: str, waited: float) -> dict[str, Any]:
    return {
        "result_id": make_id("order", str(number)),
        "decided_at": at(moment),
        "finished_at": at(moment),
        "sent_to_done_ms": float(waited),
    }


def test_parts_of_partitions_make_the_whole(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01", partitions=range(0, PARTITIONS, 2))
    assert stores.rows() == []  # Ann's 3 and Bob's 9 are odd
    stores.catch_up("2026-03-07 00:01", partitions=range(1, PARTITIONS, 2))
    assert len(stores.rows()) == 5


def test_today_is_built_on_demand_as_far_as_it_is(stores: Stores) -> None:
    first_days(stores)
    today = Span(date(2026, 3, 5), date(2026, 3, 5))
    stores.look("2026-03-05 11:00").rebuild(today, ["bob"])
    (row,) = stores.rows()
    assert (row["account_id"], row["is_final"], row["equity"]) == (BOB.bytes, False, 480)
    stores.catch_up("2026-03-06 00:01")
    assert [row["is_final"] for row in stores.rows()] == [True] * 3


def test_a_new_reporting_zone_gets_its_days(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01")
    stores.control(
        account(BOB, partition=9, key="bob", reporting_zone="Asia/Tokyo", config_version=2)
    )
    stores.catch_up("2026-03-07 00:01")
    assert [row["date"].day for row in stores.rows(zone="Asia/Tokyo")] == [5, 6]
