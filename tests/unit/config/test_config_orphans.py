"""What a new configuration orphans: told by account, symbol and cause, and nothing else is."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from config import change, world
from config.orphans import Open, orphans, possible
from config.rows import account_id, strategy_id

T0, T1 = 1_700_000_000_000_001, 1_700_000_999_000_002
World = dict[str, Any]


def base() -> World:
    return {
        "brokers": [{"key": "alpha"}, {"key": "beta"}],
        "instruments": [
            {"broker": "alpha", "symbols": ["EURUSD", "XAUUSD"], "suffix": ".m"},
            {"broker": "beta", "symbols": ["EURUSD"]},
        ],
        "instances": [
            {"key": "a1", "broker": "alpha"},
            {"key": "a2", "broker": "alpha"},
            {"key": "b1", "broker": "beta"},
        ],
        "accounts": [{"key": "one", "instance": "a1"}, {"key": "two", "instance": "a1"}],
        "strategies": [{"key": "london"}, {"key": "paris"}],
        "subscriptions": [
            {"strategy": "london", "accounts": ["one", "two"]},
            {"strategy": "paris", "accounts": ["one", "two"]},
        ],
        "symbol_map": [{"symbol": "GOLD", "to": "XAUUSD"}],
    }


def opened(
    account: str = "one",
    strategy: str | None = "london",
    symbol: str = "XAUUSD.m",
    trades: int = 2,
    orders: int = 0,
) -> Open:
    return Open(
        account=account_id(account).bytes,
        strategy=strategy_id(strategy).bytes if strategy else None,
        symbol=symbol,
        trades=trades,
        orders=orders,
    )


def told(edit: Callable[[World], object], *rows: Open) -> list[str]:
    before = change.apply(world.parse(base()), None, T0)
    data = copy.deepcopy(base())
    edit(data)
    then = change.apply(world.parse(data), (before.version, before.tables), T1)
    found = orphans(before.tables, then.tables, rows)
    assert possible(then.counts) or not found
    return found


def without_one(data: World) -> None:
    del data["accounts"][0]
    for row in data["subscriptions"]:
        row["accounts"] = ["two"]


def without_london(data: World) -> None:
    del data["strategies"][0], data["subscriptions"][0]


def to_beta(data: World) -> None:
    data["accounts"][0]["instance"] = "b1"


CASES: dict[str, tuple[Callable[[World], object], str]] = {
    "account": (without_one, "the account is removed"),
    "strategy": (without_london, "the strategy london is removed"),
    "subscription": (
        lambda data: data["subscriptions"][0].update(accounts=["two"]),
        "its subscription to london is removed",
    ),
    "instance": (
        lambda data: data["accounts"][0].update(instance="a2"),
        "the account moves from instance a1 to a2",
    ),
    "broker": (to_beta, "the account moves from broker alpha to beta"),
    "suffix": (
        lambda data: data["instruments"][0].update(suffix=".pro"),
        "GOLD means XAUUSD.pro from now on",
    ),
    "everyone's line": (
        lambda data: data["symbol_map"][0].update(to="EURUSD"),
        "GOLD means EURUSD.m from now on",
    ),
    "account's line": (
        lambda data: data["symbol_map"].append(
            {"symbol": "XAUUSD", "to": "EURUSD.m", "accounts": "one"}
        ),
        "GOLD means EURUSD.m from now on",
    ),
    "line that leaves": (
        lambda data: data.pop("symbol_map"),
        "GOLD means nothing from now on",
    ),
    "symbol": (
        lambda data: (
            data["instruments"][0].update(symbols=["EURUSD"]),
            data.pop("symbol_map"),
        ),
        "GOLD means nothing from now on",
    ),
}


@pytest.mark.parametrize(("edit", "why"), CASES.values(), ids=CASES)
def test_each_way_that_is_lost_is_told(edit: Callable[[World], object], why: str) -> None:
    assert told(edit, opened()) == [f"account one, XAUUSD.m: 2 open trades; {why}"]


@pytest.mark.parametrize("edit", [edit for edit, _ in CASES.values()], ids=CASES)
def test_without_anything_open_nothing_is_told(edit: Callable[[World], object]) -> None:
    assert told(edit) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data["accounts"][0].update(leverage=7, status="inactive"),
        lambda data: data["accounts"].append({"key": "three", "instance": "a2"}),
        lambda data: data["symbol_map"].append({"symbol": "EURO", "to": "EURUSD"}),
        lambda data: data["subscriptions"][1].update(accounts=["two"]),
        lambda data: data["accounts"][1].update(instance="a2"),
    ],
)
def test_what_leaves_the_way_is_let_through(edit: Callable[[World], object]) -> None:
    assert told(edit, opened()) == []


def test_orders_without_an_outcome_count_and_rows_of_one_place_are_one_line() -> None:
    rows = [opened(trades=1, orders=1), opened(strategy="paris", trades=0, orders=1)]
    assert told(without_one, *rows) == [
        "account one, XAUUSD.m: 1 open trade, 2 orders without an outcome; the account is removed"
    ]


def test_by_hand_only_the_account_matters() -> None:
    assert told(without_one, opened(strategy=None))
    assert told(without_london, opened(strategy=None)) == []


def test_what_was_orphaned_before_is_not_told_again() -> None:
    rows = [opened(account="gone"), opened(strategy="tokyo"), opened(symbol="GBPUSD.m")]
    assert told(lambda data: data.pop("symbol_map"), *rows) == []
