"""The registry in DuckDB's SQL: text only, no driver.

History is appended to `<table>_versions`, without an index or a check, and the plain name is
a view of the current rows: its writer keeps its rules. Control and system tables and records
are real tables with keys and checks; foreign keys are not declared, for DuckDB would refuse
to change a row that others name. The two live in two files, `duckdb` and `control` (see
`schema.migrations`).
"""

from schema import sql
from schema.table import Column, Table

BATCH = "batch"
_FILL = {"id": "gen_random_uuid()", "now": "now()"}


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
    return [create(table), *views(table)]


def create(table: Table) -> str:
    """Return the statement that makes the table that rows are inserted into."""
    lines = [_column(column) for column in table.columns]
    if table.kind != "history":
        lines.append(f"PRIMARY KEY ({sql.names(table.key)})")
        lines += [f"UNIQUE ({sql.names(unique)})" for unique in table.unique]
        lines += [f"CHECK ({check.condition})" for check in table.checks]
    if table.kind in {"control", "record"}:
        lines += [f"CHECK ({test})" for column in table.columns for test in _limits(column)]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {sql.name(target(table))} (\n  {body}\n)"


def views(table: Table) -> list[str]:
    """Return the statements that make, or make anew, the views of a table."""
    return [_current(table)] if table.kind == "history" else []


def add_column(table: Table, column: Column) -> list[str]:
    """Return the statements that bring a column to a table that is there."""
    target_, quoted = sql.name(target(table)), sql.name(column.name)
    # DuckDB adds columns without a constraint only.
    line = _column(column).removesuffix(" NOT NULL")
    made = [f"ALTER TABLE {target_} ADD COLUMN IF NOT EXISTS {line}"]
    if column.nullable or table.kind != "history":
        return made
    return [*made, f"ALTER TABLE {target_} ALTER COLUMN {quoted} SET NOT NULL"]


def set_default(table: Table, column: Column) -> str:
    """Return the statement that gives a column that is there the default that it has now."""
    line = _default(column)
    set_ = f"SET{line}" if line else "DROP DEFAULT"
    return f"ALTER TABLE {sql.name(target(table))} ALTER COLUMN {sql.name(column.name)} {set_}"


def set_type(table: Table, column: Column) -> str:
    """Return the statement that gives a column that is there the type that it has now."""
    target_, quoted = sql.name(target(table)), sql.name(column.name)
    return f"ALTER TABLE {target_} ALTER COLUMN {quoted} SET DATA TYPE {column.type.duckdb}"


def rebuild(table: Table) -> list[str]:
    """Return the statements that give a table the registry's keys and checks, and keep its rows."""
    name, before = sql.name(table.name), sql.name(f"{table.name}_before")
    # A word of one ENUM is none of another until it is cast.
    kept = ", ".join(
        f"CAST({sql.name(c.name)} AS {c.type.duckdb})" if c.type.closed else sql.name(c.name)
        for c in table.columns
    )
    return [
        f"DROP TABLE IF EXISTS {before}",
        f"CREATE TABLE {before} AS FROM {name}",
        f"DROP TABLE {name}",
        create(table),
        f"INSERT INTO {name} ({columns(table)}) SELECT {kept} FROM {before}",  # noqa: S608
        f"DROP TABLE {before}",
    ]


def _limits(column: Column) -> list[str]:
    quoted = sql.name(column.name)
    if column.type.length:
        return [f"length({quoted}) <= {column.type.length}"]
    return [f"isfinite({quoted})"] if column.type.duckdb == "DOUBLE" else []


def _column(column: Column) -> str:
    null = "" if column.nullable else " NOT NULL"
    return f"{sql.name(column.name)} {column.type.duckdb}{_default(column)}{null}"


def _default(column: Column) -> str:
    if column.fill:
        return f" DEFAULT {_FILL[column.fill]}"
    return "" if column.default is None else f" DEFAULT {sql.literal(column.default)}"


def _current(table: Table) -> str:
    return (
        f"CREATE OR REPLACE VIEW {sql.name(table.name)} AS\n"
        f"SELECT {columns(table)}\nFROM {sql.name(target(table))}\n{newest(table)}"
    )


def newest(table: Table) -> str:
    """Return the clause that leaves the current row of each key.

    It groups by the whole sorting key, of which the key is a part and which never changes in a
    row's life: DuckDB then reads only the rows of an account or a time that a query asks for.
    """
    return (
        f"QUALIFY row_number() OVER "
        f"(PARTITION BY {sql.names(table.order_by)} ORDER BY {sql.name(table.version)} DESC) = 1"
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
