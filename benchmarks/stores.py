"""The two archive stores, each with a table of the same kind for plain inserts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.servers import PASSWORD, scratch
from embedded.clickhouse.process import ClickHouse
from schema import clickhouse as click
from schema import duckdb as duck
from schema.registry import table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.writer import DuckWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from sinks.batch_parts import Writer

    Insert = Callable[[pa.Table], object]


@dataclass(frozen=True)
class Store:
    """A store with two tables of one kind: one that the archive writes, one for plain inserts.

    Attributes:
        name: of the store.
        writer: the archive's.
        raw: inserts into the other table.
    """

    name: str
    writer: Writer
    raw: Insert


@contextmanager
def duckdb(name: str) -> Iterator[Store]:
    """DuckDB, with a second table for rows of a table of history, in files of its own.

    A checkpoint comes after every so many bytes, and takes as long as ten flushes: in one file
    it would meet either side by chance.
    """
    limits = Limits(memory_mb=1024)
    with scratch() as ours, scratch() as other, Database(ours, limits) as database:
        writer = DuckWriter(database)
        plain = Database(other, limits)
        cursor = plain.cursor()
        like = duck.target(table(name))
        cursor.execute(f"CREATE TABLE archive.main.raw AS SELECT * FROM {like} LIMIT 0")

        def raw(rows: pa.Table) -> None:
            cursor.register("rows", rows)
            cursor.execute("INSERT INTO archive.main.raw BY NAME SELECT * FROM rows")
            cursor.unregister("rows")

        with plain:
            yield Store("DuckDB", writer, raw)


@contextmanager
def clickhouse(name: str) -> Iterator[Store]:
    """ClickHouse's endpoint, with a second table for rows of a table of history."""
    import clickhouse_connect  # noqa: PLC0415 - slow to load

    with (
        scratch() as directory,
        ClickHouse(directory, password=PASSWORD, die_with_parent=True) as server,
    ):
        writer = ClickHouseWriter(f"{server.url}/default")
        writer.positions()
        client = clickhouse_connect.get_client(
            host=server.host, port=server.port, password=server.password
        )
        client.command(f"CREATE TABLE raw AS {click.target(table(name))}")
        yield Store("ClickHouse", writer, lambda rows: client.insert_arrow("raw", rows))
