"""Queries of readers: they see tables, and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from sinks.duckdb.frames import QueryFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sinks.duckdb.database import Database

_ALLOWED = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
_BATCH_ROWS = 65_536


class Query:
    """One query on a cursor of its own, within a transaction that may only read.

    Args:
        database: where.
        text: one statement.
        params: its parameters, by place or by name.

    Raises:
        QueryFailed: it is no query, or DuckDB refuses it.
    """

    def __init__(
        self,
        database: Database,
        text: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
    ) -> None:
        self.cursor = database.cursor()
        self._text = text
        self._params = params

    def open(self) -> pa.RecordBatchReader:
        """Start it; rows are computed as they are read."""
        try:
            statements = self.cursor.extract_statements(self._text)
            if len(statements) != 1 or statements[0].type not in _ALLOWED:
                raise QueryFailed("readers may run one SELECT; writing is the archive's work")
            # SELECT may hide a write in a WITH clause.
            self.cursor.execute("BEGIN TRANSACTION READ ONLY")
            found = self.cursor.sql(statements[0], params=self._params or None)
            if found is None:
                raise QueryFailed("readers may run one SELECT; writing is the archive's work")
            reader: pa.RecordBatchReader = found.to_arrow_reader(_BATCH_ROWS)
        except duckdb.Error as error:
            raise QueryFailed(str(error)) from error
        return reader

    def close(self) -> None:
        """Let go of the cursor."""
        self.cursor.close()
