"""External data: tables that a client sends along with one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedded.clickhouse import execute, forbidden, formats
from embedded.clickhouse.errors import BAD_ARGUMENTS, QueryError
from embedded.clickhouse.tokens import TOKEN

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
        QueryError: one has no columns, or they are more than a list of columns; or its format is
            no name.
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
        _check_columns(name, columns)
        kind = settings.pop(f"{name}_format", formats.DEFAULT)
        formats.check_name(kind)
        tables.append(Table(name, columns, kind, rows))
    return tables


def create(connection: Connection, tables: list[Table], failures: Failures) -> None:
    """Create them on a connection, which must not be used again afterwards.

    Raises:
        QueryError: the engine refused a table or its rows.
    """
    for table in tables:
        name = "`" + table.name.replace("\\", "\\\\").replace("`", "\\`") + "`"
        statement = f"CREATE TEMPORARY TABLE {name} ({table.columns})".encode(
            errors="surrogateescape"
        )
        forbidden.check(statement)
        execute.run(connection, statement, formats.DEFAULT, execute.Summary())
        insert, summary = f"INSERT INTO {name}".encode(), execute.Summary()
        execute.insert(connection, insert, table.format, [table.rows], summary, failures)


def _check_columns(name: str, columns: str) -> None:
    """Check that columns end where their bracket does: they become a part of a statement."""
    text = f"({columns})".encode(errors="surrogateescape")
    depth = 0
    for found in TOKEN.finditer(text):
        kind = found.lastgroup
        depth += (kind == "open") - (kind == "close")
        if kind == "end" or (depth == 0 and found.end() < len(text)):
            break
    else:
        if depth == 0 and not forbidden.is_unsure(text):
            return
    raise QueryError.of(
        BAD_ARGUMENTS,
        f"The columns of the external table {name} are not a list of names and types",
        "BAD_ARGUMENTS",
    )


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
