"""The registry in Arrow: schemas, batches of rows, and batches on the wire.

On the wire a batch has no schema of its own: its field is named `<table>@<fingerprint>`,
and the schema of each fingerprint ever written lies on Redis (`keys.WIRE_TYPES`). So rows
that an older or newer program wrote are read by name and cast to this program's columns.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence, Sized
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from schema.arrays import ArrowArray, ColumnError, array
from schema.registry import table as find
from schema.table import Column, Table

FINGERPRINT_DIGITS = 8


class UnknownWireType(LookupError):
    """Rows were written with a schema that nobody described."""


@cache
def schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table's rows."""
    return pa.schema([pa.field(c.name, c.type.arrow, nullable=c.nullable) for c in table.columns])


@cache
def fingerprint(table: Table) -> str:
    """Return eight hex digits that name the table's columns and their Arrow types."""
    text = "\n".join(f"{c.name} {c.type.arrow}" for c in table.columns)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]


@cache
def wire_name(table: Table) -> str:
    """Return the field name of the table's batches on a results stream."""
    return f"{table.name}@{fingerprint(table)}"


@cache
def wire_type(table: Table) -> tuple[str, bytes]:
    """Return the field and value that describe the table's batches in `keys.WIRE_TYPES`."""
    return fingerprint(table), schema(table).serialize().to_pybytes()


def read_wire_types(stored: Mapping[bytes, bytes]) -> dict[str, pa.Schema]:
    """Return the content of `keys.WIRE_TYPES` as schemas by fingerprint."""
    return {name.decode(): pa.ipc.read_schema(pa.py_buffer(data)) for name, data in stored.items()}


def batch(table: Table, columns: Mapping[str, Any]) -> pa.RecordBatch:
    """Return rows of a table.

    Args:
        table: The table.
        columns: Values by column: a NumPy array in the units of the logs, an Arrow array, a
            sequence of Python values, or one value for all rows. A missing column gets its
            default, or nulls.

    Raises:
        ColumnError: If a column is unknown, missing, of another length, or does not fit.
    """
    strangers = columns.keys() - set(table.names)
    if strangers:
        raise ColumnError(f"table {table.name} has no column {min(strangers)}")
    rows = _rows(table, columns)
    return pa.RecordBatch.from_arrays(
        [_column(table, column, columns, rows) for column in table.columns], schema=schema(table)
    )


def empty(table: Table) -> pa.RecordBatch:
    """Return no rows of a table."""
    return batch(table, dict.fromkeys(table.names, ()))


def _is_column(values: Any) -> bool:
    if isinstance(values, str | bytes | uuid.UUID | Mapping | np.generic):
        return False
    return isinstance(values, Sequence | np.ndarray | pa.Array | pa.ChunkedArray)


def _rows(table: Table, columns: Mapping[str, Any]) -> int:
    rows: int | None = None
    for name, values in columns.items():
        if isinstance(values, Sized) and _is_column(values):
            if rows is not None and len(values) != rows:
                raise ColumnError(
                    f"table {table.name}, column {name}: {len(values)} values for {rows} rows"
                )
            rows = len(values)
    if rows is None:
        raise ColumnError(f"table {table.name}: no column says how many rows there are")
    return rows


def _column(table: Table, column: Column, columns: Mapping[str, Any], rows: int) -> ArrowArray:
    where = f"table {table.name}, column {column.name}"
    values = columns.get(column.name)
    if values is None:
        return _absent(column, rows, where)
    if _is_column(values):
        return array(column, values, where)
    return pa.repeat(array(column, [values], where)[0], rows)


def _absent(column: Column, rows: int, where: str) -> ArrowArray:
    if column.default is not None:
        return pa.repeat(array(column, [column.default], where)[0], rows)
    if not column.nullable:
        raise ColumnError(f"{where}: no values were given")
    return pa.nulls(rows, column.type.arrow)


def conform(table: Table, data: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
    """Return rows as the registry knows them, whoever wrote them or whichever store gave them.

    Columns that the rows lack become null or their default, and columns that the table no
    longer has are dropped.

    Raises:
        ColumnError: If a column cannot be cast, or is missing and has no default.
    """
    if isinstance(data, pa.RecordBatch) and data.schema.equals(schema(table)):
        return data
    present = set(data.schema.names)
    arrays = []
    for column in table.columns:
        where = f"table {table.name}, column {column.name}"
        if column.name in present:
            arrays.append(array(column, _native(column, data.column(column.name)), where))
        else:
            arrays.append(_absent(column, data.num_rows, where))
    return pa.RecordBatch.from_arrays(arrays, schema=schema(table))


def _native(column: Column, values: Any) -> ArrowArray:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values.type, pa.BaseExtensionType):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    if column.type.numpy == "V16" and pa.types.is_string(values.type):
        from schema import text_ids  # noqa: PLC0415 - logs have no ids as text, stores have

        return text_ids.parse(values)
    return values


def encode(rows: pa.RecordBatch) -> bytes:
    """Return rows without their schema, as they travel on a results stream."""
    return bytes(rows.serialize())


def decode(name: str, data: bytes, schemas: Mapping[str, pa.Schema]) -> tuple[str, pa.RecordBatch]:
    """Return the table's name and its rows, as this program knows them.

    Args:
        name: Field of the stream entry: `<table>@<fingerprint>`.
        data: Its value.
        schemas: Schemas by fingerprint; this program's own need not be there.

    Raises:
        RegistryError: If there is no such table.
        UnknownWireType: If the fingerprint is not known.
        ColumnError: If the rows cannot be cast to the table's columns.
    """
    plain, _, mark = name.partition("@")
    table = find(plain)
    written = schema(table) if mark == fingerprint(table) else schemas.get(mark)
    if written is None:
        raise UnknownWireType(f"rows of {plain} were written with an unknown schema {mark}")
    return plain, conform(table, pa.ipc.read_record_batch(pa.py_buffer(data), written))
