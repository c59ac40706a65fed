"""Flushes into both stores, beside plain inserts of the same rows into tables of the same kind."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, milliseconds, timed
from benchmarks.servers import scratch
from embedded.clickhouse.process import ClickHouse
from schema import arrow
from schema.registry import table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.writer import DuckWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    Insert = Callable[[pa.Table], object]

NAME = "archive"
_ROWS = 20_000
_REPEAT = 15
_TABLE = "orders"
_SIZES = (1_000_000, 10_000_000)
_FILL = 200_000
_POSITIONS = {"{0}:results": "1-1"}


@dataclass(frozen=True)
class _Store:
    """A store with two tables of one kind: one that the archive writes, one for plain inserts."""

    name: str
    ours: Insert
    raw: Insert


def run() -> Iterator[Row]:
    """Measure each store by itself, both at once, and both as they grow."""
    with _duckdb() as duckdb, _clickhouse() as clickhouse, ThreadPoolExecutor() as threads:
        stores = (duckdb, clickhouse)
        made = _batches(_ROWS)
        for store in stores:
            yield _row(store.name, *_in_turn(store.ours, store.raw, made))

        def both(*inserts: Insert) -> Insert:
            return lambda rows: list(threads.map(lambda insert: insert(rows), inserts))

        ours = both(*(store.ours for store in stores))
        raw = both(*(store.raw for store in stores))
        yield _row("both at once", *_in_turn(ours, raw, made))
        yield from _growth(stores, ours, made)


def _growth(stores: tuple[_Store, ...], ours: Insert, made: Iterator[pa.Table]) -> Iterator[Row]:
    """Fill both stores, and time flushes into each on the way."""
    held, large = 2 * _REPEAT * _ROWS, _batches(_FILL)
    found: dict[str, list[float]] = {store.name: [] for store in stores}
    for size in _SIZES:
        while held < size:
            ours(next(large))
            held += _FILL
        for store in stores:
            found[store.name].append(fmean(_times(store.ours, made)))
        held += _REPEAT * _ROWS
    for name, (few, many) in found.items():
        yield Row(
            group=NAME,
            what=f"flush of {_ROWS:,} rows into {name} with {_SIZES[0] // 10**6} M "
            f"and {_SIZES[1] // 10**6} M rows",
            value=milliseconds(few, many),
            target="<= 1.5x",
            held=many <= 1.5 * few,
            ratio=f"{many / few:.2f}x",
            against="the same flush into the smaller table",
        )


def _batches(rows: int) -> Iterator[pa.Table]:
    """Batches of orders, no key twice."""
    import pyarrow as pa  # noqa: PLC0415 - slow to load

    kind, random, number = table(_TABLE), np.random.default_rng(rows), 0
    while True:
        number += 1
        columns: dict[str, Any] = {}
        for column in kind.columns:
            columns[column.name] = _values(column.type, random, rows)
        columns["version"] = np.full(rows, number, np.uint64)
        yield pa.Table.from_batches([arrow.batch(kind, columns)])


def _values(kind: Any, random: np.random.Generator, rows: int) -> Any:
    if kind.numpy == "V16":
        return np.frombuffer(random.bytes(16 * rows), "V16")
    if kind.words:
        return np.ones(rows, np.uint8)
    words = {"string": "EURUSD", "large_string": "EURUSD"}
    word = words.get(str(kind.arrow))
    if word:
        return [word] * rows
    return np.full(rows, 1_795_253_400_000_000 if "timestamp" in str(kind.arrow) else 1, np.int64)


def _row(store: str, ours: list[float], raw: list[float]) -> Row:
    share = fmean(raw) / fmean(ours)
    return Row(
        group=NAME,
        what=f"{_ROWS:,} rows of {_TABLE} into {store}",
        value=f"{milliseconds(fmean(ours))}, {_ROWS / fmean(ours) / 1000:.0f} k rows/s",
        target=">= 0.8 of raw",
        held=share >= 0.8,
        ratio=f"{share:.2f}",
        against="plain insert of the same batches",
    )


@contextmanager
def _duckdb() -> Iterator[_Store]:
    with scratch() as directory, Database(directory, Limits(memory_mb=1024)) as database:
        writer = DuckWriter(database)
        cursor = database.cursor()
        name = f"{_TABLE}_versions"
        cursor.execute(f"CREATE TABLE archive.main.raw AS SELECT * FROM {name} LIMIT 0")

        def raw(rows: pa.Table) -> None:
            cursor.register("rows", rows)
            cursor.execute("INSERT INTO archive.main.raw BY NAME SELECT * FROM rows")
            cursor.unregister("rows")

        yield _Store("DuckDB", lambda rows: writer.write({_TABLE: rows}, _POSITIONS), raw)


@contextmanager
def _clickhouse() -> Iterator[_Store]:
    import clickhouse_connect  # noqa: PLC0415 - slow to load

    with (
        scratch() as directory,
        ClickHouse(directory, password="benchmark", die_with_parent=True) as server,
    ):
        writer = ClickHouseWriter(f"{server.url}/default")
        writer.positions()
        client = clickhouse_connect.get_client(
            host=server.host, port=server.port, password=server.password
        )
        client.command(f"CREATE TABLE raw AS {_TABLE}")
        yield _Store(
            "ClickHouse",
            lambda rows: writer.write({_TABLE: rows}, _POSITIONS),
            lambda rows: client.insert_arrow("raw", rows),
        )


def _in_turn(
    ours: Insert, raw: Insert, made: Iterator[pa.Table]
) -> tuple[list[float], list[float]]:
    """Time both in turn, so that what the machine does meanwhile meets both.

    By lot: a store tidies up after every few inserts, and would else do so after one side's.
    """
    found: dict[bool, list[float]] = {True: [], False: []}
    for mine in random.Random(1).sample([True, False] * _REPEAT, 2 * _REPEAT):
        found[mine] += _times(ours if mine else raw, made, 1)
    return found[True], found[False]


def _times(insert: Insert, made: Iterator[pa.Table], repeat: int = _REPEAT) -> list[float]:
    found = []
    for _ in range(repeat):
        rows = next(made)
        found.append(timed(lambda rows=rows: insert(rows)))
    return found
