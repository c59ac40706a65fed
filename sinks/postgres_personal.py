"""What PostgreSQL holds about one user, and a user forgotten there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pyarrow as pa

from rules.errors import Fatal
from schema import postgres_values, sql
from schema.registry import TABLES, ordered
from sinks import personal
from sinks.personal import Person
from sinks.postgres import Connection, see_all_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema.table import Table
    from sinks.personal import Forgetting

_SAYS_WHO = (
    "SELECT set_config('app.user_agent', 'tradecast forget', true),"
    " set_config('app.forgets', 'on', true)"
)


class NotForgotten(Fatal):
    """PostgreSQL refused, and holds what it held."""


def find(connection: Connection, column: str, named: str) -> Person | None:
    """Find a user and what is theirs.

    Args:
        connection: to the database.
        column: of `users` that names them: `id`, `email` or `username`.
        named: what stands there.

    Raises:
        CannotSee: the login does not see all rows.
    """
    see_all_rows(connection)
    query = f"SELECT id::text, email, username FROM users WHERE {sql.name(column)} = %s"  # noqa: S608
    given = named if column == "id" else postgres_values.escape(named)
    found = connection.execute(query.encode(), [given]).fetchone()
    if found is None:
        return None
    user, email, username = found
    return Person(
        user=user,
        email=postgres_values.unescape(email),
        username=postgres_values.unescape(username),
        accounts=_ids(connection, "accounts", "account_id", user),
        strategies=_ids(connection, "strategies", "id", user),
        keys=tuple(map(postgres_values.unescape, _ids(connection, "strategies", "key", user))),
    )


def stored(connection: Connection, person: Person) -> Iterator[tuple[Table, pa.Table]]:
    """Yield a user's rows table by table; ids are texts, and secrets stand in them.

    Raises:
        CannotSee: the login does not see all rows.
    """
    see_all_rows(connection)
    for table in ordered(TABLES, "postgres"):
        condition = personal.where(table, person, "CAST({} AS text)")
        if condition is None:
            continue
        query = f"{postgres_values.select(table)} WHERE {condition}"
        rows = postgres_values.rows(table, connection.execute(query.encode()).fetchall())
        if rows.num_rows:
            yield table, _readable(table, rows)


def count(connection: Connection, table: str, condition: str) -> int:
    """Return how many rows of a table fulfil a condition of this program's own."""
    query = f"SELECT count(*) FROM {sql.name(table)} WHERE {condition}"  # noqa: S608
    found = connection.execute(query.encode()).fetchone()
    return int(found[0]) if found else 0


def forget(connection: Connection, which: Forgetting) -> None:
    """Remove or pseudonymise a user's rows, all of them or none.

    The audit's trigger says of each row that it was changed, and not what stood there.

    Args:
        connection: to the database.
        which: who, and by what pseudonym.

    Raises:
        CannotSee: the login does not see all rows.
        NotForgotten: a rule of the database forbids it.
    """
    see_all_rows(connection)
    try:
        with connection.transaction():
            connection.execute(_SAYS_WHO)
            for statement in _statements(which):
                connection.execute(statement.encode())
    except psycopg.Error as error:
        raise NotForgotten(f"PostgreSQL: {str(error).splitlines()[0]}") from error


def _statements(which: Forgetting) -> list[str]:
    """In this order: the pseudonym, whose rows then refer to it, the rows that go, the user."""
    users = TABLES["users"]
    new = personal.tombstone(users, which, "config_version + 1", "now()")
    values = ", ".join(new.get(name, sql.name(name)) for name in users.names)
    old = f"id = {sql.text(which.person.user)}"
    made = [
        f"INSERT INTO users ({sql.names(users.names)}) SELECT {values} FROM users WHERE {old}"  # noqa: S608
    ]
    for table in ordered(TABLES, "postgres"):
        mine = personal.own(table, which.person)
        if table.kind == "history":
            made += personal.of_history(table, table.name, which, "CAST({} AS text)")
        elif not table.audited or table is users or mine is None:
            continue
        elif personal.fate(table) == "removed":
            made.append(f"DELETE FROM {sql.name(table.name)} WHERE {mine}")  # noqa: S608
        else:
            changes = personal.tombstone(table, which, "config_version + 1", "now()")
            sets = ", ".join(f"{sql.name(name)} = {value}" for name, value in changes.items())
            made.append(f"UPDATE {sql.name(table.name)} SET {sets} WHERE {mine}")  # noqa: S608
    return [*made, f"DELETE FROM users WHERE {old}"]  # noqa: S608 - an id


def _readable(table: Table, rows: pa.RecordBatch) -> pa.Table:
    made = pa.Table.from_batches([rows])
    for place, column in enumerate(table.columns):
        if column.type.numpy == "V16":
            ids = [None if each is None else str(UUID(bytes=each)) for each in _list(made, place)]
            made = made.set_column(place, column.name, pa.array(ids, pa.string()))
    return made


def _list(rows: pa.Table, place: int) -> list[Any]:
    return [bytes(each.bytes) if isinstance(each, UUID) else each
            for each in rows.column(place).to_pylist()]  # fmt: skip


def _ids(connection: Connection, table: str, key: str, user: str) -> tuple[str, ...]:
    query = f"SELECT {sql.name(key)}::text FROM {sql.name(table)} WHERE user_id = %s ORDER BY 1"  # noqa: S608
    return tuple(each for (each,) in connection.execute(query.encode(), [user]).fetchall())
