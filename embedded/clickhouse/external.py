"""External data: tables that a client sends along with one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedded.clickhouse import execute, forbidden, formats
from embedded.clickhouse.errors import BAD_ARGUMENTS, QueryError

if TYPE_CHECKING:
    from embedded.clickhouse.connection import Connection
    from embedded.clickhouse.failures import Failures


@dataclass(frozen=True, slots=True)
class Table:
    """One of them.

    Attributes:
        name: that the query knows it by.
        columns: names and types, as in CREATE TABLE.
        format: of the rows.
        rows: their bytes.
    """

    name: str
    columns: str
    format: str
    rows: bytes


def take(files: dict[str, bytes], settings: dict[str, str]) -> list[Table]:
    """Make tables of a form's files, and of the fields of the request that describe them.

    Args:
        files: content by name.
        settings: of the request; `NAME_structure`, `NAME_types` and `NAME_format` are taken out.

    Raises:
        QueryError: one has no columns.
    """
    tables = []
    for name, rows in files.items():
        columns = settings.pop(f"{name}_structure", "")
        types = settings.pop(f"{name}_types", "")
        if types and not columns:
            columns = ", ".join(f"_{n} {kind}" for n, kind in enumerate(_split(types), 1))
        if not columns:
            raise QueryError.of(
                BAD_ARGUMENTS,
                f"The external table {name} needs {name}_structure or {name}_types",
                "BAD_ARGUMENTS",
            )
        kind = settings.pop(f"{name}_format", formats.DEFAULT)
        tables.append(Table(name, columns, kind, rows))
    return tables


def create(connection: Connection, tables: list[Table], failures: Failures) -> None:
    """Create them on a connection, which must not be used again afterwards.

    Raises:
        QueryError: the engine refused a table or its rows.
    """
    for table in tables:
        name = "`" + table.name.replace("\\", "\\\\").replace("`", "\\`") + "`"
        statement = f"CREATE TEMPORARY TABLE {name} ({table.columns})"
        forbidden.check(statement.encode())
        execute.run(connection, statement, formats.DEFAULT, execute.Summary())
        insert, summary = f"INSERT INTO {name}", execute.Summary()
        execute.insert(connection, insert, table.format, [table.rows], summary, failures)


def _split(types: str) -> list[str]:
    """Types at the commas outside of brackets."""
    parts, depth = [""], 0
    for letter in types:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
