"""One value by hand, and what makes a daily frame out of few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
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
