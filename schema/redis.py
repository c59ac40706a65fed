"""Live tables on Redis: one hash a row, every value a text that people can read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

from schema.arrow import batch
from schema.table import Column, Table


def encode(table: Table, rows: pa.RecordBatch) -> list[dict[str, str]]:
    """Return the hash of each row; a null has no field."""
    texts = [
        [_text(column, value) for value in rows.column(column.name).to_pylist()]
        for column in table.columns
    ]
    return [
        {name: value for name, value in zip(table.names, row, strict=True) if value is not None}
        for row in zip(*texts, strict=True)
    ]


def decode(table: Table, fields: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Return a row from its hash: natural values, None for what is not there.

    Fields that the table does not have are ignored, for a newer program may have added them.

    Raises:
        ValueError: If a value cannot be read.
    """
    return {
        column.name: _value(column, fields.get(column.name.encode())) for column in table.columns
    }


def seconds(table: Table) -> int | None:
    """Return how long a row lives after its last write, None if its writer removes it."""
    return table.live_seconds


def rows(table: Table, hashes: list[Mapping[bytes, bytes]]) -> pa.RecordBatch:
    """Return the rows of several hashes as a batch."""
    decoded = [decode(table, fields) for fields in hashes]
    return batch(table, {name: [row[name] for row in decoded] for name in table.names})


def _text(column: Column, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if column.type.numpy == "V16":
        return str(UUID(bytes=value))
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _value(column: Column, stored: bytes | None) -> Any:  # noqa: PLR0911 - one line a type
    if stored is None:
        return column.default
    text, kind = stored.decode(), column.type.arrow
    if pa.types.is_boolean(kind):
        return text == "1"
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(text)
    if pa.types.is_decimal(kind):
        return Decimal(text)
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_floating(kind):
        return float(text)
    return UUID(text) if column.type.numpy == "V16" else text
