"""The first draft of a migration: what a store has, against what the registry declares.

A person reads it before it is released, for it knows names and no meanings: a column that has
got another type, name or default is not seen. `python -m schema.migrations.draft m0002` freezes
a migration that is not released yet, from what those before it make.
"""

import re
import sys
from collections.abc import Collection, Mapping, Sequence

from schema import clickhouse, duckdb, postgres, sql
from schema.migrations import frozen
from schema.registry import TABLES
from schema.table import Column, Table

KINDS = {
    "duckdb": {"history", "system"},
    "control": {"control", "record", "system"},
    "clickhouse": {"history", "control", "record", "system"},
}
Known = Mapping[str, Collection[str]]


def draft(store: str, known: Known) -> list[str]:
    """Return the statements that bring a store to the registry's tables.

    Args:
        store: One of `migrations.STORES`.
        known: Names of columns by name of table, as the store has them now.
    """
    if store == "postgres":
        if known:
            raise NotImplementedError("PostgreSQL's tables are only made, and not changed, yet")
        return postgres.everything()
    ours = [each for each in TABLES.values() if each.kind in KINDS[store]]
    changes = _clickhouse if store == "clickhouse" else _duckdb
    return [statement for each in ours for statement in changes(each, known)]


def known(statements: Sequence[str]) -> dict[str, list[str]]:
    """Return names of columns by name of table, as statements of migrations make them."""
    found: dict[str, list[str]] = {}
    for statement in statements:
        named = re.match(r'(CREATE TABLE IF NOT EXISTS|ALTER TABLE) "(\w+)"', statement)
        if named is None:
            continue
        if named[1] == "ALTER TABLE":
            added = re.findall(r'ADD COLUMN IF NOT EXISTS "(\w+)"', statement)
            found.setdefault(named[2], []).extend(added)
        else:
            found[named[2]] = re.findall(r'^  "(\w+)" ', statement, re.MULTILINE)
    return found


def freeze(name: str) -> None:
    """Write a migration that is not released yet, for every store.

    Args:
        name: As `m0002`; those before it are taken as they are frozen.
    """
    for store in (*KINDS, "postgres"):
        earlier = [file.name.partition("_")[0] for file in frozen.HERE.glob(f"m*_{store}.sql")]
        before = [s for each in sorted(earlier) if each < name for s in frozen.read(each, store)]
        frozen.write(name, store, draft(store, known(before)))


def _new(table: Table, has: Collection[str]) -> list[Column]:
    return [column for column in table.columns if column.name not in has]


def _clickhouse(table: Table, known: Known) -> list[str]:
    if "clickhouse" not in table.stores:
        return []
    name = clickhouse.target(table)
    if name not in known:
        return clickhouse.ddl(table)
    new = _new(table, known[name])
    changes = [f"ADD COLUMN IF NOT EXISTS {clickhouse.column_line(column)}" for column in new]
    # Of metadata alone: rows that are there are neither read nor checked.
    changes += [
        f"ADD CONSTRAINT IF NOT EXISTS {sql.name(rule)} CHECK {test}"
        for rule, test in clickhouse.constraints(table)
    ]
    changed = [f"ALTER TABLE {sql.name(name)}\n  " + ",\n  ".join(changes)] if changes else []
    return changed + (clickhouse.views(table) if new else [])


def _duckdb(table: Table, known: Known) -> list[str]:
    if "duckdb" not in table.stores:
        return []
    name = duckdb.target(table)
    if name not in known:
        return duckdb.ddl(table)
    new = _new(table, known[name])
    made = [statement for column in new for statement in duckdb.add_column(table, column)]
    if table.kind == "control":
        # Checks cannot be added to a table: it is made anew, and these are small.
        made += duckdb.rebuild(table)
    else:
        made += [duckdb.set_fill(table, each) for each in table.columns if each.fill]
    return made + (duckdb.views(table) if new else [])


if __name__ == "__main__":
    freeze(sys.argv[1])
