"""The draft of a migration of DuckDB's two files; it runs in one transaction."""

from __future__ import annotations

from schema import duckdb, sql
from schema.migrations.difference import Difference, cannot, words_only_added
from schema.table import Column

_PLACEMENT = ("key", "version")
_WIDER = {("INTEGER", "BIGINT"), ("DECIMAL(18, 8)", "DECIMAL(38, 8)")}


def changes(found: Difference) -> list[str]:
    """Return the statements that bring a table to what it is now."""
    table = found.table
    made = found.lost(_PLACEMENT)
    made += [each for column in found.kept for each in _unlike(found, column)]
    if made:
        return made
    made = [each for column in found.added for each in duckdb.add_column(table, column)]
    if table.kind in {"control", "record"}:
        # Checks, keys and defaults cannot be changed in a table: it is made anew, and is small.
        return [*made, *duckdb.rebuild(table)] if made or _is_other(found) else []
    for column in found.kept:
        if found.differs(column, "duckdb"):
            made.append(duckdb.set_type(table, column))
        if found.differs(column, "default", "fill"):
            made.append(duckdb.set_default(table, column))
        if found.differs(column, "nullable"):
            name = f"{sql.name(duckdb.target(table))} ALTER COLUMN {sql.name(column.name)}"
            made.append(f"ALTER TABLE {name} DROP NOT NULL")
    return [*made, *duckdb.views(table)] if made or found.changed("duckdb_views") else []


def _is_other(found: Difference) -> bool:
    whole = any(found.changed(each) for each in ("checks", "unique"))
    parts = ("duckdb", "default", "fill", "nullable", "length")
    return whole or any(found.differs(column, *parts) for column in found.kept)


def _unlike(found: Difference, column: Column) -> list[str]:
    was, now = found.was(column), found.now(column)
    where = f"table {found.table.name}, column {column.name}"
    made = []
    if was["duckdb"] != now["duckdb"]:
        wider = (was["duckdb"], now["duckdb"]) in _WIDER or words_only_added(was, now)
        if not wider:
            made.append(cannot(f"{where}: {was['duckdb']} does not widen to {now['duckdb']}"))
    if was["nullable"] and not now["nullable"]:
        made.append(cannot(f"{where}: rows may lack a value, and none may any more"))
    if 0 < now["length"] < (was["length"] or now["length"] + 1):
        made.append(cannot(f"{where}: rows may be longer than {now['length']} characters"))
    return made
