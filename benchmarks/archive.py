"""Flushes into both stores, beside plain inserts of the same rows into tables of the same kind."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import stores
from benchmarks.measure import Row, milliseconds, timed
from schema import arrow
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from benchmarks.stores import Insert, Store

NAME = "archive"
_ROWS = 20_000
_REPEAT = 15
_TABLE = "orders"
_SIZES = (1_000_000, 10_000_000)
_FILL = 200_000
_POSITIONS = {"{0}:results": "1-1"}


def run() -> Iterator[Row]:
    """Measure each store by itself, both at once, and both as they grow."""
    with (
        stores.duckdb(_TABLE) as duckdb,
        stores.clickhouse(_TABLE) as clickhouse,
        ThreadPoolExecutor() as threads,
    ):
        both_stores = (duckdb, clickhouse)
        made = _batches(_ROWS)
        for store in both_stores:
            yield _row(store.name, *_in_turn(_ours(store), store.raw, made))

        def both(*inserts: Insert) -> Insert:
            return lambda rows: list(threads.map(lambda insert: insert(rows), inserts))

        ours = both(*map(_ours, both_stores))
        raw = both(*(store.raw for store in both_stores))
        yield _row("both at once", *_in_turn(ours, raw, made))
        yield from _growth(both_stores, ours, made)


def _ours(store: Store) -> Insert:
    return lambda rows: store.writer.write({_TABLE: rows}, _POSITIONS)


def _growth(into: tuple[Store, ...], ours: Insert, made: Iterator[pa.Table]) -> Iterator[Row]:
    """Fill both stores, and time flushes into each on the way."""
    held, large = 2 * _REPEAT * _ROWS, _batches(_FILL)
    found: dict[str, list[float]] = {store.name: [] for store in into}
    for size in _SIZES:
        while held < size:
            ours(next(large))
            held += _FILL
        for store in into:
            found[store.name].append(fmean(_times(_ours(store), made)))
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
