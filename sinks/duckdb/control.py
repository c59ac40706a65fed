"""The configuration of users: read, and written by one function."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from rules.errors import Rejected
from schema import arrow, sql
from schema import duckdb as store
from schema.registry import TABLES, table
from sinks.duckdb.database import CONTROL, registered, source, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sinks.duckdb.database import Database

log = logging.getLogger(__name__)

NAMES = tuple(each.name for each in TABLES.values() if each.kind == "control")


class ControlRefused(Rejected):
    """The configuration was not written; the message says why."""


class Control:
    """The control tables; a removed row keeps its place, with `deleted_at`."""

    def __init__(self, database: Database) -> None:
        self._connection = database.cursor()
        self._connection.execute(f"USE {CONTROL}.main")
        self._lock = Lock()

    def write(self, tables: Mapping[str, pa.Table], note: str) -> int:
        """Write rows that are new, changed or removed, as one new version.

        Args:
            tables: rows by table; `config_version` of each is the present version and 1.
            note: who or what asks for it, for the log.

        Returns:
            The new version.

        Raises:
            ControlRefused: a table is none of the configuration, a row breaks a rule of its
                table or a reference, or somebody else has written in between. Nothing is written.
        """
        strangers = sorted(tables.keys() - set(NAMES))
        if strangers:
            raise ControlRefused(f"{strangers[0]} is no table of the configuration")
        rows = {
            name: pa.Table.from_batches([arrow.conform(table(name), tables[name])])
            for name in NAMES
            if name in tables and tables[name].num_rows
        }
        with self._lock:
            try:
                with registered(self._connection, rows), transaction(self._connection):
                    version = self._version() + 1
                    for name, batch in rows.items():
                        _check_version(name, batch, version)
                        self._connection.execute(store.insert(table(name), source(name)))
                    self._check_references()
                    version = self._version()
            except duckdb.Error as error:
                raise ControlRefused(str(error).splitlines()[0]) from error
        log.info("configuration version %d: %s", version, note)
        return version

    def read(self) -> tuple[int, dict[str, pa.Table]]:
        """Return the version, and the rows that hold now, by table."""
        with self._lock, transaction(self._connection):
            return self._version(), {name: self._rows(name) for name in NAMES}

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _version(self) -> int:
        each = [f"SELECT max(config_version) AS v FROM {name}" for name in NAMES]  # noqa: S608
        parts = " UNION ALL ".join(each)
        query = f"SELECT coalesce(max(v), 0) FROM ({parts})"  # noqa: S608 - names of the registry
        return int(self._connection.execute(query).fetchall()[0][0])

    def _rows(self, name: str) -> pa.Table:
        which = table(name)
        query = (
            f"SELECT {store.columns(which)} FROM {sql.name(name)}"  # noqa: S608 - registry
            f" WHERE deleted_at IS NULL ORDER BY {sql.names(which.key)}"
        )
        rows = self._connection.sql(query).to_arrow_table()
        return pa.Table.from_batches([arrow.conform(which, rows)])

    def _check_references(self) -> None:
        # DuckDB's own foreign keys refuse updates of rows that are referenced.
        for name in NAMES:
            for reference in table(name).references:
                if reference.table not in NAMES:
                    continue
                ours = [f"c.{sql.name(column)}" for column in reference.columns]
                theirs = [f"p.{sql.name(column)}" for column in table(reference.table).key]
                join = " AND ".join(f"{a} = {b}" for a, b in zip(ours, theirs, strict=True))
                known = " AND ".join(f"{a} IS NOT NULL" for a in ours)
                query = (
                    f"SELECT count(*) FROM {sql.name(name)} c WHERE c.deleted_at IS NULL"  # noqa: S608
                    f" AND {known} AND NOT EXISTS (SELECT 1 FROM {sql.name(reference.table)} p"
                    f" WHERE {join} AND p.deleted_at IS NULL)"
                )
                orphans = self._connection.execute(query).fetchall()[0][0]
                if orphans:
                    raise ControlRefused(
                        f"{orphans} rows of {name} name {reference.table} that do not exist"
                    )


def _check_version(name: str, rows: pa.Table, version: int) -> None:
    stamped = {int(value) for value in rows.column("config_version").to_numpy()}
    if stamped != {version}:
        raise ControlRefused(
            f"the configuration is at version {version - 1}, and {name} would make it"
            f" {max(stamped)}: somebody else changed it; try again"
        )
