"""The registry in ClickHouse's SQL: text only, no driver.

History is a Replacing table under its plain name (the embedded profile reads it with
`final = 1`) and a view `<table>_current` that says FINAL itself. Of control tables and records
every version is kept in `<table>_versions`; both the plain name and `<table>_current` show the
rows that hold now.
"""

import re

from schema import sql
from schema.table import Column, Expiry, Table

_FILL = {"id": "generateUUIDv4()", "now": "now64(6, 'UTC')"}
_GONE = "REMOVE DEFAULT"
_REMOVAL = re.compile(rf'ALTER TABLE "(\w+)" MODIFY COLUMN "(\w+)" {_GONE}')
_SPAN = {"month": "toYYYYMM", "year": "toYear"}


def keeps_versions(table: Table) -> bool:
    """Return whether every version of a row stays, so that the plain name is a view."""
    return table.kind in {"control", "record"}


def target(table: Table) -> str:
    """Return the name of the table that rows are inserted into."""
    return f"{table.name}_versions" if keeps_versions(table) else table.name


def columns(table: Table) -> str:
    """Return the column list of inserts and selects, in the registry's order."""
    return sql.names(table.names)


def types(table: Table) -> list[str]:
    """Return the type of each column, in the registry's order."""
    return [_type(column) for column in table.columns]


def insert(table: Table) -> str:
    """Return the statement whose data is an Arrow IPC stream of batches of the table."""
    return f"INSERT INTO {sql.name(target(table))} ({columns(table)}) FORMAT ArrowStream"


def ddl(table: Table) -> list[str]:
    """Return the statements that make a table; empty if it does not live in ClickHouse."""
    if "clickhouse" not in table.stores:
        return []
    return [create(table), *views(table)]


def views(table: Table) -> list[str]:
    """Return the statements that make, or make anew, the views of a table."""
    kept = keeps_versions(table)
    names = (table.name, f"{table.name}_current") if kept else (f"{table.name}_current",)
    select = _current_of_versions(table) if kept else _final(table)
    return [f"CREATE OR REPLACE VIEW {sql.name(view)} AS\n{select}" for view in names]


def create(table: Table) -> str:
    """Return the statement that makes the table that rows are inserted into."""
    lines = [column_line(column) for column in table.columns]
    lines += [f"CONSTRAINT {sql.name(name)} CHECK {test}" for name, test in constraints(table)]
    # Every version of a control row stays: the version is part of what names it.
    order = (*table.order_by, table.version) if keeps_versions(table) else table.order_by
    clauses = [f"ENGINE = ReplacingMergeTree({sql.name(table.version)})"]
    if table.time is not None:
        clauses.append(f"PARTITION BY {_SPAN[table.span]}({sql.name(table.time)})")
    clauses.append(f"ORDER BY ({sql.names(order)})")
    clauses += filter(None, [expiry(table)])
    body = ",\n  ".join(lines)
    placement = "\n".join(clauses)
    return (
        f"CREATE TABLE IF NOT EXISTS {sql.name(target(table))} (\n  {body}\n)\n{placement}\n"
        f"COMMENT {sql.text(table.purpose)}"
    )


def _type(column: Column) -> str:
    kind = column.type.clickhouse
    if column.nullable:
        kind = f"Nullable({kind})"
    return f"LowCardinality({kind})" if column.type.low else kind


def _expiries(table: Table) -> tuple[Expiry, ...]:
    whole = () if table.ttl_days is None else (Expiry(table.ttl_days),)
    return (*whole, *table.expiries)


def _expiry(table: Table, expiry: Expiry) -> str:
    after = f"toDateTime({sql.name(table.time or '')}) + toIntervalDay({expiry.days})"
    return f"{after} DELETE WHERE {expiry.condition}" if expiry.condition else after


def column_line(column: Column) -> str:
    """Return how a column is declared."""
    parts = [sql.name(column.name), _type(column), *filter(None, [default(column)])]
    parts.append(f"COMMENT {sql.text(sql.comment(column))}")
    if column.type.codec:
        parts.append(f"CODEC({column.type.codec})")
    return " ".join(parts)


def default(column: Column) -> str:
    """Return the default of a column, empty if it has none."""
    if column.fill:
        return f"DEFAULT {_FILL[column.fill]}"
    return "" if column.default is None else f"DEFAULT {sql.literal(column.default)}"


def turn(name: str, holder: str) -> str:
    """Return the statement that takes a turn to migrate, or fails where somebody has it."""
    return f"CREATE TABLE {name} (holder String) ENGINE = Null COMMENT {sql.text(holder)}"


def remove_default(table: Table, column: Column) -> str:
    """Return the statement that takes a default from a column; `removed_default` reads it."""
    return f"ALTER TABLE {sql.name(target(table))} MODIFY COLUMN {sql.name(column.name)} {_GONE}"


def removed_default(statement: str) -> tuple[str, str] | None:
    """Return table and column of a statement that takes a default away, None of any other.

    ClickHouse refuses it where there is no default any more, and knows no IF EXISTS for it.
    """
    found = _REMOVAL.fullmatch(statement)
    return (found[1], found[2]) if found else None


def expiry(table: Table) -> str:
    """Return when rows of a table go, empty if they stay."""
    expiries = [_expiry(table, each) for each in _expiries(table)]
    return f"TTL {', '.join(expiries)}" if expiries else ""


def constraints(table: Table) -> list[tuple[str, str]]:
    """Return name and condition of each constraint of a table.

    A server holds them; chdb passes them over in inserts that are streamed into it.
    """
    found = [(f"{each.name}_known", _known(each)) for each in table.columns if each.type.closed]
    finite = [_finite(each) for each in table.columns if each.type.clickhouse == "Float64"]
    if finite:
        found.append(("figures_finite", " AND ".join(finite)))
    # What is not known breaks no rule; ClickHouse would refuse a condition that is null.
    return [*found, *((each.name, f"ifNull({each.condition}, true)") for each in table.checks)]


def _finite(column: Column) -> str:
    test = f"isFinite({sql.name(column.name)})"
    return f"ifNull({test}, true)" if column.nullable else test


def _known(column: Column) -> str:
    words = ", ".join(sql.text(word) for word in column.type.words if word is not None)
    test = f"{sql.name(column.name)} IN ({words})"
    if column.nullable:
        return f"{sql.name(column.name)} IS NULL OR {test}"
    return test


def _final(table: Table) -> str:
    return f"SELECT {columns(table)}\nFROM {sql.name(target(table))} FINAL"


def _current_of_versions(table: Table) -> str:
    newest = f"ORDER BY {sql.name(table.version)} DESC LIMIT 1 BY {sql.names(table.key)}"
    source = f"(SELECT * FROM {sql.name(target(table))} FINAL {newest})"  # noqa: S608 - names of the registry
    select = f"SELECT {columns(table)}\nFROM {source}"
    gone = "deleted_at" in table.names
    return f"{select}\nWHERE {sql.name('deleted_at')} IS NULL" if gone else select
