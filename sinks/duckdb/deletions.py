"""What goes with a row that is deleted, found before anything is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema import duckdb_changes
from schema.row_rules import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from schema.table import Reference, Table


@dataclass
class Plan:
    """What deleting some rows comes to.

    Attributes:
        deleted: table and keys, what refers to others before them.
        emptied: table, column and keys of rows that forget what they referred to.
        forgets_users: keys of users whom the audit no longer refers to.
        refused: why it may not be.
    """

    deleted: list[tuple[Table, list[str]]] = field(default_factory=list)
    emptied: list[tuple[Table, str, list[str]]] = field(default_factory=list)
    forgets_users: list[str] = field(default_factory=list)
    refused: Refusal | None = None


def plan(
    cursor: duckdb.DuckDBPyConnection,
    which: Table,
    keys: Sequence[str],
    doomed: set[tuple[str, str]],
) -> Plan:
    """Return what deleting rows comes to; nothing is changed.

    A row that is referred to with `restrict` stays although the row that refers would go by
    another way: PostgreSQL decides that by the order of its triggers.

    Args:
        cursor: of the control database, in a transaction.
        which: table of the rows.
        keys: theirs, as texts; those that are not there are passed over.
        doomed: tables and keys of rows that this transaction has deleted.
    """
    found = Plan()
    _follow(cursor, which, list(keys), found)
    going = doomed | {(table.name, key) for table, some in found.deleted for key in some}
    found.emptied = [
        (table, column, kept)
        for table, column, some in found.emptied
        if (kept := [key for key in some if (table.name, key) not in going])
    ]
    return found


def _follow(cursor: duckdb.DuckDBPyConnection, which: Table, keys: list[str], found: Plan) -> None:
    cursor.execute(duckdb_changes.gone(which), {"keys": keys})
    there = [str(key) for (key,) in cursor.execute(duckdb_changes.stored(which)).fetchall()]
    known = {key for table, some in found.deleted if table is which for key in some}
    there = [key for key in there if key not in known]
    if not there:
        return
    for child, reference in duckdb_changes.referring(which):
        # Following one child has filled the table of keys with others.
        cursor.execute(duckdb_changes.gone(which), {"keys": there})
        rows = cursor.execute(duckdb_changes.children(child, reference)).fetchall()
        if rows:
            _meet(cursor, child, reference, rows, found)
    if which.name == "users":
        found.forgets_users += there
    found.deleted.append((which, there))


def _meet(
    cursor: duckdb.DuckDBPyConnection,
    child: Table,
    reference: Reference,
    rows: list[tuple[object, ...]],
    found: Plan,
) -> None:
    keys = [str(key) for key, _ in rows]
    if reference.on_delete == "restrict":
        says = f"row {keys[0]} of {child.name} refers to it (on delete restrict)"
        target = reference.table
        found.refused = found.refused or Refusal(target, 0, "key", str(rows[0][1]), says)
    elif child is duckdb_changes.LOG:
        return  # forgets its users in one go
    elif reference.on_delete == "cascade":
        _follow(cursor, child, keys, found)
    else:
        (column,) = reference.columns
        found.emptied.append((child, column, keys))
