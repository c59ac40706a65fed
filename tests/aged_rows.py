"""Rows of any age, for tests of what retention lets go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from schema import arrow
from schema.ids import make_id
from schema.registry import table
from sinks.upkeep import Wanted

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WANTED = Wanted(now=NOW, batch=3)
DRY = Wanted(now=NOW, batch=3, dry_run=True)
MARKS, BARS, AUDIT, LOGINS = map(
    table, ("account_marks", "market_data", "audit_log", "login_audit")
)


def ago(days: float) -> datetime:
    """Return the time so many days before the present of these tests."""
    return NOW - timedelta(days=days)


def marks(*ages: float) -> pa.Table:
    """Marks of accounts of these ages in days."""
    return filled(MARKS, ages, {})


def filled(which: Any, ages: tuple[float, ...], columns: dict[str, Any]) -> pa.Table:
    """Rows of these ages in days; what is not given is the least that the column takes."""
    count = len(ages)
    given: dict[str, Any] = {}
    for column in which.columns:
        if column.name in columns:
            given[column.name] = columns[column.name]
        elif column.name == which.time:
            given[column.name] = [ago(age) for age in ages]
        elif not column.nullable and column.default is None:
            given[column.name] = [_least(column, place) for place in range(count)]
    return pa.Table.from_batches([arrow.batch(which, given)])


def _least(column: Any, place: int) -> Any:
    kind = column.type
    if kind.words:
        return next(word for word in kind.words if word)
    if kind.numpy == "V16":
        return make_id("row", str(place)).bytes
    if pa.types.is_string(kind.arrow):
        return "x"
    if pa.types.is_timestamp(kind.arrow):
        return NOW
    return 1


def bars(timeframe: str, *ages: float) -> pa.Table:
    """Bars of a timeframe of these ages in days."""
    prices = {f"{name}_price": [1] * len(ages) for name in ("open", "high", "low", "close")}
    return filled(BARS, ages, {"timeframe": [timeframe] * len(ages), **prices})


def times(rows: list[Any]) -> list[datetime]:
    """Return times in order, in UTC."""
    return sorted(value.replace(tzinfo=value.tzinfo or UTC) for value in rows)
