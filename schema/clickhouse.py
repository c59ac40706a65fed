"""The registry in ClickHouse's SQL: text only, no driver.

History is a Replacing table under its plain name (the embedded profile reads it with
`final = 1`) and a view `<table>_current` that says FINAL itself. Of control tables every
version is kept in `<table>_versions`; both the plain name and `<table>_current` show the
rows that hold now.
"""

from schema import sql
from schema.table import Column, Table


def target(table: Table) -> str:
    """Return the name of the table that rows are inserted into."""
    return f"{table.name}_versions" if table.kind == "control" else table.name


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
    control = table.kind == "control"
    views = (table.name, f"{table.name}_current") if control else (f"{table.name}_current",)
    select = _current_of_versions(table) if control else _final(table)
    return [
        _create(table),
        *(f"CREATE OR REPLACE VIEW {sql.name(view)} AS\n{select}" for view in views),
    ]


def _create(table: Table) -> str:
    lines = [_column(column) for column in table.columns]
    lines += [_known(column) for column in table.columns if column.type.closed]
    # Every version of a control row stays: the version is part of what names it.
    order = (*table.order_by, table.version) if table.kind == "control" else table.order_by
    clauses = [f"ENGINE = ReplacingMergeTree({sql.name(table.version)})"]
    if table.time is not None:
        clauses.append(f"PARTITION BY toYYYYMM({sql.name(table.time)})")
    clauses.append(f"ORDER BY ({sql.names(order)})")
    if table.ttl_days is not None:
        clauses.append(
            f"TTL toDateTime({sql.name(table.time or '')}) + toIntervalDay({table.ttl_days})"
        )
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


def _column(column: Column) -> str:
    parts = [sql.name(column.name), _type(column)]
    if column.default is not None:
        parts.append(f"DEFAULT {sql.literal(column.default)}")
    parts.append(f"COMMENT {sql.text(sql.comment(column))}")
    if column.type.codec:
        parts.append(f"CODEC({column.type.codec})")
    return " ".join(parts)


def _known(column: Column) -> str:
    # The server holds it; chdb passes it over in inserts that are streamed into it.
    words = ", ".join(sql.text(word) for word in column.type.words if word is not None)
    test = f"{sql.name(column.name)} IN ({words})"
    if column.nullable:
        test = f"{sql.name(column.name)} IS NULL OR {test}"
    return f"CONSTRAINT {sql.name(column.name + '_known')} CHECK {test}"


def _final(table: Table) -> str:
    return f"SELECT {columns(table)}\nFROM {sql.name(target(table))} FINAL"


def _current_of_versions(table: Table) -> str:
    newest = f"ORDER BY {sql.name(table.version)} DESC LIMIT 1 BY {sql.names(table.key)}"
    source = f"(SELECT * FROM {sql.name(target(table))} FINAL {newest})"  # noqa: S608 - names of the registry
    return f"SELECT {columns(table)}\nFROM {source}\nWHERE {sql.name('deleted_at')} IS NULL"
