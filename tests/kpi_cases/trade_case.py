"""One value of the trade side by hand, and what makes a book of trades out of few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from rules.kpi.inputs import BREACHES, EMOTIONS, EXECUTIONS, TRADES

# A Monday; by default a trade is opened at 09:00 and closed at 10:00, one on each day from here.
MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 (columns hold UTC without a zone)
_DEFAULTS: dict[str, Any] = {
    "symbol": "EURUSD",
    "strategy": "trend",
    "side": 1,
    "lots": 1.0,
    "entry_price": 1.1,
    "exit_price": 1.1,
    "pips": 0.0,
    "pip_value": 10.0,
    "contract": 100_000.0,
    "profit": 0.0,
    "commission": 0.0,
    "swap": 0.0,
    "nights": 0.0,
    "reason": "manual",
}
INITIAL = {"initial": 1000.0}


@dataclass(frozen=True)
class TradeCase:
    """A KPI of an account of less than ten rows, and its value."""

    kpi: str
    value: object  # a number is compared to 1e-12 of itself
    trades: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TRADES))
    executions: pl.DataFrame | None = None
    emotions: pl.DataFrame | None = None
    breaches: pl.DataFrame | None = None
    daily: pl.DataFrame | None = None
    settings: dict[str, Any] = field(default_factory=lambda: INITIAL)

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables that the account has rows in."""
        names = ("trades", "executions", "emotions", "breaches", "daily")
        return {name: frame for name in names if (frame := getattr(self, name)) is not None}


def book(**columns: Sequence[Any]) -> pl.DataFrame:
    """Return a book of trades with those columns, and what is usual in all others."""
    count = len(next(iter(columns.values())))
    days = [MONDAY + timedelta(n) for n in range(count)]
    usual = {
        "trade_id": [str(n) for n in range(count)],
        "entry_time": [day.replace(hour=9) for day in days],
        "exit_time": [day.replace(hour=10) for day in days],
    }
    rows = {
        name: columns.get(name) or usual.get(name) or [_DEFAULTS.get(name)] * count
        for name in TRADES
    }
    return pl.DataFrame(rows, schema=TRADES, strict=False)


def at(*hours: float) -> list[datetime]:
    """Return times as hours after the Monday's midnight."""
    return [MONDAY + timedelta(hours=hour) for hour in hours]


def responses(**columns: Sequence[Any]) -> pl.DataFrame:
    """Return responses to orders, filled at once unless told otherwise."""
    count = len(next(iter(columns.values())))
    usual: dict[str, Any] = {"requested_volume": 1.0, "status": "filled", "filled_volume": 1.0}
    ids = [str(n) for n in range(count)]
    rows = {
        name: columns.get(name) or (ids if name == "order_id" else [usual.get(name)] * count)
        for name in EXECUTIONS
    }
    return pl.DataFrame(rows, schema=EXECUTIONS, strict=False)


def logs(**columns: Sequence[Any]) -> pl.DataFrame:
    """Return a journal's entries, one for each trade from the first on."""
    count = len(next(iter(columns.values())))
    ids = [str(n) for n in range(count)]
    rows = {
        name: columns.get(name) or (ids if name == "trade_id" else [None] * count)
        for name in EMOTIONS
    }
    return pl.DataFrame(rows, schema=EMOTIONS, strict=False)


def broken_rules(*rows: tuple[Any, str, str]) -> pl.DataFrame:
    """Return breaches of a date, rule and severity each."""
    return pl.DataFrame(rows, schema=BREACHES, orient="row")
