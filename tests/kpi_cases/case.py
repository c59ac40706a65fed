"""One value by hand, and what makes a daily frame out of few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

DAILY_TYPES = {
    "date": pl.Date,
    **dict.fromkeys(("r", "bench", "flow", "equity_open", "equity", "equity_low"), pl.Float64),
    **dict.fromkeys(("equity_high", "balance", "balance_open", "margin_used"), pl.Float64),
}


@dataclass(frozen=True)
class Case:
    """A KPI of an account of less than ten rows, and its value."""

    kpi: str
    daily: pl.DataFrame
    value: object  # a number is compared to 1e-12 of itself
    settings: dict[str, Any] = field(default_factory=dict)


def weekdays(first: date, count: int) -> list[date]:
    """Return that many weekdays from the first on."""
    days = (first + timedelta(n) for n in range(2 * count + 2))
    return [day for day in days if day.weekday() < 5][:count]


def daily(dates: Sequence[date], **columns: Sequence[float | None] | None) -> pl.DataFrame:
    """Return a daily frame of those columns, null in all others."""
    rows = {name: columns.get(name) or [None] * len(dates) for name in DAILY_TYPES}
    return pl.DataFrame({**rows, "date": list(dates)}, schema=DAILY_TYPES)


def returns(
    *r: float | None, first: date = date(2024, 3, 27), bench: Sequence[float | None] | None = None
) -> pl.DataFrame:
    """Return the daily frame of an account of which only returns are known, on weekdays."""
    return daily(weekdays(first, len(r)), r=r, bench=bench)


_TRADE: dict[str, Any] = {
    "account": 0, "trade_id": "1", "symbol": "EURUSD", "strategy": "s", "side": 1, "lots": 1.0,
    "entry_time": datetime(2024, 1, 2, 10, tzinfo=UTC),
    "exit_time": datetime(2024, 1, 2, 11, tzinfo=UTC),
    "entry_price": 1.1, "exit_price": 1.2, "sl_pips": 10.0, "tp_pips": None, "pips": 5.0,
    "pip_value": 10.0, "contract": 100_000.0, "profit": 50.0, "commission": -3.0, "swap": 0.0,
    "nights": 0.0, "mfe": 60.0, "mae": -10.0, "slippage_entry": 0.0, "slippage_exit": 0.0,
    "latency_ms": 30.0, "spread_pips": 0.2, "reason": "tp",
}  # fmt: skip


def trades(*changes: dict[str, Any]) -> pl.DataFrame:
    """Return trades of account 0, all alike but for the changes."""
    return pl.DataFrame([_TRADE | change for change in changes], infer_schema_length=None)
