"""A user forgotten in DuckDB's files, by the process that owns them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

from schema import duckdb as store
from schema.registry import TABLES
from sinks import personal
from sinks.duckdb.database import ARCHIVE, CONTROL, transaction

if TYPE_CHECKING:
    import duckdb

    from schema.table import Table
    from sinks.duckdb.database import Database
    from sinks.personal import Forgetting


def forget(database: Database, which: Forgetting) -> dict[str, int]:
    """Remove or pseudonymise a user's rows; done again, it finds nothing more.

    History comes first: as long as the user stands in the control data, it can be done again.

    Args:
        database: opened for writing.
        which: who, and by what pseudonym.

    Returns:
        How many rows of each table were changed or removed.
    """
    counts: dict[str, int] = {}
    connection = database.cursor()
    try:
        for catalog in (ARCHIVE, CONTROL):
            connection.execute(f"USE {catalog}.main")
            with transaction(connection):
                for table in _of(connection, catalog):
                    counts[table.name] = _forget(connection, table, which)
                if catalog == CONTROL:
                    _record(connection, which, counts)
    finally:
        connection.close()
    return {name: count for name, count in counts.items() if count}


def _of(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[Table]:
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = ?"
    here = {row[0] for row in connection.execute(query, [catalog]).fetchall()}
    return [each for each in TABLES.values() if store.target(each) in here]


def _forget(connection: duckdb.DuckDBPyConnection, table: Table, which: Forgetting) -> int:
    changed = 0
    for statement in personal.statements(table, store.target(table), which):
        changed += int(connection.execute(statement).fetchall()[0][0])
    return changed


def _record(
    connection: duckdb.DuckDBPyConnection, which: Forgetting, counts: dict[str, int]
) -> None:
    """Say in the audit that a user was forgotten, without saying who it was."""
    told = json.dumps({name: count for name, count in counts.items() if count})
    connection.execute(
        "INSERT INTO audit_log (id, actor, action, resource_type, resource_id, new_values)"
        " VALUES (?, 'tradecast forget', 'forget', 'users', ?, ?)",
        [str(uuid4()), which.pseudonym, told],
    )
