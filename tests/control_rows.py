"""Rows of control tables for tests, and what the audit says of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from schema import arrow
from schema.registry import table
from sinks.duckdb.changes import Actor

if TYPE_CHECKING:
    from sinks.duckdb.database import Database

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ANN, BOB, NOBODY = (UUID(int=n) for n in (0xA, 0xB, 0xC))
ROOT = Actor("root: by hand", address="10.0.0.7", program="tests")


def rows(name: str, *given: dict[str, Any]) -> pa.Table:
    """Return rows of a table, with the times that they all have."""
    which = table(name)
    stamps = {"created_at": NOW, "updated_at": NOW}
    made = [stamps | each for each in given]
    columns = {n: [row[n] for row in made] for n in made[0]}
    return pa.Table.from_batches([arrow.batch(which, columns)])


def user(key: UUID, **given: Any) -> dict[str, Any]:
    """Return a user, who has no more than they must."""
    name = f"user{key.int}"
    return {"id": key, "email": f"{name}@x", "username": name, "password_hash": "hash"} | given


def value(column: Any, number: int) -> Any:  # noqa: PLR0911
    """Something that every rule allows."""
    kind = column.type
    if kind.words:
        return next(word for word in kind.words if word not in {None, "none"})
    if kind.numpy == "V16":
        return UUID(int=number)
    if kind.name == "address":
        return "::1"
    if kind.name in {"json", "bool"}:
        return "{}" if kind.name == "json" else True
    if pa.types.is_string(kind.arrow):
        return f"{number:x}"
    if pa.types.is_timestamp(kind.arrow):
        return NOW
    if column.name == "audit_retention_days":
        return 1096
    return NOW.date() if pa.types.is_date(kind.arrow) else number


def filled(which: Any, number: int, **given: Any) -> pa.Table:
    """Return a row in which every column that may not be missing has a value."""
    made = {c.name: value(c, number) for c in which.columns if not c.nullable}
    made |= {n: None for n in which.names if n not in made}
    return rows(which.name, made | {"deleted_at": None} | given)


def audit(database: Database, name: str | None = None) -> list[dict[str, Any]]:
    """Return the audit of a table, or all of it, its values read."""
    query = "SELECT * FROM control.main.audit_log WHERE resource_type = coalesce(?, resource_type) ORDER BY created_at, action"
    with database.cursor() as cursor:
        found: list[dict[str, Any]] = cursor.sql(query, params=[name]).to_arrow_table().to_pylist()
    for each in found:
        for side in ("old_values", "new_values"):
            each[side] = each[side] and json.loads(each[side])
    return found


def count(database: Database, name: str) -> int:
    """Return how many rows a control table has."""
    with database.cursor() as cursor:
        return int(cursor.execute(f"SELECT count(*) FROM control.main.{name}").fetchall()[0][0])
