"""What a prop firm's rules say of an account's days, whatever is written in them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
import pytest

from rules.daily import firm
from rules.daily.snapshots import snapshots
from schema.ids import make_id
from tests.daily_books import ANN, BOB, NOW, account, books, deal, deposit, frame, mark, no_rows

TEMPLATE = make_id("template")
FIRM = {"daily_loss": 0.05, "max_loss": 0.10, "target": 0.08, "min_days": 4, "reset": "00:00"}
MARKS = [
    mark("2026-03-02 12:00", 1_000, 1_030, 990, 1_050),
    mark("2026-03-03 12:00", 1_060, 1_060, 985, 1_070),
    mark("2026-03-04 12:00", 1_300, 1_300, 1_050, 1_300),
    mark("2026-03-05 12:00", 1_100, 1_090, 950, 1_290),
]
NONE = pl.DataFrame(schema=firm.OPENING)


def template(rules: dict[str, Any], since: str = "2026-01-01", until: str | None = None) -> Any:
    return {
        "id": TEMPLATE,
        "firm": "Firm",
        "rules": json.dumps(rules),
        "effective_from": date.fromisoformat(since),
        "effective_until": date.fromisoformat(until) if until else None,
    }


def rules(own: Any = None, *templates: dict[str, Any]) -> pl.DataFrame:
    who = account(
        ANN,
        prop_firm_rules=json.dumps(own or {}),
        prop_firm_template_id=TEMPLATE if templates else None,
    )
    return firm.rules_of(
        frame("accounts", who, account(BOB)), frame("prop_firm_templates", *templates)
    )


def days(*marks: dict[str, Any]) -> pl.DataFrame:
    found = books(deals=[deposit(1, "2026-03-02 08:00", 1_000)], marks=list(marks or MARKS))
    span = date(2026, 3, 2), date(2026, 3, 6)
    return snapshots(found, *span, before=no_rows(), now=NOW, version=1)


def told(rows: pl.DataFrame, name: str) -> list[float | None]:
    values = rows.filter(zone="UTC").sort("date")[name].to_list()
    return [None if value is None else float(value) for value in values]


def test_a_day_is_held_against_the_rules() -> None:
    rows = firm.limited(days(), rules(None, template(FIRM)), NONE)

    assert rows.columns == days().columns
    # Of balance and equity at the start, the greater: 1000 and 1000, then 1000 and 1030, ...
    assert told(rows, "daily_loss_reference") == [1_000, 1_030, 1_060, 1_300, 1_100]
    # To the lowest equity: 990, 985, 1050, 950, and on a day without marks it is not known.
    assert told(rows, "daily_loss") == [10, 45, 10, 350, None]
    assert told(rows, "daily_loss_limit") == [50] * 5
    assert told(rows, "drawdown") == [10, 15, 0, 50, None]
    assert told(rows, "drawdown_limit") == [100] * 5


def test_a_limit_that_trails_follows_the_highest_balance_and_stops_at_the_opening_one() -> None:
    rows = firm.limited(days(), rules({"max_loss": 0.10, "max_loss_from": "highest_balance"}), NONE)

    # Floors: 900, 900, 960 (1060 - 100), then 1000, where it stays although 1300 - 100 is above.
    assert told(rows, "drawdown") == [1_000 - 990, 1_000 - 985, 10, 1_100 - 950, None]
    assert told(rows, "daily_loss") == [None] * 5


# 1,120 at first; floating down to 1,040 and back, then 120 are paid out, and 300 paid in.
PAID = books(
    deals=[
        deposit(1, "2026-03-02 08:00", 1_000),
        deal(2, "2026-03-02 10:00", 120, position_ticket=1),
        deposit(3, "2026-03-03 20:00", -120),
        deposit(4, "2026-03-04 20:00", 300),
    ],
    marks=[
        mark("2026-03-02 22:00", 1_120, 1_120),
        mark("2026-03-03 10:00", 1_120, 1_050, 1_040, 1_120, open_positions=1),
        mark("2026-03-03 21:00", 1_000, 1_000),
        mark("2026-03-04 10:00", 1_000, 1_000, 960, 1_000),
        mark("2026-03-04 21:00", 1_300, 1_300),
        mark("2026-03-05 21:00", 1_300, 1_300, 1_150, 1_300),
    ],
)


def paid() -> pl.DataFrame:
    span = date(2026, 3, 2), date(2026, 3, 5)
    return snapshots(PAID, *span, before=no_rows(), now=NOW, version=1)


@pytest.mark.parametrize(
    ("start", "lost"),
    [
        # From 1,000; what came in since the first day, 300 less 120, raises it to 1,180.
        ("initial", [0, 0, 1_180 - (960 + 300), 1_180 - 1_150]),
        # The floor is 900, then 1,000; what may be lost is counted from 100 above it.
        ("highest_balance", [0, 1_100 - 1_040, 1_280 - (960 + 300), 1_280 - 1_150]),
    ],
)
def test_a_payout_breaks_no_floor_and_a_deposit_raises_it(start: str, lost: list[int]) -> None:
    rows = firm.limited(paid(), rules({"max_loss": 0.10, "max_loss_from": start}), NONE)

    assert told(rows, "drawdown") == [max(0, each) for each in lost]


@pytest.mark.parametrize("whole", [days(), paid()])
def test_days_in_two_pieces_are_those_of_one(whole: pl.DataFrame) -> None:
    own = rules({"max_loss": 0.10, "max_loss_from": "highest_balance", "daily_loss": 0.03})
    first, second = (
        whole.filter(date=date(2026, 3, 2)),
        whole.filter(pl.col("date") > date(2026, 3, 2)),
    )

    opening = firm.carried(first, NONE)
    pieces = [firm.limited(first, own, NONE), firm.limited(second, own, opening)]

    assert pl.concat(pieces).equals(firm.limited(whole, own, NONE))
    assert firm.carried(second, opening).equals(firm.carried(whole, NONE))


def test_an_accounts_own_rules_stand_above_its_templates() -> None:
    found = rules({"daily_loss": 0.04}, template(FIRM, "2026-03-03", "2026-03-04"))

    held = {
        day: firm.holding(found, date(2026, 3, day)).select("daily_loss", "max_loss").row(0)
        for day in (2, 3, 4, 5)
    }
    assert held == {2: (0.04, None), 3: (0.04, 0.1), 4: (0.04, 0.1), 5: (0.04, None)}
    rows = firm.limited(days(), found, NONE)
    assert told(rows, "drawdown_limit") == [None, 100, 100, None, None]
    assert told(rows, "daily_loss_limit") == [40] * 5


def test_an_account_without_rules_is_held_against_none() -> None:
    assert rules().is_empty()
    rows = days()
    assert firm.limited(rows, rules(), NONE).equals(rows)
    other = rules({"daily_loss": 0.05}).with_columns(account_id=pl.lit(BOB.bytes))
    assert firm.limited(rows, other, NONE).equals(rows)
    # Its template is one that nobody sees, or that is no more.
    gone = frame("accounts", account(ANN, prop_firm_template_id=UUID(int=9)))
    lost = firm.rules_of(gone, frame("prop_firm_templates"))
    assert told(firm.limited(rows, lost, NONE), "daily_loss_limit") == [None] * 5


@pytest.mark.parametrize(
    ("own", "wrong"),
    [
        ({"daily_loss": 5}, 1),  # 5 % is 0.05
        ({"daily_loss": "5%", "max_loss": -0.1}, 2),
        ({"max_loss": 0.1, "max_loss_from": "equity"}, 1),
        ({"max_loss": True}, 1),
        ({"target": 1e999}, 1),
        (["daily_loss"], 1),
        ({"firm": "Any", "notes": [1, 2]}, 0),
    ],
)
def test_a_rule_that_cannot_be_is_left_out_and_told(own: Any, wrong: int) -> None:
    found = rules(own)

    assert firm.faults(found)["rows"].sum() == wrong
    rows = firm.limited(days(), found, NONE)
    for name in ("daily_loss_limit", "drawdown_limit", "drawdown"):
        assert told(rows, name) == [None] * 5
