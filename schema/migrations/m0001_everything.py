"""0001: every table of the first release, as the registry declares it."""

from schema import clickhouse, duckdb
from schema.registry import TABLES
from schema.table import Table

_KINDS = {
    "duckdb": {"history", "system"},
    "control": {"control", "system"},
    "clickhouse": {"history", "control", "system"},
}


def statements(store: str) -> list[str]:
    """Return the statements for a store."""
    tables: list[Table] = [each for each in TABLES.values() if each.kind in _KINDS[store]]
    build = clickhouse.ddl if store == "clickhouse" else duckdb.ddl
    return [statement for each in tables for statement in build(each)]
