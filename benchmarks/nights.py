"""What a night costs: a day added to the KPIs of accounts that have three years of history.

In memory, from the state and the day's rows to finished columns; and from DuckDB to DuckDB, over
all windows, split in what is read, computed and written, against the night that has no states.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.measure import Row, p50, seconds_of
from flows.snapshots.kpis import KpiBuilder
from flows.snapshots.states import state_rows
from flows.snapshots.writing import DuckTarget, write
from rules.daily.kpi_inputs import kpi_inputs
from rules.kpi.inputs import Inputs
from rules.kpi.layout import needs_history
from rules.kpi.packing import BOOKS, packed
from rules.kpi.registry import KPIS
from rules.kpi.settings import Settings
from rules.kpi.state import State, advanced, entry_values
from rules.kpi.update import OTHER_ENTRIES, from_history
from schema import polars as registry
from schema.ids import make_id
from schema.registry import table
from sinks.duckdb.database import Limits
from sinks.duckdb.files import DuckFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


NAME = "nights"
_ACCOUNTS = int(os.environ.get("NIGHT_ACCOUNTS", "5000"))
_DAYS, _TRADES = 1095, 640
_LAST = date(2026, 11, 20)
_FIRST = _LAST - timedelta(days=_DAYS - 1)
_DAY = timedelta(days=1)
_CHUNK, _FEW = 250, 100
_SETTINGS = Settings()
_KEPT = sum(not needs_history(kpi) for kpi in KPIS)


def run() -> Iterator[Row]:
    """Measure both."""
    yield _in_memory()
    yield from _in_store()


def _in_memory() -> Row:
    """A day added to states, without the KPIs that need history."""
    books = _books(np.random.default_rng(7), 0, _ACCOUNTS, 40, 40)
    who = pl.DataFrame({"account": range(_ACCOUNTS), "account_id": _ids(0, _ACCOUNTS)})
    given = kpi_inputs(who.with_columns(as_of=pl.lit(_LAST)), **_given(books))
    before, day = _cut(given)
    state = advanced(None, before, _SETTINGS)

    def night() -> State:
        return advanced(state, day, _SETTINGS)

    later = night()
    add = p50(seconds_of(night, 5))
    tell = p50(seconds_of(lambda: entry_values(later, day.accounts, _SETTINGS), 5))
    return Row(
        group=NAME,
        what=f"one day added to states of {_ACCOUNTS:,} accounts in memory: the {_KEPT} KPIs over "
        "all time that need no history",
        value=f"{add + tell:.2f} s ({add:.2f} add, {tell:.2f} tell)",
        target="<= 1 s",
        held=add + tell <= 1,
    )


def _cut(given: Inputs) -> tuple[Inputs, Inputs]:
    date_, exited = pl.col("date"), pl.col("exit_time").dt.date()
    before = replace(
        given,
        accounts=given.accounts.with_columns(as_of=pl.lit(_LAST - _DAY)),
        daily=given.daily.filter(date_ < _LAST),
        trades=given.trades.filter(exited < _LAST),
    )
    day = replace(
        given,
        daily=given.daily.filter(date_ == _LAST),
        trades=given.trades.filter(exited == _LAST),
    )
    return before, day


@dataclass
class _Timed:
    """Seconds that a store takes to answer, and to take rows."""

    inner: Any
    read: float = 0.0
    written: float = 0.0
    rows: int = 0

    def query(self, *given: Any, **more: Any) -> Any:
        began = time.perf_counter()
        found = self.inner.query(*given, **more)
        batches = list(found)
        self.read += time.perf_counter() - began
        self.rows += sum(each.num_rows for each in batches)
        return pa.RecordBatchReader.from_batches(found.schema, batches)

    def append(self, *given: Any, **more: Any) -> Any:
        began = time.perf_counter()
        self.inner.append(*given, **more)
        self.written += time.perf_counter() - began

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass(frozen=True)
class _Night:
    seconds: float
    read: float
    written: float
    rows: int
    made: int

    def __str__(self) -> str:
        computed = self.seconds - self.read - self.written
        return (
            f"{self.seconds:.1f} s: read {self.read:.1f} ({self.rows / 1e6:.2f} M rows), "
            f"computed {computed:.1f}, written {self.written:.1f} ({self.made / 1e6:.1f} M rows)"
        )


def _in_store() -> Iterator[Row]:
    with _store() as duck:
        _fill(duck, _ACCOUNTS, states=True)
        added = _night(duck, _ACCOUNTS)
    with _store() as duck:
        _fill(duck, _FEW, states=False)
        whole = _night(duck, _FEW)
    each, slow = added.seconds / _ACCOUNTS, whole.seconds / _FEW
    yield Row(
        group=NAME,
        what=f"a normal night of {_ACCOUNTS:,} accounts with {_DAYS} days and {_TRADES} trades "
        f"each, all {len(KPIS)} KPIs and windows, from DuckDB to DuckDB",
        value=str(added),
        ratio=f"{slow / each:.1f}x",
        against=f"without states, of {_FEW} accounts: {whole}",
    )


@contextmanager
def _store() -> Iterator[DuckFiles]:
    limits = Limits(memory_mb=8192, threads=2)
    with (
        tempfile.TemporaryDirectory() as directory,
        DuckFiles(Path(directory), limits, write=True) as duck,
    ):
        yield duck


def _night(duck: DuckFiles, accounts: int) -> _Night:
    timed = _Timed(duck)
    target = DuckTarget(timed)
    now = datetime(_LAST.year, _LAST.month, _LAST.day, 1, tzinfo=UTC) + _DAY
    known = _filled("accounts", pl.DataFrame({"account_id": _ids(0, accounts)}))
    known = known.with_columns(reporting_zone=pl.lit("UTC"))
    began = time.perf_counter()
    made = 0
    for place in range(0, accounts, 1000):
        made += KpiBuilder(target.kept, target, now).build(known.slice(place, 1000))
    seconds = time.perf_counter() - began
    return _Night(seconds, timed.read, timed.written, timed.rows, made)


def _fill(duck: DuckFiles, accounts: int, *, states: bool) -> None:
    """Put history into the store, with or without the states of the night before the last."""
    rng = np.random.default_rng(7)
    for place in range(0, accounts, _CHUNK):
        count = min(_CHUNK, accounts - place)
        books = _books(rng, place, count, _DAYS, _TRADES)
        _put(duck, books)
        if states:
            _put(duck, _states(books, _ids(place, count)))


def _states(books: Mapping[str, pl.DataFrame], ids: pl.Series) -> dict[str, pl.DataFrame]:
    """What the night before left of these accounts: their states, and rows that say so."""
    day, version = _LAST - _DAY, _version_of(_LAST - _DAY) + 1
    who = pl.DataFrame({"account_id": ids.sort()}).with_row_index("account")
    given, _ = _cut(kpi_inputs(who.with_columns(as_of=pl.lit(_LAST)), **_given(books)))
    past = from_history(given, _SETTINGS, OTHER_ENTRIES)
    seen = who.select("account", *(pl.lit(0, pl.UInt64).alias(name) for name in BOOKS))
    rows = packed(advanced(None, given, _SETTINGS), past, seen)
    about = who.select(
        "account_id",
        id="account_id",
        zone=pl.lit("UTC"),
        kpi_window=pl.lit("all"),
        date=pl.lit(day),
        version=pl.lit(version, pl.UInt64),
    )
    return {
        "kpi_states": state_rows(rows, who, day, _SETTINGS, version),
        "kpi_snapshots": _filled("kpi_snapshots", about),
    }


def _put(duck: DuckFiles, frames: Mapping[str, pl.DataFrame]) -> None:
    write(DuckTarget(duck), frames, {})


def _given(books: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    empty = {
        "orders": _empty("orders"),
        "emotions": _empty("emotion_logs"),
        "breaches": _empty("armor_breaches"),
    }
    return {"days": books["daily_snapshots"], "trades": books["trades"], **empty}


def _books(
    rng: np.random.Generator, place: int, accounts: int, days: int, trades: int
) -> dict[str, pl.DataFrame]:
    """Days and trades of some accounts, the days without marks of equity."""
    ids = _ids(place, accounts)
    first = _LAST - timedelta(days=days - 1)
    r = rng.standard_t(4, (accounts, days)) * 0.006
    r[rng.random(r.shape) < 0.08] = 0.0
    equity = np.round(10_000 * np.cumprod(1 + np.clip(r, -0.5, 0.5), axis=1), 2)
    opening = np.column_stack([np.full(accounts, 10_000.0), equity[:, :-1]])
    dates = pl.date_range(first, _LAST, eager=True)
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
        "daily_snapshots": _filled("daily_snapshots", daily),
        "trades": _filled("trades", _trades(rng, ids, place, days, trades)),
    }


def _trades(
    rng: np.random.Generator, ids: pl.Series, place: int, days: int, trades: int
) -> pl.DataFrame:
    n = ids.len() * trades
    first = _LAST - timedelta(days=days - 1)
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


def _version_of(day: date) -> int:
    return int(pl.select(_version(pl.lit(day))).item())


def _ids(place: int, count: int) -> pl.Series:
    made = [make_id("account", str(each)).bytes for each in range(place, place + count)]
    return pl.Series("account_id", made, dtype=pl.Binary)


def _filled(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with a table's columns; those that are not given are null, 0 or empty."""
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


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=registry.schema(table(name)))
