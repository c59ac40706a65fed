"""What forgetting a user comes to in the control database: rows that stay, and keys that go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from schema import arrow, sql
from schema.registry import TABLES
from sinks import personal

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from schema.table import Table
    from sinks.personal import Forgetting


def rows(
    cursor: duckdb.DuckDBPyConnection, which: Forgetting, version: int, moment: datetime
) -> dict[str, pa.Table]:
    """Return a user's rows that stay, as they are to be: changes of what is stored.

    Args:
        cursor: of the control database.
        which: who is forgotten.
        version: of the configuration that takes the rows out.
        moment: when.
    """
    now = f"TIMESTAMPTZ '{moment:%Y-%m-%d %H:%M:%S.%f}+00'"
    found = {}
    for table in _changing("pseudonymised"):
        if mine := personal.own(table, which.person):
            new = personal.tombstone(table, which, version, now)
            values = ", ".join(
                f"CAST({new[c.name]} AS {c.type.duckdb}) AS {sql.name(c.name)}"
                if c.name in new
                else sql.name(c.name)
                for c in table.columns
            )
            query = f"SELECT {values} FROM {sql.name(table.name)} WHERE {mine}"  # noqa: S608
            made = cursor.sql(query).to_arrow_table()
            found[table.name] = pa.Table.from_batches([arrow.conform(table, made)])
    return {name: each for name, each in found.items() if each.num_rows}


def keys(cursor: duckdb.DuckDBPyConnection, which: Forgetting) -> dict[str, list[str]]:
    """Return the keys of rows that go: the user's own business, and the user.

    What stays has another owner by then; so nothing but these goes with the user.
    """
    found = {}
    for table in (*_changing("removed"), TABLES["users"]):
        if mine := personal.own(table, which.person):
            (key,) = table.key
            query = f"SELECT CAST({sql.name(key)} AS VARCHAR) FROM {sql.name(table.name)}"  # noqa: S608
            found[table.name] = [
                each for (each,) in cursor.execute(f"{query} WHERE {mine}").fetchall()
            ]
    return {name: each for name, each in found.items() if each}


def _changing(fate: personal.Fate) -> list[Table]:
    return [
        each
        for each in TABLES.values()
        if each.audited and "duckdb" in each.stores and personal.fate(each) == fate
    ]
