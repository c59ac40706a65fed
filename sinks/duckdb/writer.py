"""Rows and stream marks into the archive, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from config import faults
from rules.errors import Fatal, Transient
from schema import arrow
from schema import duckdb as store
from schema.registry import table
from sinks.duckdb.database import ARCHIVE, registered, source, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sinks.duckdb.database import Database

MARKS = table("stream_marks")
# The disk is full or failed, or memory is short: the same rows may fit later.
_TRANSIENT = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException)


class WriteFailed(Transient):
    """Nothing of the batch is stored."""


class WriteRefused(Fatal):
    """The rows do not fit the tables: program and database do not belong together."""


class DuckWriter:
    """Appends versions of rows; with the marks of the same transaction they stand there once.

    Args:
        database: opened for writing; the writer has a connection of its own to it.
    """

    def __init__(self, database: Database) -> None:
        self._connection = database.cursor()
        self._connection.execute(f"USE {ARCHIVE}.main")

    def positions(self) -> dict[str, str]:
        """Return the last entry stored, by stream."""
        query = f"SELECT stream, position FROM {MARKS.name}"  # noqa: S608 - a constant
        return dict(self._connection.execute(query).fetchall())

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows and marks, all or none.

        Raises:
            WriteFailed: it may work later.
            WriteRefused: the rows do not fit.
        """
        marks = arrow.batch(
            MARKS,
            {
                "stream": list(positions),
                "position": list(positions.values()),
                "updated_at": datetime.now(UTC),
            },
        )
        batches = {**tables, MARKS.name: pa.Table.from_batches([marks])}
        try:
            with registered(self._connection, batches), transaction(self._connection):
                for name in batches:
                    self._connection.execute(store.insert(table(name), source(name)))
                faults.point("archive.committing", duckdb.IOException)
        except _TRANSIENT as error:
            raise WriteFailed(str(error).splitlines()[0]) from error
        except duckdb.Error as error:
            raise WriteRefused(str(error).splitlines()[0]) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
