"""A user forgotten in DuckDB's files: what becomes of their rows, found before anything changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import duckdb as store
from schema.registry import TABLES
from sinks import personal
from sinks.duckdb.changes import Actor
from sinks.duckdb.database import ARCHIVE, transaction
from sinks.duckdb.turns import TURNS

if TYPE_CHECKING:
    import duckdb

    from schema.table import Table
    from sinks.duckdb.control import Control
    from sinks.duckdb.database import Database
    from sinks.personal import Forgetting

BY = Actor("tradecast forget", program="tradecast")


def forget(database: Database, control: Control, which: Forgetting) -> dict[str, int]:
    """Remove or pseudonymise a user's rows; done again, it finds nothing more.

    History comes first: as long as the user stands in the control data, it can be done again.

    Args:
        database: opened for writing.
        control: of it.
        which: who, and by what pseudonym.

    Returns:
        How many rows of each table were changed or removed.

    Raises:
        ControlRefused: the control data is as it was.
    """
    counts: dict[str, int] = {}
    connection = database.cursor()
    try:
        connection.execute(f"USE {ARCHIVE}.main")
        with TURNS[ARCHIVE], transaction(connection):
            for table in TABLES.values():
                if table.kind == "history" and "duckdb" in table.stores:
                    counts[table.name] = _in_history(connection, table, which)
    finally:
        connection.close()
    done = control.forget(which, BY)
    for table in TABLES.values():
        # Who is forgotten comes back under another key: one row that was written, and one gone.
        gone = done.deleted.get(table.name, 0) if personal.fate(table) == "removed" else 0
        counts[table.name] = counts.get(table.name, 0) + gone + done.written.get(table.name, 0)
    return {name: count for name, count in counts.items() if count}


def _in_history(connection: duckdb.DuckDBPyConnection, table: Table, which: Forgetting) -> int:
    changed = 0
    for statement in personal.of_history(table, store.target(table), which):
        changed += int(connection.execute(statement).fetchall()[0][0])
    return changed
