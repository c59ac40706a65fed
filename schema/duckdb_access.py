"""Readers in DuckDB, which keeps no rows from anybody: the query that stands for a table.

Wherever a reader names a table, `select` of it is put in its place (see `flows.duckdb_reader`).
"""

from schema import duckdb, isolation, sql
from schema.registry import TABLES
from schema.table import Table

# No condition of the reader's passes a LIMIT: one that were tried on rows of others could tell of
# them by the error that it ends with.
_BARRIER = "LIMIT 9223372036854775807"


def places() -> dict[str, Table]:
    """Return the tables of DuckDB that readers see anything of, by each name that they have."""
    found = {}
    for table in TABLES.values():
        if "duckdb" in table.stores and isolation.is_open(table):
            found[table.name] = table
            found[duckdb.target(table)] = table
    return found


def select(place: str, user: str) -> str:
    """Return the query of the rows that a user sees in a table.

    Args:
        place: One of the names of `places`.
        user: The user's id, as a UUID in lower case.
    """
    table = places()[place]
    reader = _reader(user)
    condition = isolation.condition(table, reader)
    columns = sql.names(isolation.columns(table))
    where = f" WHERE {condition}" if condition else ""
    owner = table.owner
    stays = owner is not None and owner.column in (*table.key, *table.order_by)
    if table.kind == "history" and place == table.name and stays:
        # Whose row it is never changes: so only the user's own versions are gone through.
        own = f"(SELECT * FROM {sql.name(duckdb.target(table))}{where})"  # noqa: S608 - registry
        return f"SELECT {columns} FROM {own} {duckdb.newest(table)} {_BARRIER}"  # noqa: S608
    return f"SELECT {columns} FROM {sql.name(place)}{where} {_BARRIER}"  # noqa: S608 - registry


def _reader(user: str) -> isolation.Reader:
    literal = f"CAST({sql.text(user)} AS UUID)"
    keys = {
        name: f"SELECT {sql.name(key)} FROM {sql.name(name)}"  # noqa: S608 - registry
        f" WHERE {isolation.readable(TABLES[name], literal)}"
        for name, key in isolation.NAMED.items()
    }
    keys[isolation.FOLLOWED] = isolation.followed(
        "strategies", "subscriptions", keys["accounts"], literal
    )
    return isolation.Reader(literal, keys)
