"""KPIs of accounts in both stores, and what a night reads for them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from rules.kpi.kpi import Window
from schema.ids import make_id
from schema.registry import table
from tests.daily_books import ANN, BOB, account, mark, trade
from tests.daily_stores import Mortal, Stores, Struck, first_days, version


def test_kpis_are_made_from_what_the_stores_have(stores_of_two_zones: Stores) -> None:
    stores = stores_of_two_zones
    stores.windows = (Window.ALL, Window.DAYS_7)
    first_days(stores)
    assert stores.look("2026-03-07 00:01").catch_up().derived > 0
    for store in ("duckdb", "clickhouse"):
        kpis = stores.kpis(store, ANN, "all")
        assert kpis["net_profit"] == 50
        assert kpis["trade_count"] == 1
        assert kpis["total_return"] == pytest.approx(0.05)
        assert kpis["profit_factor"] is None  # nothing was lost
        assert kpis["best_symbol"] == "EURUSD"
        assert kpis["max_intraday_equity_drop"] is None  # Ann was never marked
        assert stores.kpis(store, ANN, "7d")["trade_count"] == 1
        assert stores.kpis(store, BOB, "all")["trade_count"] == 0
    assert stores.look("2026-03-07 00:02").catch_up().derived == 0


def test_a_late_trade_makes_kpis_anew_that_rest_on_its_day(stores: Stores) -> None:
    stores.windows = (Window.ALL,)
    first_days(stores)
    for day in (7, 8, 9):
        stores.catch_up(f"2026-03-{day:02} 00:01")
    late = {"position_ticket": 8, "version": version("2026-03-09 00:30")}
    stores.add(trades=[trade(3, "2026-03-07 09:00", "2026-03-07 10:00", -30, **late)])
    stores.catch_up("2026-03-09 01:00")
    for store in ("duckdb", "clickhouse"):
        counts = {day: stores.kpis(store, ANN, "all", day)["trade_count"] for day in (6, 7, 8)}
        assert counts == {6: 1, 7: 2, 8: 2}
        assert stores.kpis(store, ANN, "all", 7)["net_profit"] == 20


def test_kpis_that_a_kill_left_out_are_made_by_the_next_round(stores: Stores) -> None:
    stores.windows = (Window.ALL,)
    first_days(stores)
    clock = [2]  # days in both stores, and then
    mortal = [Mortal(each, clock, behind=True) for each in stores.targets]
    with pytest.raises(Struck):
        stores.catch_up("2026-03-07 00:01", targets=mortal)
    assert stores.look("2026-03-07 00:02").catch_up().derived > 0
    for store in ("duckdb", "clickhouse"):
        assert stores.kpis(store, ANN, "all")["trade_count"] == 1


def test_rules_of_a_firm_are_in_days_and_in_kpis(stores: Stores) -> None:
    stores.windows = (Window.ALL,)
    firm = {
        "id": make_id("template"),
        "rules": json.dumps({"daily_loss": 0.04, "max_loss": 0.08, "target": 0.5}),
        "effective_from": date(2026, 1, 1),
        "config_version": 2,
    }
    ruled = {
        "prop_firm_template_id": make_id("template"),
        "prop_firm_rules": json.dumps({"max_loss_from": "highest_balance", "best_day": 7}),
    }
    stores.control(
        account(ANN, partition=3, key="ann", config_version=3),
        account(BOB, partition=9, key="bob", config_version=3, **ruled),
        prop_firm_templates=[firm],
    )
    first_days(stores)
    told = stores.look("2026-03-06 00:01").catch_up()
    assert told.faults.rows() == [(BOB.bytes, "rule_of_firm", 1)]  # a share is at most 1
    # A day later than those that are stored goes on from them.
    later = mark(
        "2026-03-07 12:00:55", 500, 440, account_id=BOB, version=version("2026-03-07 12:01")
    )
    stores.add(account_marks=[later])
    stores.catch_up("2026-03-08 00:01")
    for store in ("duckdb", "clickhouse"):
        rows = [row for row in stores.rows(store) if row["account_id"] == BOB.bytes]
        names = ("daily_loss", "daily_loss_limit", "drawdown", "drawdown_limit")
        assert [tuple(row[name] for name in names) for row in rows] == [
            (20, 20, 20, 40),  # of 500, to 480
            (None, 20, None, 40),
            (60, 20, 60, 40),  # equity began with 480, balance with 500
        ]
        of_ann = [row for row in stores.rows(store) if row["account_id"] == ANN.bytes]
        assert {row["daily_loss_limit"] for row in of_ann} == {None}
        kpis = stores.kpis(store, BOB, "all", 7)
        assert kpis["daily_loss_used_today"] == 60 / 20
        assert kpis["max_loss_used"] == 60 / 40
        assert kpis["profit_target_remaining"] == 0.5 * 500
        kept = next(each.kept for each in stores.targets if each.name == store)
        made = kept.rows(table("kpi_snapshots"), f"account_id = '{BOB}'", "date = '2026-03-07'")
        parameters = json.loads(made["parameters"][0])
        assert (parameters["daily_loss"], parameters["best_day"]) == (0.04, 0.4)
