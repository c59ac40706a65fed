"""The draft of a migration of PostgreSQL: no statement rewrites a table or locks it for long.

A check or a reference is added NOT VALID, which looks at no row, and validated afterwards, while
others write; an index is built CONCURRENTLY. `sinks.postgres` runs each of them as it has to be.
Each statement may be run again.
"""

from __future__ import annotations

import re

from schema import postgres, postgres_access, postgres_triggers, sql
from schema.migrations.difference import Difference, cannot
from schema.table import Column, Reference, Table

_PLACEMENT = ("key", "time", "version", "partitioned")
_VARCHAR = re.compile(r"VARCHAR\((\d+)\)\Z")


def changes(found: Difference) -> list[str]:
    """Return the statements that bring a table to what it is now."""
    table = found.table
    made = found.lost(_PLACEMENT)
    made += [each for column in found.kept for each in _unlike(found, column)]
    made += [each for column in found.added for each in _too_new(table, column)]
    if table.partitioned and found.changed("indices"):
        made.append(cannot(f"table {table.name}: an index of partitions is built one by one"))
    if made:
        return made
    made = [
        f"{_alter(table)} ADD COLUMN IF NOT EXISTS {postgres.column_line(column)}"
        for column in found.added
    ]
    made += [postgres.describe(table, column) for column in found.added]
    made += [each for column in found.kept for each in _column(found, column)]
    new, gone = found.named("postgres_constraints")
    made += [
        each for name, test in new.items() for each in _checked(table, name, f"CHECK ({test})")
    ]
    made += [_dropped(table, name) for name in gone]
    made += _references(found) + _unique(found) + _indices(found)
    if found.changed("postgres_rules"):
        made += [*postgres_triggers.triggers(table), *postgres_access.access(table)]
    return made


def _alter(table: Table) -> str:
    return f"ALTER TABLE {sql.name(table.name)}"


def _dropped(table: Table, name: str) -> str:
    return f"{_alter(table)} DROP CONSTRAINT IF EXISTS {sql.name(name)}"


def _checked(table: Table, name: str, rule: str) -> list[str]:
    added = f"ADD CONSTRAINT {sql.name(name)} {rule} NOT VALID"
    return [
        f"{_dropped(table, name)}, {added}",
        f"{_alter(table)} VALIDATE CONSTRAINT {sql.name(name)}",
    ]


def _column(found: Difference, column: Column) -> list[str]:
    table, quoted = found.table, sql.name(column.name)
    made = []
    if found.differs(column, "postgres"):
        made.append(f"{_alter(table)} ALTER COLUMN {quoted} TYPE {column.type.postgres}")
    if found.differs(column, "default", "fill"):
        line = postgres.default(column)
        set_ = f"SET{line}" if line else "DROP DEFAULT"
        made.append(f"{_alter(table)} ALTER COLUMN {quoted} {set_}")
    if found.differs(column, "nullable"):
        if column.nullable:
            made.append(f"{_alter(table)} ALTER COLUMN {quoted} DROP NOT NULL")
        else:
            # PostgreSQL takes a valid check as its proof, and does not look at each row again.
            proof = f"{column.name}_there"
            made += _checked(table, proof, f"CHECK ({quoted} IS NOT NULL)")
            made.append(f"{_alter(table)} ALTER COLUMN {quoted} SET NOT NULL")
            made.append(_dropped(table, proof))
    return made


def _references(found: Difference) -> list[str]:
    table = found.table
    was = [(tuple(columns), *rest) for columns, *rest in found.before["references"]]
    now = {(each.columns, each.table, each.on_delete): each for each in table.references}
    gone = [_dropped(table, _key_name(table, each[0])) for each in was if each not in now]
    new = [each for known, each in now.items() if known not in was]
    return gone + [one for each in new for one in _referred(table, each)]


def _referred(table: Table, each: Reference) -> list[str]:
    return _checked(table, _key_name(table, each.columns), postgres.reference(each))


def _key_name(table: Table, columns: tuple[str, ...], end: str = "fkey") -> str:
    """The name that PostgreSQL itself gives a key."""
    return "_".join([table.name, *columns, end])


def _unique(found: Difference) -> list[str]:
    table = found.table
    was, now = found.before["unique"], [list(unique) for unique in table.unique]
    made = [_dropped(table, _key_name(table, tuple(u), "key")) for u in was if u not in now]
    for unique in (tuple(each) for each in now if each not in was):
        name = _key_name(table, unique, "key")
        made.append(
            f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {sql.name(name)}"
            f" ON {sql.name(table.name)} ({sql.names(unique)})"
        )
        made.append(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint"
            f" WHERE conname = {sql.text(name)}) THEN {_alter(table)}"
            f" ADD CONSTRAINT {sql.name(name)} UNIQUE USING INDEX {sql.name(name)}; END IF; END $$"
        )
    return made


def _indices(found: Difference) -> list[str]:
    was, now = found.before["indices"], found.after["indices"]
    made = [
        f"DROP INDEX CONCURRENTLY IF EXISTS {sql.name(each.split(chr(34))[1])}"
        for each in was
        if each not in now
    ]
    return made + [
        each.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)
        for each in now
        if each not in was
    ]


def _too_new(table: Table, column: Column) -> list[str]:
    where = f"table {table.name}, column {column.name}"
    if column.fill == "id":
        return [cannot(f"{where}: an id for each row that is there rewrites the table")]
    if not column.nullable and column.default is None and not column.fill:
        return [cannot(f"{where}: rows that are there need a value, and it has no default")]
    return []


def _unlike(found: Difference, column: Column) -> list[str]:
    was, now = found.was(column)["postgres"], found.now(column)["postgres"]
    if was == now or _widens(was, now):
        return []
    where = f"table {found.table.name}, column {column.name}"
    return [cannot(f"{where}: {was} to {now} rewrites the table; add a column, and fill it")]


def _widens(was: str, now: str) -> bool:
    """Whether a type takes all values of another as they are stored."""
    short, long = _VARCHAR.match(was), _VARCHAR.match(now)
    if short is None:
        return (was, now) == ("NUMERIC(18, 8)", "NUMERIC(38, 8)")
    return now == "TEXT" or (long is not None and int(long[1]) >= int(short[1]))
