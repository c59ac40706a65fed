"""How long days of accounts take to build, from frames in memory to finished rows.

One question is what a normal night costs, with a mark a minute; the other what years of history
cost that was imported, and so has no marks.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from benchmarks.measure import Row, timed
from rules.daily.books import Books
from rules.daily.snapshots import snapshots
from schema import polars as registry
from schema.ids import make_id
from schema.registry import table

NAME = "days"
FIRST = date(2023, 1, 2)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
_DAY = timedelta(days=1)


def run() -> list[Row]:
    """Measure both."""
    return [_night(5_000), _history(1_000, 750, 640)]


def _night(accounts: int) -> Row:
    """One day of accounts that were marked each minute, 10 trades each."""
    rng = np.random.default_rng(7)
    books = _books(rng, accounts, days=1, trades=10, marked=True)
    before = snapshots(
        _books(rng, accounts, days=1, trades=10, marked=False, start=FIRST - _DAY),
        *(FIRST - _DAY, FIRST - _DAY),
        before=_empty("daily_snapshots"),
        now=NOW,
        version=1,
    )
    seconds = min(
        timed(lambda: snapshots(books, FIRST, FIRST, before=before, now=NOW, version=1))
        for _ in range(3)
    )
    rate = f"{accounts / seconds:,.0f} accounts/s"
    what = f"one day of {accounts:,} accounts, {accounts * 1440:,} marks"
    return Row(group=NAME, what=what, value=f"{seconds:.2f} s, {rate}")


def _history(accounts: int, days: int, trades: int) -> Row:
    """Years of accounts without marks."""
    books = _books(np.random.default_rng(7), accounts, days=days, trades=trades, marked=False)
    last = FIRST + timedelta(days=days - 1)
    empty = _empty("daily_snapshots")
    seconds = timed(lambda: snapshots(books, FIRST, last, before=empty, now=NOW, version=1))
    what = f"{days} days of {accounts:,} accounts, {trades} trades each"
    rate = f"{accounts * days / seconds:,.0f} rows/s"
    return Row(group=NAME, what=what, value=f"{seconds:.1f} s, {rate}")


def _books(
    rng: np.random.Generator,
    accounts: int,
    *,
    days: int,
    trades: int,
    marked: bool,
    start: date = FIRST,
) -> Books:
    ids = pl.Series([make_id("account", str(each)).bytes for each in range(accounts)])
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    count = accounts * trades
    opened = rng.integers(0, max(1, days * 1440 - 240), count)
    times = pl.DataFrame(
        {
            "account_id": ids.gather(np.repeat(np.arange(accounts), trades)),
            "executed_at": opened,
            "closed_at": opened + rng.integers(1, 240, count),
            "profit": np.round(rng.normal(0, 50, count), 2),
        }
    ).with_columns(
        trade_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(16).cast(pl.Binary),
        executed_at=begin + pl.duration(minutes="executed_at"),
        closed_at=begin + pl.duration(minutes="closed_at"),
        quantity=1.0,
        closed_quantity=1.0,
        status=pl.lit("executed"),
        type=pl.lit("buy"),
    )
    minutes = pl.DataFrame(
        {"minute": pl.datetime_range(begin, begin + _DAY, "1m", closed="left", eager=True)}
    )
    marks = pl.DataFrame({"account_id": ids}).join(minutes, how="cross") if marked else None
    if marks is not None:
        equity = np.round(10_000 + rng.normal(0, 30, marks.height), 2)
        marks = marks.with_columns(
            marked_at="minute", balance=10_000.0, equity=equity, equity_low=equity - 1,
            equity_high=equity + 1, currency=pl.lit("USD"), open_positions=1,
        )  # fmt: skip
    return Books.of(
        accounts=_filled(
            "accounts",
            pl.DataFrame({"account_id": ids}).with_columns(
                currency=pl.lit("USD"), reporting_zone=pl.lit("UTC"), balance=10_000.0
            ),
        ),
        trades=_filled("trades", times),
        deals=_empty("deals"),
        marks=_empty("account_marks") if marks is None else _filled("account_marks", marks),
        breaches=_empty("armor_breaches"),
    )


def _filled(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with a table's columns; those that are not given are null or 0."""
    columns: list[Any] = []
    for column, kind in registry.schema(table(name)).items():
        value = pl.col(column) if column in rows.columns else pl.lit(None)
        if column in {"commission", "swap", "fee", "margin", "profit", "version"}:
            value = pl.col(column) if column in rows.columns else pl.lit(0)
        columns.append(value.cast(kind).alias(column))
    return rows.select(columns)


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=registry.schema(table(name)))
