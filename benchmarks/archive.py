"""Flushes into both stores, beside plain inserts of the same rows into tables of the same kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, milliseconds, p50, seconds_of
from benchmarks.servers import scratch
from embedded.clickhouse.process import ClickHouse
from schema import arrow
from schema.registry import table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.writer import DuckWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

NAME = "archive"
_ROWS = 20_000
_REPEAT = 10
_TABLE = "orders"


def run() -> Iterator[Row]:
    """Measure each store by itself."""
    yield _duckdb()
    yield _clickhouse()


def _batches() -> Iterator[pa.Table]:
    """Batches of orders, no key twice."""
    import pyarrow as pa  # noqa: PLC0415 - slow to load

    kind, random, number = table(_TABLE), np.random.default_rng(1), 0
    while True:
        number += 1
        columns: dict[str, Any] = {}
        for column in kind.columns:
            columns[column.name] = _values(column.type, random)
        columns["version"] = np.full(_ROWS, number, np.uint64)
        yield pa.Table.from_batches([arrow.batch(kind, columns)])


def _values(kind: Any, random: np.random.Generator) -> Any:
    if kind.numpy == "V16":
        return np.frombuffer(random.bytes(16 * _ROWS), "V16")
    if kind.words:
        return np.ones(_ROWS, np.uint8)
    words = {"string": "EURUSD", "large_string": "EURUSD"}
    word = words.get(str(kind.arrow))
    if word:
        return [word] * _ROWS
    return np.full(_ROWS, 1_795_253_400_000_000 if "timestamp" in str(kind.arrow) else 1, np.int64)


def _row(store: str, ours: list[float], raw: list[float]) -> Row:
    share = p50(raw) / p50(ours)
    return Row(
        group=NAME,
        what=f"{_ROWS:,} rows of {_TABLE} into {store}",
        value=f"{milliseconds(p50(ours))}, {_ROWS / p50(ours) / 1000:.0f} k rows/s",
        target=">= 0.8 of raw",
        held=share >= 0.8,
        ratio=f"{share:.2f}",
        against="plain insert of the same batches",
    )


def _duckdb() -> Row:
    made = _batches()
    with scratch() as directory, Database(directory, Limits(memory_mb=1024)) as database:
        writer = DuckWriter(database)
        cursor = database.cursor()
        name = f"{_TABLE}_versions"
        cursor.execute(f"CREATE TABLE archive.main.raw AS SELECT * FROM {name} LIMIT 0")

        def ours() -> None:
            writer.write({_TABLE: next(made)}, {"{0}:results": "1-1"})

        def raw() -> None:
            cursor.register("rows", next(made))
            cursor.execute("INSERT INTO archive.main.raw BY NAME SELECT * FROM rows")
            cursor.unregister("rows")

        return _row("DuckDB", *_in_turn(ours, raw))


def _clickhouse() -> Row:
    import clickhouse_connect  # noqa: PLC0415 - slow to load

    made = _batches()
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

        def ours() -> None:
            writer.write({_TABLE: next(made)}, {"{0}:results": "1-1"})

        def raw() -> None:
            client.insert_arrow("raw", next(made))

        return _row("ClickHouse", *_in_turn(ours, raw))


def _in_turn(ours: Any, raw: Any) -> tuple[list[float], list[float]]:
    """Time both one after the other, so that what the machine does meanwhile meets both."""
    mine, bare = [], []
    for _ in range(_REPEAT):
        mine += seconds_of(ours, 1, 0)
        bare += seconds_of(raw, 1, 0)
    return mine, bare
