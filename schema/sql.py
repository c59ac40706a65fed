"""Spelling that DuckDB and ClickHouse share: identifiers, literals, comments."""

from typing import Any

from schema.table import Column


def name(identifier: str) -> str:
    """Return an identifier in double quotes, which every store reads."""
    return f'"{identifier}"'


def names(identifiers: tuple[str, ...]) -> str:
    """Return identifiers in quotes, separated by commas."""
    return ", ".join(map(name, identifiers))


def text(value: str) -> str:
    """Return a text literal."""
    return "'" + value.replace("'", "''") + "'"


def literal(value: Any) -> str:
    """Return a literal of a text, a boolean or a number."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def comment(column: Column) -> str:
    """Return a column's description with its unit."""
    return f"{column.description} ({column.unit})" if column.unit else column.description
