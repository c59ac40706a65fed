"""The registry in DuckDB's SQL: text only, no driver.

History is appended to `<table>_versions`, without an index, and the plain name is a view of
the current rows. Control and system tables are real tables with keys. The two live in two
files, `duckdb` and `control` (see `schema.migrations`).
"""

from schema import sql
from schema.table import Column, Table

BATCH = "batch"


def target(table: Table) -> str:
    """Return the name of the table that rows are inserted into."""
    return f"{table.name}_versions" if table.kind == "history" else table.name


def columns(table: Table) -> str:
    """Return the column list of selects that must come back in the registry's order."""
    return sql.names(table.names)


def ddl(table: Table) -> list[str]:
    """Return the statements that make a table; empty if it does not live in DuckDB."""
    if "duckdb" not in table.stores:
        return []
    lines = [_column(column) for column in table.columns]
    if table.kind != "history":
        lines.append(f"PRIMARY KEY ({sql.names(table.key)})")
        lines += [f"UNIQUE ({sql.names(unique)})" for unique in table.unique]
        lines += [f"CHECK ({check.condition})" for check in table.checks]
    body = ",\n  ".join(lines)
    made = [f"CREATE TABLE IF NOT EXISTS {sql.name(target(table))} (\n  {body}\n)"]
    if table.kind == "history":
        made.append(_current(table))
    return made


def _column(column: Column) -> str:
    default = "" if column.default is None else f" DEFAULT {sql.literal(column.default)}"
    null = "" if column.nullable else " NOT NULL"
    return f"{sql.name(column.name)} {column.type.duckdb}{default}{null}"


def _current(table: Table) -> str:
    return (
        f"CREATE OR REPLACE VIEW {sql.name(table.name)} AS\n"
        f"SELECT {columns(table)}\nFROM {sql.name(target(table))}\n"
        f"QUALIFY row_number() OVER "
        f"(PARTITION BY {sql.names(table.key)} ORDER BY {sql.name(table.version)} DESC) = 1"
    )


def insert(table: Table, source: str = BATCH) -> str:
    """Return the statement that stores the rows of a registered Arrow batch.

    History is appended; a row of a control or system table replaces the one of its key.

    Args:
        table: The table.
        source: Name under which the batch is registered.
    """
    values = ", ".join(_value(column) for column in table.columns)
    statement = (
        f"INSERT INTO {sql.name(target(table))} ({columns(table)})\n"
        f"SELECT {values} FROM {sql.name(source)}"
    )
    if table.kind == "history":
        return statement
    rest = [name for name in table.names if name not in table.key]
    changes = ", ".join(f"{sql.name(name)} = excluded.{sql.name(name)}" for name in rest)
    return f"{statement}\nON CONFLICT ({sql.names(table.key)}) DO UPDATE SET {changes}"


def _value(column: Column) -> str:
    # A cast from 16 bytes keeps their order; DuckDB has no such cast on its own.
    quoted = sql.name(column.name)
    return f"CAST({quoted} AS UUID)" if column.type.duckdb == "UUID" else quoted
