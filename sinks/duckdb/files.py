"""The database's files themselves, for who opens them while no archive runs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Self

from sinks.duckdb.control import Control
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.forgetting import forget
from sinks.duckdb.maintenance import Maintenance
from sinks.duckdb.query import Query
from sinks.duckdb.writer import DuckWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from schema.audit_chain import Head
    from sinks.duckdb.changes import Actor, Changed
    from sinks.personal import Forgetting
    from sinks.upkeep import Done, Wanted


class DuckFiles:
    """The files themselves, while no archive runs.

    Args:
        directory: of the files.
        limits: what DuckDB may use.
        write: whether the configuration may be written; makes the files if there are none.

    Raises:
        DatabaseBusy: another process has the files.
        DatabaseMissing: there are none.
    """

    def __init__(self, directory: Path, limits: Limits, *, write: bool) -> None:
        self._database = Database(directory, limits, read_only=not write)
        self._open: list[Query] = []

    def query(
        self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> pa.RecordBatchReader:
        """Run one SELECT.

        Raises:
            QueryFailed: DuckDB refuses it.
        """
        query = Query(self._database, sql, params)
        self._open.append(query)
        return query.open()

    def read_control(self) -> tuple[int, dict[str, pa.Table]]:
        """Return the configuration's version, and its current rows by table."""
        return Control(self._database).read()

    def write_control(self, tables: Mapping[str, pa.Table], note: str) -> int:
        """Write changed rows as one new version of the configuration, and return it.

        Raises:
            ControlRefused: nothing was written.
        """
        return Control(self._database).write(tables, note)

    def change(
        self,
        tables: Mapping[str, pa.Table],
        gone: Mapping[str, Sequence[str]],
        by: Actor,
        *,
        whole: bool = False,
    ) -> Changed:
        """Write and delete rows of control tables and records, as `Reader.change`.

        Raises:
            ControlRefused: nothing was changed.
        """
        return Control(self._database).change(tables, gone, by, whole=whole)

    def append(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Append rows of history and marks, as `Reader.append`.

        Raises:
            WriteFailed: nothing was stored; it may work later.
            WriteRefused: the rows do not fit.
        """
        with closing(DuckWriter(self._database)) as writer:
            writer.write(tables, positions)

    def seal(self) -> list[Head]:
        """Seal the audit, as `Reader.seal`.

        Raises:
            ControlRefused: it was not sealed.
        """
        return Control(self._database).seal()

    def maintain(self, wanted: Wanted) -> Sequence[Done]:
        """Remove what retention lets go, and write the log into the files; tell what was done.

        Raises:
            CheckpointFailed: the log is as it was; old rows are gone.
        """
        return Maintenance(self._database).run(wanted)

    def forget(self, which: Forgetting) -> dict[str, int]:
        """Remove or pseudonymise a user's rows, and count them by table.

        Raises:
            ControlRefused: the control data is as it was.
        """
        return forget(self._database, Control(self._database), which)

    def close(self) -> None:
        """Close the files."""
        for query in self._open:
            query.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
