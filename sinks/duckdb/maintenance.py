"""DuckDB's files kept in order by the process that owns them.

Old rows go, rows of one account come to lie together, and the log is folded in.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from rules.errors import Transient
from schema import duckdb as store
from schema import sql
from sinks import sealing
from sinks.duckdb.arranging import arrange
from sinks.duckdb.database import ARCHIVE, CONTROL, transaction
from sinks.duckdb.gate import WRITING
from sinks.duckdb.turns import TURNS
from sinks.upkeep import Done, Rule, Wanted, rules

if TYPE_CHECKING:
    from sinks.duckdb.database import Database

_STORE: Final = "duckdb"
# A row of the audit goes with its whole seal, when that is old; nothing else deletes one.
EXPIRE_AUDIT: Final = "DELETE FROM audit_log WHERE created_at <= ?"
_PATIENCE = 10.0
_PAUSE = 0.05


class CheckpointFailed(Transient):
    """Writers left no moment for a checkpoint; it may work later."""


class Maintenance:
    """Works beside the writer, on a connection of its own: neither waits for the other.

    Those who change rows, as it does, take turns with it.

    Args:
        database: opened for writing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, wanted: Wanted) -> list[Done]:
        """Remove what retention lets go, sort where it pays, then write the log into the files.

        Raises:
            CheckpointFailed: writers left no moment for it; old rows are gone.
        """
        connection = self._database.cursor()
        try:
            done = [
                self._expire(connection, rule, wanted) for rule in rules(_STORE, wanted.audit_days)
            ]
            done += arrange(connection, wanted)
            done += [_checkpoint(connection, name, wanted) for name in (ARCHIVE, CONTROL)]
        finally:
            connection.close()
        return [one for one in done if one is not None]

    def _expire(
        self, connection: duckdb.DuckDBPyConnection, rule: Rule, wanted: Wanted
    ) -> Done | None:
        if rule.sealed:
            return _expire_sealed(connection, rule, wanted)
        target, cutoff = sql.name(store.target(rule.table)), rule.before(wanted.now)
        where = rule.where("?")
        if wanted.dry_run:
            query = f"SELECT count(*) FROM {target} WHERE {where}"  # noqa: S608 - the registry's names
            gone = int(connection.execute(query, [cutoff]).fetchall()[0][0])
        else:
            gone = _delete(connection, rule, target, wanted)
        return _expired(rule, gone)


def _expired(rule: Rule, gone: int) -> Done | None:
    detail = f"older than {rule.days} days" + (f", {rule.condition}" if rule.condition else "")
    done = Done(store=_STORE, table=rule.table.name, action="expire", rows=gone, detail=detail)
    return done if gone else None


def _expire_sealed(
    connection: duckdb.DuckDBPyConnection, rule: Rule, wanted: Wanted
) -> Done | None:
    """Remove rows of the audit by whole seals, each in one transaction: the chain holds always."""
    oldest = "(SELECT min(created_at) FROM audit_log)"
    query = sealing.expiring(oldest, "?")
    found = connection.sql(query, params=[rule.before(wanted.now)]).to_arrow_table().to_pylist()
    seals = [(each["sealed_until"], each["row_count"]) for each in found]
    gone = 0
    for end in sealing.together(seals, wanted.batch):
        if wanted.dry_run:
            counted = "SELECT count(*) FROM audit_log WHERE created_at <= ?"
            gone = int(connection.execute(counted, [end]).fetchall()[0][0])
        else:
            with TURNS[CONTROL], transaction(connection):
                gone += int(connection.execute(EXPIRE_AUDIT, [end]).fetchall()[0][0])
    return _expired(rule, gone)


def _delete(connection: duckdb.DuckDBPyConnection, rule: Rule, target: str, wanted: Wanted) -> int:
    # Oldest versions first: a stop in between never shows an older version for a newer one.
    order = ", ".join(sql.name(each) for each in (rule.table.time or "", rule.table.version))
    statement = (
        f"DELETE FROM {target} WHERE rowid IN (SELECT rowid FROM {target}"  # noqa: S608 - as above
        f" WHERE {rule.where('?')} ORDER BY {order} LIMIT {wanted.batch})"
    )
    turn = TURNS[ARCHIVE if rule.table.kind == "history" else CONTROL]
    gone = 0
    while True:
        with turn, transaction(connection):
            found = connection.execute(statement, [rule.before(wanted.now)]).fetchall()
        count = int(found[0][0])
        gone += count
        if count < wanted.batch:
            return gone


def _checkpoint(connection: duckdb.DuckDBPyConnection, catalog: str, wanted: Wanted) -> Done:
    query = "SELECT path FROM duckdb_databases() WHERE database_name = ?"
    path = Path(connection.execute(query, [catalog]).fetchall()[0][0])
    before = size_with_log(path)
    if not wanted.dry_run:
        checkpoint(connection, catalog)
    return Done(
        store=_STORE,
        table="",
        action="checkpoint",
        bytes=0 if wanted.dry_run else before - size_with_log(path),
        detail=f"{catalog}, {_log_size(path) if wanted.dry_run else before} bytes"
        + (" of log" if wanted.dry_run else " before"),
    )


def checkpoint(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Write a file's log into it, between the transactions of others.

    Raises:
        CheckpointFailed: there was no moment without one.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with WRITING.inside():
                connection.execute(f"CHECKPOINT {catalog}")
        except duckdb.TransactionException as error:
            if time.monotonic() > deadline:
                raise CheckpointFailed(str(error).splitlines()[0]) from error
            time.sleep(_PAUSE)
        else:
            return


def size_with_log(path: Path) -> int:
    """Return the bytes of a file of DuckDB's and of its log."""
    return path.stat().st_size + _log_size(path)


def _log_size(path: Path) -> int:
    try:
        return path.with_name(f"{path.name}.wal").stat().st_size
    except FileNotFoundError:
        return 0
