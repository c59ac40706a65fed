"""Accounts for the nights: three years of days and trades at random, as a store has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from schema import polars as registry
from schema.ids import make_id
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Mapping

LAST = date(2026, 11, 20)
_DAY = timedelta(days=1)


def accounts_of(ids: pl.Series) -> pl.DataFrame:
    """Return rows of accounts, by their ids."""
    known = filled("accounts", pl.DataFrame({"account_id": ids}))
    return known.with_columns(reporting_zone=pl.lit("UTC"), prop_firm_rules=pl.lit("{}"))


def given_of(books: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables that inputs of KPIs are made of."""
    empty = {
        "orders": no_rows("orders"),
        "emotions": no_rows("emotion_logs"),
        "breaches": no_rows("armor_breaches"),
    }
    return {"days": books["daily_snapshots"], "trades": books["trades"], **empty}


def books_of(
    rng: np.random.Generator, place: int, accounts: int, days: int, trades: int
) -> dict[str, pl.DataFrame]:
    """Return days and trades of some accounts, the days without marks of equity."""
    ids = ids_of(place, accounts)
    first = LAST - timedelta(days=days - 1)
    r = rng.standard_t(4, (accounts, days)) * 0.006
    r[rng.random(r.shape) < 0.08] = 0.0
    equity = np.round(10_000 * np.cumprod(1 + np.clip(r, -0.5, 0.5), axis=1), 2)
    opening = np.column_stack([np.full(accounts, 10_000.0), equity[:, :-1]])
    dates = pl.date_range(first, LAST, eager=True)
    daily = pl.DataFrame(
        {
            "account_id": ids.gather(np.repeat(np.arange(accounts), days)),
            "date": pl.concat([dates] * accounts),
            "equity": equity.ravel(),
            "equity_open": opening.ravel(),
            "balance": equity.ravel(),
            "balance_open": opening.ravel(),
            "daily_return": (equity / opening - 1).ravel(),
        }
    ).with_columns(
        id=_numbered(place * days, accounts * days),
        day_start=pl.col("date").cast(pl.Datetime("us", "UTC")),
        day_end=pl.col("date").cast(pl.Datetime("us", "UTC")) + _DAY,
        zone=pl.lit("UTC"),
        is_final=pl.lit(value=True),
        version=_version(pl.col("date")),
    )
    return {
        "daily_snapshots": filled("daily_snapshots", daily),
        "trades": filled("trades", _trades(rng, ids, place, days, trades)),
    }


def _trades(
    rng: np.random.Generator, ids: pl.Series, place: int, days: int, trades: int
) -> pl.DataFrame:
    n = ids.len() * trades
    first = LAST - timedelta(days=days - 1)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    closed = np.sort(rng.integers(600, days * 1440, (ids.len(), trades)), axis=1).ravel()
    pips = np.round(rng.normal(0.6, 25, n), 1)
    return pl.DataFrame(
        {
            "account_id": ids.gather(np.repeat(np.arange(ids.len()), trades)),
            "symbol": np.array(["EURUSD", "GBPUSD", "XAUUSD"])[rng.integers(0, 3, n)],
            "executed_at": closed - rng.integers(1, 600, n),
            "closed_at": closed,
            "pips": pips,
            "profit": np.round(pips * 10, 2),
            "sl_pips": np.round(rng.uniform(8, 60, n), 1),
        }
    ).with_columns(
        trade_id=_numbered(place * trades, n),
        executed_at=begin + pl.duration(minutes="executed_at"),
        closed_at=begin + pl.duration(minutes="closed_at"),
        quantity=1.0, closed_quantity=1.0, pip_value=10.0, entry_price=1.1, contract=100_000.0,
        status=pl.lit("executed"),
        type=pl.lit("buy"),
    ).with_columns(version=_version(pl.col("closed_at").dt.date()))  # fmt: skip


def _numbered(first: int, count: int) -> pl.Series:
    numbers = pl.int_range(first, first + count, eager=True)
    return numbers.cast(pl.String).str.zfill(16).cast(pl.Binary)


def _version(day: pl.Expr) -> pl.Expr:
    """Half an hour after a day."""
    built = day.cast(pl.Datetime("ms")) + _DAY + timedelta(minutes=30)
    return built.dt.epoch("ms").cast(pl.UInt64) * (1 << 20)


def version_of(day: date) -> int:
    """Return the version of a row that a day ends with."""
    return int(pl.select(_version(pl.lit(day))).item())


def ids_of(place: int, count: int) -> pl.Series:
    """Return the ids of accounts from a number on."""
    made = [make_id("account", str(each)).bytes for each in range(place, place + count)]
    return pl.Series("account_id", made, dtype=pl.Binary)


def filled(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with a table's columns; those that are not given are null, 0 or empty."""
    columns: list[pl.Expr] = []
    for column in table(name).columns:
        kind = registry.schema(table(name))[column.name]
        value = pl.col(column.name) if column.name in rows.columns else pl.lit(column.default)
        if column.name not in rows.columns and column.default is None and not column.nullable:
            value = _nothing(kind)
        columns.append(value.cast(kind).alias(column.name))
    return rows.select(columns)


def _nothing(kind: pl.DataType) -> pl.Expr:
    if kind.is_numeric() or kind.is_temporal():
        return pl.lit(0)
    return pl.lit(b"0" * 16) if kind == pl.Binary else pl.lit("")


def no_rows(name: str) -> pl.DataFrame:
    """Return a table without rows."""
    return pl.DataFrame(schema=registry.schema(table(name)))
