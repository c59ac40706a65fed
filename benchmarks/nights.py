"""What a night costs: a day added to the KPIs of accounts that have three years of history.

In memory, from the state and the day's rows to finished columns; and from DuckDB to DuckDB, over
all windows, split in what is read, computed and written, against the night that has no states.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.measure import Row, p50, seconds_of
from benchmarks.nights_books import (
    LAST,
    accounts_of,
    books_of,
    filled,
    given_of,
    ids_of,
    no_rows,
    version_of,
)
from flows.snapshots.kpis import KpiBuilder
from flows.snapshots.states import formulas, state_rows
from flows.snapshots.writing import DuckTarget, write
from rules.daily import firm
from rules.daily.kpi_inputs import kpi_inputs
from rules.kpi.adding_days import advanced
from rules.kpi.inputs import Inputs
from rules.kpi.layout import needs_history
from rules.kpi.packing import BOOKS, packed
from rules.kpi.registry import KPIS
from rules.kpi.settings import Settings
from rules.kpi.state import State
from rules.kpi.state_values import entry_values
from rules.kpi.update import OTHER_ENTRIES, from_history
from sinks.duckdb.database import Limits
from sinks.duckdb.files import DuckFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


NAME = "nights"
# Years of 5,000 accounts take longer to make than to measure.
_ACCOUNTS, _STORED = 5000, 1000
_DAYS, _TRADES = 1095, 640
_DAY = timedelta(days=1)
_CHUNK, _FEW = 250, 100
_SETTINGS = Settings()
_KEPT = sum(not needs_history(kpi) for kpi in KPIS)


def run(accounts: int = _ACCOUNTS, stored: int = _STORED, few: int = _FEW) -> Iterator[Row]:
    """Measure both.

    Args:
        accounts: in memory.
        stored: of the night from store to store.
        few: of a night without states, which takes longest.
    """
    yield _in_memory(accounts)
    yield _in_store(stored, few)


def _in_memory(accounts: int) -> Row:
    """A day added to states, without the KPIs that need history."""
    books = books_of(np.random.default_rng(7), 0, accounts, 40, 40)
    who = pl.DataFrame({"account": range(accounts), "account_id": ids_of(0, accounts)})
    given = kpi_inputs(who.with_columns(as_of=pl.lit(LAST)), **given_of(books))
    before, day = _cut(given)
    state = advanced(None, before, _SETTINGS)

    def night() -> State:
        return advanced(state, day, _SETTINGS)

    later = night()
    add = p50(seconds_of(night, 5))
    tell = p50(seconds_of(lambda: entry_values(later, day.accounts, _SETTINGS), 5))
    return Row(
        group=NAME,
        what=f"one day added to states of {accounts:,} accounts in memory: the {_KEPT} KPIs over "
        "all time that need no history",
        value=f"{add + tell:.2f} s ({add:.2f} add, {tell:.2f} tell)",
        target="<= 1 s",
        held=add + tell <= 1,
    )


def _cut(given: Inputs) -> tuple[Inputs, Inputs]:
    date_, exited = pl.col("date"), pl.col("exit_time").dt.date()
    before = replace(
        given,
        accounts=given.accounts.with_columns(as_of=pl.lit(LAST - _DAY)),
        daily=given.daily.filter(date_ < LAST),
        trades=given.trades.filter(exited < LAST),
    )
    day = replace(
        given,
        daily=given.daily.filter(date_ == LAST),
        trades=given.trades.filter(exited == LAST),
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


def _in_store(accounts: int, few: int) -> Row:
    with _store() as duck:
        _fill(duck, accounts, states=True)
        added = _night(duck, accounts)
    with _store() as duck:
        _fill(duck, few, states=False)
        whole = _night(duck, few)
    each, slow = added.seconds / accounts, whole.seconds / few
    return Row(
        group=NAME,
        what=f"a normal night of {accounts:,} accounts with {_DAYS} days and {_TRADES} trades "
        f"each, all {len(KPIS)} KPIs and windows, from DuckDB to DuckDB",
        value=str(added),
        ratio=f"{slow / each:.1f}x",
        against=f"without states, of {few} accounts: {whole}",
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
    now = datetime(LAST.year, LAST.month, LAST.day, 1, tzinfo=UTC) + _DAY
    known = accounts_of(ids_of(0, accounts))
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
        books = books_of(rng, place, count, _DAYS, _TRADES)
        _put(duck, books)
        if states:
            _put(duck, _states(books, ids_of(place, count)))


def _states(books: Mapping[str, pl.DataFrame], ids: pl.Series) -> dict[str, pl.DataFrame]:
    """What the night before left of these accounts: their states, and rows that say so."""
    day, version = LAST - _DAY, version_of(LAST - _DAY) + 1
    who = pl.DataFrame({"account_id": ids.sort()}).with_row_index("account")
    given, _ = _cut(kpi_inputs(who.with_columns(as_of=pl.lit(LAST)), **given_of(books)))
    past = from_history(given, _SETTINGS, OTHER_ENTRIES)
    seen = who.select("account", *(pl.lit(0, pl.UInt64).alias(name) for name in BOOKS))
    rows = packed(advanced(None, given, _SETTINGS), past, seen)
    made_for = formulas(
        accounts_of(who["account_id"]),
        firm.rules_of(no_rows("accounts"), no_rows("prop_firm_templates")),
    )
    about = who.select(
        "account_id",
        id="account_id",
        zone=pl.lit("UTC"),
        kpi_window=pl.lit("all"),
        date=pl.lit(day),
        version=pl.lit(version, pl.UInt64),
    )
    return {
        "kpi_states": state_rows(
            rows, who.join(made_for, on="account_id"), day, _SETTINGS, version
        ),
        "kpi_snapshots": filled("kpi_snapshots", about),
    }


def _put(duck: DuckFiles, frames: Mapping[str, pl.DataFrame]) -> None:
    write(DuckTarget(duck), frames, {})
