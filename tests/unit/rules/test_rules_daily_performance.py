"""Figures of periods and trades, by arithmetic that stands beside them."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from rules.daily import performance
from rules.daily.snapshots import snapshots
from tests.daily_books import NOW, at, books, deal, deposit, frame, no_rows, trade


def days(found: object, first: str, last: str) -> pl.DataFrame:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return snapshots(found, begin, end, before=no_rows(), now=NOW, version=1)  # type: ignore[arg-type]


def test_a_month_compounds_its_days() -> None:
    found = books(
        deals=[
            deposit(1, "2024-03-30 08:00", 1_000),
            deal(2, "2024-03-30 10:00", 100, commission=-10),
            deal(3, "2024-03-31 10:00", -109),
            deal(4, "2024-04-01 10:00", 98.1),
        ]
    )
    rows = performance.account_rows(days(found, "2024-03-30", "2024-04-02"), now=NOW, version=1)
    march = rows.filter(pl.col("period") == "month").row(0, named=True)
    assert (march["period_start"], march["period_end"]) == (at("2024-03-01"), at("2024-04-01"))
    assert (march["profit"], march["costs"], march["flow"]) == (-19, -10, 1_000)
    assert (march["balance_open"], march["balance"]) == (1_000, 981)
    # 1000 > 1090 > 981: nine per cent up, and ten down from there.
    assert march["period_return"] == pytest.approx(-0.019)
    assert march["max_drawdown"] == pytest.approx(-0.1)
    assert march["equity_low"] is None
    kinds = rows.group_by("period").len().sort("period").rows()
    assert kinds == [("day", 4), ("month", 2), ("quarter", 2), ("year", 1)]
    year = rows.filter(pl.col("period") == "year").row(0, named=True)
    assert year["period_return"] == pytest.approx(1.09 * 0.9 * 1.1 - 1)


def test_a_period_with_a_day_of_unknown_return_has_none() -> None:
    rows = days(books(deals=[deposit(1, "2024-03-30 08:00", 1_000)]), "2024-03-30", "2024-03-31")
    unknown = rows.with_columns(
        daily_return=pl.when(pl.col("date") == date(2024, 3, 30)).then("daily_return")
    )
    made = performance.account_rows(unknown, now=NOW, version=1)
    month = made.filter(pl.col("period") == "month").row(0, named=True)
    assert month["period_return"] is month["max_drawdown"] is None


def test_a_trade_in_every_measure() -> None:
    told = {
        "sl_pips": 20.0, "pip_value": 10.0, "pips": 30.0, "closed_quantity": Decimal("0.5"),
        "slippage_entry": 1.0, "slippage_exit": 0.5, "mfe": Decimal(200),
    }  # fmt: skip
    trades = [
        trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 50, commission=-10),
        trade(2, "2024-03-04 09:00", "2024-03-04 11:00", 150, commission=-5, swap=-5, **told),
        trade(3, "2024-03-04 09:00", None, 0),
    ]
    found = books(trades=trades, deals=[deposit(1, "2024-03-04 08:00", 1_000)])
    rows = performance.trade_rows(
        frame("trades", *trades), days(found, "2024-03-04", "2024-03-04"), now=NOW, version=1
    )
    assert rows.height == 2
    row = rows.filter(pl.col("pips").is_not_null()).row(0, named=True)
    assert (row["gross_profit"], row["costs"], row["net_profit"]) == (150, -10, 140)
    assert row["return_on_balance"] == pytest.approx(140 / 1_040)  # after the first trade
    assert row["r_multiple"] == pytest.approx(140 / (20 * 10 * 0.5))
    assert row["duration_seconds"] == 7_200
    assert row["slippage_cost"] == Decimal("7.5")  # 1.5 pips, 10 each and lot, half a lot
    assert row["exit_efficiency"] == pytest.approx(0.75)
