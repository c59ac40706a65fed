"""Which stored days are observations of KPIs, and how many of them a year has."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from rules.daily import firm
from rules.daily.kpi_inputs import accounts_of, kpi_inputs
from rules.daily.snapshots import snapshots
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs
from schema import polars as registry
from schema.registry import table
from tests.daily_books import NOW, account, books, deal, deposit, frame, mark, no_rows, trade

FRIDAY, LAST = date(2024, 3, 1), date(2024, 3, 17)  # a Friday, and the Sunday of two weeks later


def given(rules: dict[str, Any] | None = None, **of: list[dict[str, Any]]) -> Inputs:
    rows = snapshots(books(**of), FRIDAY, LAST, before=no_rows(), now=NOW, version=1)
    assert rows.height == 17
    accounts = frame("accounts", account(prop_firm_rules=json.dumps(rules or {})))
    none = {name: registry.schema(table(name)) for name in ("orders", "armor_breaches")}
    return kpi_inputs(
        accounts_of(accounts, LAST),
        days=rows,
        rules=firm.rules_of(accounts, frame("prop_firm_templates")),
        trades=pl.DataFrame(schema=registry.schema(table("trades"))),
        orders=pl.DataFrame(schema=none["orders"]),
        emotions=pl.DataFrame(schema=registry.schema(table("emotion_logs"))),
        breaches=pl.DataFrame(schema=none["armor_breaches"]),
    )


def weekends(found: Inputs) -> list[int]:
    """The days in March of Saturdays and Sundays that are observations."""
    days = found.daily["date"]
    return [each.day for each in days if each.weekday() > 4]


def test_days_of_weekends_on_which_nothing_happened_are_no_observations() -> None:
    found = given(deals=[deposit(1, "2024-03-01 08:00", 1_000), deal(2, "2024-03-04 10:00", 10)])

    assert found.daily.height == 11
    assert weekends(found) == []
    assert found.accounts["days_per_year"].to_list() == [None]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({"deals": [deposit(2, "2024-03-09 10:00", 500)]}, [9]),
        # A flow that nets to nothing is an operation.
        ({"deals": [deposit(2, "2024-03-09 10:00", 5), deposit(3, "2024-03-09 11:00", -5)]}, [9]),
        ({"deals": [deal(2, "2024-03-09 10:00", 5)]}, [9]),
        ({"trades": [trade(1, "2024-03-09 10:00", None)]}, [9]),
        ({"trades": [trade(1, "2024-03-08 10:00", "2024-03-09 10:00", 0)]}, [9]),
        ({"marks": [mark("2024-03-09 10:00", 1_000, 1_000, 990)]}, [9]),
        ({"marks": [mark("2024-03-09 10:00", 1_000, 1_000)]}, []),
        (
            {
                "marks": [
                    mark("2024-03-08 10:00", 1_000, 1_000, open_positions=1),
                    mark("2024-03-10 22:00", 1_000, 1_001, open_positions=1),
                ]
            },
            [10],
        ),
    ],
)
def test_a_weekend_day_on_which_something_happened_is_one(
    of: dict[str, Any], expected: list[int]
) -> None:
    deals = [deposit(1, "2024-03-01 08:00", 1_000), *of.get("deals", [])]

    assert weekends(given(**{**of, "deals": deals})) == expected


def test_an_account_that_trades_on_all_days_has_365_of_them() -> None:
    days = [FRIDAY + timedelta(n) for n in range(17)]
    gains = [deal(n + 2, f"{day} 10:00", 1) for n, day in enumerate(days)]
    all_days = [deposit(1, "2024-03-01 08:00", 1_000), *gains]
    # Quotes come back on Sunday evening; on Saturday there are none, in any zone.
    sundays = [each for each in all_days if each["time"].weekday() != 5]

    assert given(deals=all_days).accounts["days_per_year"].to_list() == [365.0]
    assert given(deals=sundays).accounts["days_per_year"].to_list() == [None]
    # A payment at the weekend is no trading.
    paid = [deposit(n + 2, f"{day} 10:00", 5) for n, day in enumerate(days) if day.weekday() > 4]
    found = given(deals=[deposit(1, "2024-03-01 08:00", 1_000), *paid])
    assert len(weekends(found)) == 6
    assert found.accounts["days_per_year"].to_list() == [None]


def test_rules_of_a_firm_tell_whether_a_limit_trails() -> None:
    deals = [deposit(1, "2024-03-01 08:00", 1_000), deal(2, "2024-03-04 10:00", 200)]
    own = {"max_loss": 0.1, "max_loss_from": "highest_balance"}

    (left,) = compute(given(own, deals=deals))["max_loss_remaining"].to_list()

    assert left == 1_200 - 1_000
    assert compute(given({"max_loss": 0.1}, deals=deals))["max_loss_remaining"][0] == 300
    assert compute(given(deals=deals))["max_loss_remaining"].to_list() == [None]
