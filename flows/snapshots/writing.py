"""Rows into the stores: each takes them by itself, with the mark of how far they reach."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

import polars as pl
import pyarrow as pa

from flows.snapshots.reading import BookReader
from flows.stores import values
from schema import polars as registry
from schema.registry import table
from sinks.sifting import sift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flows.stores import Store
    from sinks.clickhouse import ClickHouseWriter
    from sinks.duckdb.reader import Reader

LOG = logging.getLogger("tradecast.snapshots")
_MARK = "snapshots:"


class Target(Protocol):
    """A store that rows are written to. What it is given twice, it shows once."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def kept(self) -> BookReader:
        """Reads what it has."""
        ...

    def positions(self) -> dict[str, str]:
        """Return its marks."""
        ...

    def append(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows, and then marks.

        Raises:
            Transient: it may work later.
        """
        ...


class DuckTarget:
    """DuckDB, through the process that has it, or by itself."""

    name = "duckdb"

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.kept = BookReader(reader, "duckdb")

    def positions(self) -> dict[str, str]:
        """Return its marks."""
        return dict(values(self._reader, "SELECT stream, position FROM stream_marks"))

    def append(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows and marks in one transaction."""
        self._reader.append(tables, positions)


class ClickHouseTarget:
    """ClickHouse, by its address."""

    name = "clickhouse"

    def __init__(self, writer: ClickHouseWriter, store: Store) -> None:
        self._writer = writer
        self.kept = BookReader(store, "clickhouse")

    def positions(self) -> dict[str, str]:
        """Return its marks."""
        return self._writer.positions()

    def append(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows, and marks when all of them are there."""
        self._writer.write(tables, positions)


def looked(target: Target, partitions: Sequence[int]) -> dict[int, int]:
    """Return how far the versions of each partition's books were looked at, in ms since 1970.

    0 where the store has never got rows of it.
    """
    marks = target.positions()
    return {each: int(marks.get(mark(each), "0-0").split("-")[0]) for each in partitions}


def mark(partition: int) -> str:
    """Return the name of a partition's mark in `stream_marks`."""
    return f"{_MARK}{partition}"


def write(target: Target, frames: Mapping[str, pl.DataFrame], seen: Mapping[int, int]) -> int:
    """Store rows in a store, and how far their partitions' books were looked at.

    Args:
        target: the store.
        frames: rows by table.
        seen: milliseconds by partition; none if more rows are to come.

    Returns:
        How many rows were written.
    """
    positions = {mark(partition): f"{ms}-0" for partition, ms in seen.items()}
    tables = {
        name: pa.Table.from_batches([registry.batch(table(name), rows)])
        for name, rows in frames.items()
        if rows.height
    }
    if not tables and not positions:
        return 0
    good, refused = sift(tables, positions)
    for each in refused:
        LOG.error("not stored: %s", each)
    target.append(good, positions)
    return sum(each.num_rows for each in tables.values())
