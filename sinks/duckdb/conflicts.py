"""Rows of a batch that do not go together with what is stored, or with each other.

Each is asked for once the batch is in `duckdb_changes.GIVEN`, in a transaction of the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from schema import duckdb_changes

if TYPE_CHECKING:
    import duckdb

    from schema.table import Table

# Place in the batch, columns, and why it is refused.
Conflict = tuple[int, tuple[str, ...], str]
Find = Callable[["duckdb.DuckDBPyConnection", "Table"], list[Conflict]]


def stale(cursor: duckdb.DuckDBPyConnection, which: Table) -> list[Conflict]:
    """Return rows that are no newer than what is stored."""
    says = "it is not above version {}, which is stored: somebody else changed the row"
    found = _rows(cursor, duckdb_changes.stale(which))
    return [(row, (which.version,), says.format(stored)) for row, _, stored in found]


def doubled(cursor: duckdb.DuckDBPyConnection, which: Table) -> list[Conflict]:
    """Return rows that share a key with another."""
    return [
        (row, unique, "another row has it, and it is unique")
        for unique in (which.key, *which.unique)
        for (row,) in _rows(cursor, duckdb_changes.doubled(which, unique))
    ]


def orphans(cursor: duckdb.DuckDBPyConnection, which: Table) -> list[Conflict]:
    """Return rows that refer to what is not there."""
    return [
        (row, each.columns, f"{each.table} has no such row, and it refers to one")
        for each in which.references
        for (row,) in _rows(cursor, duckdb_changes.orphans(which, each))
    ]


# A row that is refused may be the one that another needs: they are asked for in this order, each
# until it finds none.
FINDS: Final[tuple[Find, ...]] = (stale, doubled, orphans)


def _rows(cursor: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = cursor.execute(query).fetchall()
    return found
