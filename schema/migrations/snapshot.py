"""What the registry says at one moment, as plain values: the next migration is the difference.

Each migration is frozen together with the snapshot of the registry that it leads to, so that the
next draft needs no database and no guess.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from schema import clickhouse, duckdb, postgres, postgres_access, postgres_triggers, sql
from schema.migrations.frozen import HERE
from schema.registry import TABLES
from schema.table import Column, Table

Told = dict[str, Any]


def take(tables: Mapping[str, Table] = TABLES) -> Told:
    """Return the snapshot of a registry."""
    return {
        "functions": sorted(map(digest, functions())),
        "tables": {name: table(each) for name, each in tables.items() if each.kind != "live"},
    }


def table(each: Table) -> Told:
    """Return what a table is, as far as a store has to know."""
    spelled = zip(each.columns, clickhouse.types(each), strict=True)
    rules = [*postgres_access.access(each), *postgres_triggers.triggers(each)]
    return {
        "kind": each.kind,
        "stores": sorted(each.stores - {"redis"}),
        "columns": {column.name: _column(column, kind) for column, kind in spelled},
        "placement": {
            "key": list(each.key),
            "order_by": list(each.order_by),
            "time": each.time,
            "span": each.span,
            "version": each.version,
            "partitioned": each.partitioned,
            "append_only": each.append_only,
        },
        "expiry": [each.ttl_days, [[one.days, one.condition] for one in each.expiries]],
        "unique": [list(unique) for unique in each.unique],
        "references": [[list(r.columns), r.table, r.on_delete] for r in each.references],
        "checks": {check.name: check.condition for check in each.checks},
        "duckdb_views": digest("\n".join(duckdb.views(each))),
        "clickhouse_constraints": dict(clickhouse.constraints(each)),
        "postgres_constraints": dict(postgres.constraints(each)),
        "indices": postgres.indices(each) if "postgres" in each.stores else [],
        "postgres_rules": digest("\n".join(rules)) if "postgres" in each.stores else "",
    }


def read(migration: str) -> Told:
    """Return the snapshot that a migration was frozen with."""
    told: Told = msgspec.json.decode(_file(migration).read_bytes())
    return told


def write(migration: str) -> None:
    """Keep the snapshot of the registry as it is with a migration."""
    told = take()
    # A line for each table, so that a difference can be read.
    lines = [f"{_text(name)}: {_text(each)}" for name, each in told["tables"].items()]
    tables = ",\n".join(lines)
    text = f'{{"functions": {_text(told["functions"])},\n"tables": {{\n{tables}\n}}}}\n'
    _file(migration).write_text(text, encoding="utf-8")


def last() -> str:
    """Return the last migration that has a snapshot, as `m0002`."""
    return max(file.name.partition("_")[0] for file in HERE.glob("m*_registry.json"))


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _file(migration: str) -> Any:
    return HERE / f"{migration}_registry.json"


def functions() -> list[str]:
    """Return the statements that make PostgreSQL's functions."""
    user = [postgres_access.user_function(), *postgres.partitioning()]
    return [*user, *postgres_triggers.functions()]


def _column(column: Column, clickhouse_type: str) -> Told:
    kind = column.type
    return {
        "type": kind.name,
        "duckdb": kind.duckdb,
        "clickhouse": clickhouse_type,
        "postgres": kind.postgres,
        "nullable": column.nullable,
        "default": "" if column.default is None else sql.literal(column.default),
        "fill": column.fill,
        "words": [word for word in kind.words if word is not None] if kind.closed else [],
        "length": kind.length,
    }


def digest(text: str) -> str:
    """Return a short mark of a statement."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
