"""PostgreSQL by URL: connections, and migrations that let others go on meanwhile."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors, sql

from config import faults
from rules.errors import Fatal, Transient
from schema import migrations
from schema.migrations import LEDGER
from schema.postgres_access import SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema.migrations import Migration

Connection = psycopg.Connection[Any]

_CONNECT_SECONDS = 5
# One migration at a time: a number of ours, that no other program takes by chance.
_LOCK = 0x7472616465636173
_LOCK_TIMEOUT = "2s"
_ATTEMPTS = 60  # to get a lock that others hold; they are let through in between
_PAUSE = 0.5
_SEES_ALL = """
SELECT rolsuper OR rolbypassrls OR pg_has_role(current_user, %s, 'usage')
FROM pg_roles WHERE rolname = current_user
"""
_CONCURRENT = re.compile(r"(CREATE|DROP)( UNIQUE)? INDEX CONCURRENTLY")
_BUILT = re.compile(r'CREATE(?: UNIQUE)? INDEX CONCURRENTLY IF NOT EXISTS "(\w+)"')
_VALIDATES = re.compile(r'ALTER TABLE "\w+" VALIDATE CONSTRAINT')


class PostgresAway(Transient):
    """PostgreSQL does not answer, or somebody holds what is needed."""


class CannotSee(Fatal):
    """The login may not see all rows, or how old the transactions of others are."""


class DatabaseTooNew(Fatal):
    """A newer release, or another one, has migrated the database."""


class MigrationFailed(Fatal):
    """PostgreSQL refuses a statement; what came before it stands, and is not done twice."""


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """A connection in which every statement is a transaction of its own.

    Raises:
        PostgresAway: it does not answer.
    """
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name="tradecast",
            options="-c client_min_messages=warning",
        )
    except psycopg.OperationalError as error:
        raise PostgresAway(f"PostgreSQL does not answer: {_line(error)}") from error
    with connection:
        yield connection


def see_all_rows(connection: Connection) -> None:
    """Refuse who is shown a part of the rows: row-level security holds for owners too.

    Raises:
        CannotSee: the login neither serves nor is above it.
    """
    (sees,) = connection.execute(_SEES_ALL, [SERVICE]).fetchone() or (False,)
    if not sees:
        raise CannotSee(f"the login does not see all rows of PostgreSQL: GRANT {SERVICE} to it")


def applied(connection: Connection) -> dict[str, str]:
    """Return version and checksum of each migration that the database has."""
    if not _has_ledger(connection):
        return {}
    found = connection.execute(
        sql.SQL("SELECT version, checksum FROM {}").format(sql.Identifier(LEDGER))
    )
    return {str(version): str(mark) for version, mark in found}


def migrate(
    connection: Connection,
    known: tuple[Migration, ...] = migrations.MIGRATIONS,
    *,
    attempts: int = _ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Bring a database to this release; what was cut short is completed.

    A migration runs in one transaction as far as it can. What looks at many rows stands alone,
    so that no lock is held meanwhile: a constraint is validated in a transaction of its own, an
    index is built in none. A lock that others hold is asked for again and again, for a short
    time each, so that nobody has to wait behind a migration that waits.

    Raises:
        DatabaseTooNew: it is beyond this release, or another one made it.
        MigrationFailed: PostgreSQL refuses a statement.
        PostgresAway: another migration runs, or somebody holds a table for too long.
    """
    with _alone(connection, attempts, sleep):
        try:
            pending = migrations.pending(applied(connection), "postgres", known)
        except (migrations.SchemaTooNewError, migrations.MigrationChangedError) as error:
            raise DatabaseTooNew(str(error)) from error
        unrecorded: list[Migration] = []
        for migration in pending:
            for step in steps(migrations.statements(migration, "postgres")):
                _patiently(connection, step, attempts, sleep)
            faults.point("migrate.record")
            unrecorded.append(migration)
            # The first releases knew no PostgreSQL: their steps are empty, and there is no ledger.
            if _has_ledger(connection):
                for each in unrecorded:
                    _record(connection, each)
                unrecorded.clear()


def steps(statements: Sequence[str]) -> list[list[str]]:
    """Return statements in order, those together that are one transaction."""
    found: list[list[str]] = []
    together: list[str] = []
    for statement in statements:
        if not _CONCURRENT.match(statement) and not _VALIDATES.match(statement):
            together.append(statement)
            continue
        found += [together] if together else []
        found.append([statement])
        together = []
    return [*found, together] if together else found


@contextmanager
def _alone(connection: Connection, attempts: int, sleep: Callable[[float], None]) -> Iterator[None]:
    for attempt in range(attempts):
        # Who waits inside a statement has a snapshot, which an index that is built waits for.
        (got,) = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone() or (0,)
        if got:
            break
        if attempt + 1 == attempts:
            raise PostgresAway("another migration of PostgreSQL runs; try again later")
        sleep(_PAUSE)
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _patiently(
    connection: Connection, step: list[str], attempts: int, sleep: Callable[[float], None]
) -> None:
    for attempt in range(attempts):
        try:
            _run(connection, step)
        except errors.LockNotAvailable as error:
            if attempt + 1 == attempts:
                raise PostgresAway(f"somebody holds a table: {_line(error)}") from error
            sleep(_PAUSE)
        except psycopg.OperationalError as error:
            raise PostgresAway(_line(error)) from error
        except psycopg.Error as error:
            raise MigrationFailed(_line(error)) from error
        else:
            return


def _run(connection: Connection, step: list[str]) -> None:
    if _CONCURRENT.match(step[0]):
        _drop_unfinished(connection, step[0])
        # It blocks nobody, and has to wait for every transaction that is older.
        connection.execute("SET lock_timeout = 0")
        faults.point("migrate.statement")
        connection.execute(step[0].encode())
        return
    with connection.transaction():
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
        for statement in step:
            faults.point("migrate.statement")
            connection.execute(statement.encode())


def _drop_unfinished(connection: Connection, statement: str) -> None:
    """Remove what is left of an index whose building was cut short: it would count as there."""
    built = _BUILT.match(statement)
    if built is None:
        return
    query = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
    if connection.execute(query, [built[1]]).fetchone():
        drop = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(built[1]))
        connection.execute(drop)


def _record(connection: Connection, migration: Migration) -> None:
    insert = sql.SQL("INSERT INTO {} (version, name, checksum) VALUES (%s, %s, %s)")
    mark = migrations.checksum(migration, "postgres")
    row = [migration.version, migration.name, mark]
    connection.execute(insert.format(sql.Identifier(LEDGER)), row)


def _has_ledger(connection: Connection) -> bool:
    there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [LEDGER]).fetchone()
    return bool(there and there[0])


def _line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
