"""Rows of one account beside each other, where a table is read by the account and the year.

Days are appended as they come, so each piece of the file holds a row of every account, and who
asks for one account reads all pieces. ClickHouse's merges sort; here a pass now and then does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schema import duckdb as store
from schema import sql
from schema.registry import TABLES
from sinks.duckdb.database import ARCHIVE, transaction
from sinks.duckdb.turns import TURNS
from sinks.upkeep import Done

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from schema.table import Table
    from sinks.upkeep import Wanted

_STORE: Final = "duckdb"
# Rows of DuckDB's row groups, whose least and greatest values it knows and passes over.
# https://duckdb.org/docs/stable/internals/storage
GROUP: Final = 122_880
# Pieces that rows of one account may lie in: of a table in order two, where a piece ends amid the
# account, and one of what came since. Each further one is read too; a pass writes all rows anew.
MOST_PIECES: Final = 3


def arrange(
    connection: duckdb.DuckDBPyConnection, wanted: Wanted, most: int = MOST_PIECES
) -> list[Done]:
    """Sort the tables that are kept by the year, where it pays; others read and append meanwhile.

    Who changes rows waits for the table that is being sorted.

    Args:
        connection: that sees the tables by their plain names.
        wanted: whether it is only to be said.
        most: pieces that are left as they are.
    """
    done = []
    for table in TABLES.values():
        if _STORE not in table.stores or table.kind != "history" or table.span != "year":
            continue
        # Who comes second looks again: there may be nothing left to do.
        with TURNS[ARCHIVE]:
            pieces = _pieces(connection, table)
            if pieces <= most:
                continue
            rows = _count(connection, table) if wanted.dry_run else _sort(connection, table)
        detail = f"an account's rows lay in {pieces} pieces"
        done.append(
            Done(store=_STORE, table=table.name, action="arrange", rows=rows, detail=detail)
        )
    return done


def _pieces(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    first, target = sql.name(table.order_by[0]), sql.name(store.target(table))
    query = f"SELECT min({first}), max({first}) FROM {target} GROUP BY rowid // {GROUP}"  # noqa: S608
    return deepest(connection.execute(query).fetchall())


def deepest(ranges: Sequence[tuple[object, object]]) -> int:
    """Return how many of the ranges hold one and the same value, at most."""
    ends = sorted(
        (str(value), side) for low, high in ranges for value, side in ((low, 0), (high, 1))
    )
    deep = most = 0
    for _, side in ends:
        deep += -1 if side else 1
        most = max(most, deep)
    return most


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    query = f"SELECT count(*) FROM {sql.name(store.target(table))}"  # noqa: S608 - the registry's
    return int(connection.execute(query).fetchall()[0][0])


def _sort(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Append all rows in order, and take away those that they were; all or nothing.

    The caller has the turn: a row that is updated between the two would be as it was before.
    """
    target, columns = sql.name(store.target(table)), store.columns(table)
    order = sql.names((*table.order_by, table.version))
    with transaction(connection):
        # What others append from here on is not seen, and stays behind.
        last = connection.execute(f"SELECT max(rowid) FROM {target}").fetchall()[0][0]  # noqa: S608
        connection.execute(
            f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {target} ORDER BY {order}"  # noqa: S608
        )
        gone = f"DELETE FROM {target} WHERE rowid <= ?"  # noqa: S608 - the registry's names
        return int(connection.execute(gone, [last]).fetchall()[0][0])
