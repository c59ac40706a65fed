"""However history is cut into pieces, and whoever else is reckoned with, the rows are the same."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rules.daily.books import Books
from rules.daily.snapshots import back_to_settled, snapshots
from schema.ids import make_id
from tests.daily_books import NOW, account, at, books, deal, deposit, mark, no_rows, trade

FIRST, DAYS = date(2024, 3, 1), 40  # clocks change in New York and Berlin
ZONES = ["UTC", "America/New_York", "Europe/Berlin"]
MINUTES = DAYS * 1440


def world(seed: int, accounts: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Books of some accounts: marked at times, with flows, credits, late deals, and holes."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[dict[str, Any]]] = {
        "accounts": [],
        "trades": [],
        "deals": [],
        "marks": [],
    }
    for number in range(accounts):
        who = make_id("account", str(number))
        zone = ZONES[number % len(ZONES)]
        balance = None if number % 2 else 5_000
        found["accounts"].append(account(who, reporting_zone=zone, balance=balance))
        for each in range(12):
            opened, held = int(rng.integers(0, MINUTES)), int(rng.integers(-100, 6_000))
            profit = float(np.round(rng.normal(0, 50), 2))
            end = moment(opened + held)
            closed = None if rng.random() < 0.1 else end
            more = {"account_id": who, "position_ticket": each + 1}
            found["trades"].append(
                trade(number * 100 + each, moment(opened), closed, profit, commission=-1, **more)
            )
            if closed and rng.random() < 0.6:
                found["deals"].append(deal(each + 1, closed, profit, commission=-1, **more))
        for each in range(4):
            when, amount = moment(int(rng.integers(0, MINUTES))), float(rng.integers(-300, 2_000))
            kind = "credit" if rng.random() < 0.2 else "balance"
            row = deposit(500 + each, when, amount, account_id=who) | {"type": kind}
            found["deals"].append(row)
        if number % 3 != 2:
            for minute in sorted(rng.choice(MINUTES, 60, replace=False).tolist()):
                money = float(rng.integers(900, 1_200))
                equity = money + float(rng.integers(-80, 80))
                found["marks"].append(
                    mark(
                        moment(minute),
                        money,
                        equity,
                        equity - 5,
                        equity + 5,
                        account_id=who,
                        open_positions=int(rng.integers(0, 3)),
                    )
                )
    return found


def moment(minute: int) -> str:
    return (datetime(2024, 3, 1) + timedelta(minutes=minute)).isoformat(" ")  # noqa: DTZ001


def between(found: dict[str, list[dict[str, Any]]], first: date, last: date) -> Books:
    """What a reader of the stores hands over for these days, in any zone."""
    start = at(first.isoformat()) - timedelta(days=1)
    end = at(last.isoformat()) + timedelta(days=2)
    return books(
        found["accounts"],
        [
            t for t in found["trades"]
            if min(t["executed_at"], t["closed_at"] or NOW) < end
            and (t["closed_at"] is None or max(t["closed_at"], t["executed_at"]) >= start)
        ],
        [d for d in found["deals"] if start <= d["time"] < end],
        [m for m in found["marks"] if start <= m["minute"] < end],
    )  # fmt: skip


def rows(found: Books, first: date, last: date, before: pl.DataFrame) -> pl.DataFrame:
    made = snapshots(found, first, last, before=before, now=NOW, version=1)
    return made.sort("account_id", "zone", "date")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cuts=st.sets(st.integers(1, DAYS - 1), max_size=4))
def test_pieces_make_the_same_rows_as_the_whole(seed: int, cuts: set[int]) -> None:
    found = world(seed)
    last = FIRST + timedelta(days=DAYS - 1)
    start = FIRST - timedelta(days=1)  # New York begins a day earlier
    whole = rows(between(found, start, last), start, last, no_rows())
    pieces = [no_rows()]
    begin = start
    for cut in [*sorted(cuts), DAYS]:
        end = FIRST + timedelta(days=cut - 1)
        done = pl.concat(pieces)
        pieces.append(rows(between(found, begin, end), begin, end, back_to_settled(done)))
        begin = end + timedelta(days=1)
    assert_frame_equal(pl.concat(pieces).sort("account_id", "zone", "date"), whole)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_and_accounts_changes_nothing(seed: int) -> None:
    found = world(seed)
    rng = np.random.default_rng(seed)
    last = FIRST + timedelta(days=DAYS - 1)
    whole = rows(between(found, FIRST, last), FIRST, last, no_rows())
    shuffled = {name: [each[i] for i in rng.permutation(len(each))] for name, each in found.items()}
    assert_frame_equal(rows(between(shuffled, FIRST, last), FIRST, last, no_rows()), whole)


@pytest.mark.parametrize("seed", range(3))
def test_an_account_alone_has_the_rows_that_it_has_among_others(seed: int) -> None:
    found = world(seed)
    last = FIRST + timedelta(days=DAYS - 1)
    whole = rows(between(found, FIRST, last), FIRST, last, no_rows())
    for one in found["accounts"]:
        alone = found | {"accounts": [one]}
        own = whole.filter(pl.col("account_id") == one["account_id"].bytes)
        assert_frame_equal(rows(between(alone, FIRST, last), FIRST, last, no_rows()), own)


@pytest.mark.parametrize("seed", range(5))
def test_money_adds_up(seed: int) -> None:
    """What a day ends with is what it began with and what happened; the next begins there."""
    found = world(seed)
    last = FIRST + timedelta(days=DAYS - 1)
    whole = rows(between(found, FIRST, last), FIRST, last, no_rows())
    lent = pl.col("equity_open") - pl.col("flow")
    before = pl.col("equity").shift(1).over("account_id", "zone")
    assert whole.filter(before.is_not_null() & (lent != before)).is_empty()
    left = pl.col("balance") - pl.col("balance_open") - pl.col("profit") - pl.col("unexplained")
    assert whole.filter(left != 0).is_empty()
    parts = pl.col("gross_profit") + pl.col("gross_loss")
    assert whole.filter((pl.col("trades") == 0) & (parts != 0)).is_empty()
    assert whole.filter(pl.col("equity_low") > pl.col("equity_high")).is_empty()
    gaps = pl.col("date").diff().dt.total_days().over("account_id", "zone")
    assert whole.filter(gaps != 1).is_empty()
