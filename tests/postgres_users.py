"""Two users of one PostgreSQL, and sessions that act for them."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from schema.registry import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

ANN, BOB = uuid.UUID(int=0xA), uuid.UUID(int=0xB)
OWNED = sorted(t.name for t in TABLES.values() if t.owner is not None and "postgres" in t.stores)
WRITTEN = sorted(name for name in OWNED if TABLES[name].users_write)
Connection = psycopg.Connection[Any]


def fill(connection: Connection, user: uuid.UUID) -> None:
    """One row of a user in each table that has an owner; every id in it is the user's own."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for name in (*OWNED, "brokers", "instances"):
        table = TABLES[name]
        given = {c.name: _value(c.type.name, user) for c in table.columns if not c.nullable}
        if table.owner is not None:
            given[table.owner.column] = user
        for column in table.columns:
            if column.type.closed and column.name in given:
                given[column.name] = next(w for w in column.type.words if w is not None)
        given |= {"is_public": False} if "is_public" in given else {}
        names = ", ".join(f'"{n}"' for n in given)
        marks = ", ".join(["%s"] * len(given))
        connection.execute(
            f'INSERT INTO "{name}" ({names}) VALUES ({marks})',
            [_legal(name, n, v, user) for n, v in given.items()],
        )
    connection.execute("SET LOCAL session_replication_role = origin")


def _value(kind: str, user: uuid.UUID) -> Any:
    text = f"{user.int:x}"
    fixed: dict[str, Any] = {
        "uuid": user, "timestamp": "2026-11-01T00:00:00Z", "date": "2026-11-01", "json": "{}",
        "bool": False, "address": "127.0.0.1", "reason code": "NONE",
    }  # fmt: skip
    if kind in fixed:
        return fixed[kind]
    return text if kind.startswith(("text", "label", "enum")) else 1


def _legal(table: str, column: str, value: Any, user: uuid.UUID) -> Any:
    fixed: dict[tuple[str, str], Any] = {
        ("daily_snapshots", "day_end"): "2026-11-02T00:00:00Z",
        ("daily_snapshots", "wins"): 0,
        ("daily_snapshots", "losses"): 0,
        ("strategies", "magic"): user.int,
    }
    return fixed.get((table, column), value)


@contextmanager
def acting(connection: Connection, role: str, user: uuid.UUID | None) -> Iterator[Connection]:
    """A session of a role, for a user; its errors end no transaction but this one."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL ROLE {role}")
        connection.execute(
            "SELECT set_config('app.current_user_id', %s, true)", [str(user) if user else ""]
        )
        yield connection


def count(connection: Connection, name: str) -> int:
    """Return how many rows of a table a session sees."""
    found = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def acting_for_good(connection: Connection, role: str, user: uuid.UUID | None) -> Iterator[None]:
    """As `acting`, and what is done stays."""
    connection.execute(f"SET LOCAL ROLE {role}")
    connection.execute(
        "SELECT set_config('app.current_user_id', %s, true)", [str(user) if user else ""]
    )
    yield
