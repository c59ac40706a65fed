"""The first draft of the next migration: what the registry declares, against the last snapshot.

`tradecast schema diff` writes it, and a person reads it before it is released: a column that was
renamed looks like one that is gone and another that is new. What cannot be done without rewriting
a table, or not at all, is a line that keeps the whole from running until somebody has replaced it.

`python -m schema.migrations.draft m0003` freezes a migration that is not released yet.
"""

import sys
from collections.abc import Callable

from schema import clickhouse, duckdb, postgres, postgres_access, postgres_triggers
from schema.migrations import draft_clickhouse, draft_duckdb, draft_postgres, frozen, snapshot
from schema.migrations.difference import Difference, cannot
from schema.registry import TABLES, ordered
from schema.table import Table

KINDS = {
    "duckdb": {"history", "system"},
    "control": {"control", "record", "system"},
    "clickhouse": {"history", "control", "record", "system"},
    "postgres": {"history", "control", "record", "system"},
}
STORES = tuple(KINDS)
_CHANGES: dict[str, Callable[[Difference], list[str]]] = {
    "duckdb": draft_duckdb.changes,
    "control": draft_duckdb.changes,
    "clickhouse": draft_clickhouse.changes,
    "postgres": draft_postgres.changes,
}


def draft(store: str, before: snapshot.Told, tables: dict[str, Table] = TABLES) -> list[str]:
    """Return the statements that bring a store to the registry's tables.

    Args:
        store: One of `STORES`.
        before: Snapshot of the registry that the store's last migration led to.
        tables: The registry.
    """
    lives = "duckdb" if store == "control" else store
    made = [
        cannot(f"table {name}: it was removed or renamed")
        for name, told in before["tables"].items()
        if lives in told["stores"] and told["kind"] in KINDS[store] and name not in tables
    ]
    if store == "postgres":
        # All of them: a function that is made anew has lost where it may look for tables.
        functions = snapshot.functions()
        made += functions if any(_is_new(each, before) for each in functions) else []
    for table in _ours(store, lives, tables):
        told = before["tables"].get(table.name)
        if told is None or lives not in told["stores"]:
            made += _new(store, table)
        else:
            made += _CHANGES[store](Difference(table, told))
    return made


def next_name() -> str:
    """Return the name of the migration after the last one."""
    return f"m{int(snapshot.last()[1:]) + 1:04}"


def freeze(name: str) -> None:
    """Write a migration that is not released yet, for every store, and its snapshot.

    Args:
        name: As `m0003`; it leads on from the snapshot of the one before it.
    """
    before = snapshot.read(f"m{int(name[1:]) - 1:04}")
    for store in STORES:
        statements = draft(store, before)
        if statements:
            frozen.write(name, store, statements)
    snapshot.write(name)


def _ours(store: str, lives: str, tables: dict[str, Table]) -> list[Table]:
    if store == "postgres":
        return ordered(tables, "postgres")
    return [e for e in tables.values() if lives in e.stores and e.kind in KINDS[store]]


def _is_new(statement: str, before: snapshot.Told) -> bool:
    return snapshot.digest(statement) not in before["functions"]


def _new(store: str, table: Table) -> list[str]:
    if store == "clickhouse":
        return clickhouse.ddl(table)
    if store != "postgres":
        return duckdb.ddl(table)
    rules = [*postgres_triggers.triggers(table), *postgres_access.access(table)]
    return [*postgres.ddl(table), *rules]


if __name__ == "__main__":
    freeze(sys.argv[1])
