"""The configuration of users: read, and written by one function."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from schema import arrow, sql
from schema import duckdb as store
from schema.audit_chain import Head
from schema.registry import TABLES, table
from sinks import audit_heads, sealing
from sinks.duckdb import changes, seals, tombstones
from sinks.duckdb.changes import Actor, Changed
from sinks.duckdb.database import CONTROL, registered, transaction
from sinks.duckdb.turns import TURNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sinks.duckdb.database import Database
    from sinks.personal import Forgetting

log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NAMES = tuple(each.name for each in TABLES.values() if each.kind == "control")


ControlRefused = changes.ChangeRefused


class Control:
    """The control tables; a removed row keeps its place, with `deleted_at`."""

    def __init__(self, database: Database) -> None:
        self._connection = database.cursor()
        self._connection.execute(f"USE {CONTROL}.main")
        self._heads = database.directory / audit_heads.NAME
        # Its connection is for one thread at a time, and maintenance deletes from the same file.
        self._lock = TURNS[CONTROL]

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
        rows = changes.batches({name: each for name, each in tables.items() if each.num_rows})
        with self._changing(rows) as moment:
            version = self._version() + 1
            for name, batch in rows.items():
                _check_version(name, batch, version)
            changes.change(self._connection, rows, {}, Actor(note), moment, whole=True)
            self._check_references()
            version = self._version()
        log.info("configuration version %d: %s", version, note)
        return version

    def change(
        self,
        tables: Mapping[str, pa.Table],
        gone: Mapping[str, Sequence[str]],
        by: Actor,
        *,
        whole: bool = False,
    ) -> Changed:
        """Write and delete rows of any control table or record, with their audit.

        Args:
            tables: rows by table; a changed row has a greater version than the stored one.
            gone: keys of rows to delete, by table.
            by: who does it.
            whole: whether one bad row refuses all; else it alone is left out.

        Raises:
            ControlRefused: a table is none of these, or a row was refused and `whole` is true.
        """
        rows = changes.batches(tables)
        with self._changing(rows) as moment:
            return changes.change(self._connection, rows, gone, by, moment, whole=whole)

    def forget(self, which: Forgetting, by: Actor) -> Changed:
        """Give a user's rows that stay to nobody, and delete the others and the user.

        The audit says that it was done, and nothing of what stood there.

        Args:
            which: who, and by what pseudonym.
            by: who does it.

        Raises:
            ControlRefused: a rule forbids it; nothing was changed.
        """
        with self._lock:
            # Nobody else writes what is read here before it is written.
            version, moment = self._version() + 1, self._moment()
            rows = changes.batches(tombstones.rows(self._connection, which, version, moment))
            gone = tombstones.keys(self._connection, which)
            with self._transaction(rows) as moment:
                return changes.change(
                    self._connection, rows, gone, by, moment, whole=True, concealed=True
                )

    def seal(self) -> list[Head]:
        """Seal what the audit has got since the last seal, and note where the chain ends.

        Raises:
            ControlRefused: DuckDB refuses it; the next call does what this one has not done.
        """
        with self._changing({}) as moment:
            heads = sealing.seal(seals.DuckAudit(self._connection), moment)
        if heads:
            audit_heads.note(self._heads, heads)
            log.info("the audit is sealed up to seal %d: %s", heads[-1].number, heads[-1].hash)
        return heads

    def read(self) -> tuple[int, dict[str, pa.Table]]:
        """Return the version, and the rows that hold now, by table."""
        with self._lock, transaction(self._connection):
            return self._version(), {name: self._rows(name) for name in NAMES}

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    @contextmanager
    def _changing(self, rows: Mapping[str, pa.Table]) -> Iterator[datetime]:
        """Hold the lock and a transaction; give the moment of what changes in it."""
        with self._lock, self._transaction(rows) as moment:
            yield moment

    @contextmanager
    def _transaction(self, rows: Mapping[str, pa.Table]) -> Iterator[datetime]:
        try:
            with registered(self._connection, rows), transaction(self._connection):
                yield self._moment()
        except duckdb.Error as error:
            raise ControlRefused(str(error).splitlines()[0]) from error

    def _moment(self) -> datetime:
        """Now, and never before what was last done: seals take the audit in its order."""
        last = self._connection.execute(seals.LAST_TIME).fetchall()[0][0] or 0
        return max(datetime.now(UTC), _EPOCH + timedelta(microseconds=last))

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
        """Refuse a row of the configuration that names one which has left it."""
        for name in NAMES:
            for reference in table(name).references:
                if reference.table not in NAMES:
                    continue
                (ours,), (theirs,) = reference.columns, table(reference.table).key
                query = (
                    f"SELECT c.{sql.name(ours)} FROM {sql.name(name)} c"  # noqa: S608 - registry
                    f" JOIN {sql.name(reference.table)} p"
                    f" ON p.{sql.name(theirs)} = c.{sql.name(ours)}"
                    " WHERE c.deleted_at IS NULL AND p.deleted_at IS NOT NULL LIMIT 1"
                )
                found = self._connection.execute(query).fetchall()
                if found:
                    raise ControlRefused(
                        f"table {name}, column {ours}: {found[0][0]} is refused, the row of"
                        f" {reference.table} that it refers to has left the configuration"
                    )


def _check_version(name: str, rows: pa.Table, version: int) -> None:
    stamped = {int(value) for value in rows.column("config_version").to_numpy()}
    if stamped != {version}:
        raise ControlRefused(
            f"the configuration is at version {version - 1}, and {name} would make it"
            f" {max(stamped)}: somebody else changed it; try again"
        )
