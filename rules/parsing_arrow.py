"""Rows of an Arrow IPC stream as the JSON they stand for.

Nulls are absent, decimals and floats are numbers, timestamps are RFC 3339 in UTC with as few
of 0, 3 or 6 digits of a second as hold them.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from rules.parsing_faults import Fault
from schema.codes import ReasonCode

MAX_ROWS = 65_536
_MAX_BYTES = 64 * 1024 * 1024  # of all columns once decompressed
ArrowRow = tuple[dict[str, Any] | Fault, dict[str, Any]]
_PLAIN = (str, int, bool, Decimal)


def arrow_rows(data: bytes) -> list[ArrowRow]:
    """Return the fields of each row, or what is wrong with the row, and its readable fields.

    Raises:
        Fault: Nothing of it can be read.
    """
    try:
        table = _read(data)
        names = table.column_names
        if len(set(names)) != len(names):
            raise Fault(ReasonCode.DUPLICATE_KEY, "Two Arrow columns have the same name.")
        columns = [_values(name, table.column(name)) for name in names]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Fault(
            ReasonCode.NOT_ARROW, f"The bytes are not a readable Arrow stream: {text}"
        ) from None
    rows: list[ArrowRow] = []
    for values in zip(*columns, strict=True) if columns else ({},) * table.num_rows:
        row = {n: v for n, v in zip(names, values, strict=True) if v is not None} if columns else {}
        faults = [value for value in row.values() if isinstance(value, Fault)]
        readable = {n: v for n, v in row.items() if not isinstance(v, Fault)} if faults else row
        rows.append((faults[0] if faults else row, readable))
    return rows


def _read(data: bytes) -> pa.Table:
    batches, count, size = [], 0, 0
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        for batch in reader:
            count += batch.num_rows
            size += batch.nbytes
            if count > MAX_ROWS:
                raise Fault(ReasonCode.TOO_MANY_ROWS, "The Arrow entry has more than 65,536 rows.")
            if size > _MAX_BYTES:
                raise Fault(
                    ReasonCode.OVERSIZED, "The Arrow entry has more than 64 MiB when unpacked."
                )
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)


def _values(name: str, column: Any) -> list[Any]:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _texts(name, column)
    column.validate(full=True)
    convert: Callable[[Any], Any] | None = None
    if pa.types.is_timestamp(kind):
        whole = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
        if kind.tz is not None:
            whole = whole.cast(pa.timestamp("us", tz="UTC"))
        moments: list[Any] = whole.to_pylist()
        return [None if v is None else rfc3339(v) for v in moments]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        width = np.float16 if pa.types.is_float16(kind) else np.float32
        # The shortest text that gives the same number of this width: 1.1, not 1.10000002.
        return [None if v is None else Decimal(str(width(v))) for v in column.to_pylist()]
    if pa.types.is_float64(kind):
        return [None if v is None else Decimal(repr(v)) for v in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return list(column.to_pylist())
    convert = _plain
    out: list[Any] = []
    for value in column.to_pylist():
        try:
            out.append(None if value is None else convert(value))
        except TypeError:
            out.append(
                Fault(ReasonCode.WRONG_TYPE, f"{name} has the Arrow type {kind}, unknown in JSON.")
            )
    return out


def _texts(name: str, column: Any) -> list[Any]:
    binary = pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()
    raw = pa.chunked_array([chunk.view(binary) for chunk in column.chunks], type=binary)
    raw.validate(full=True)
    out: list[Any] = []
    for value in raw.to_pylist():
        try:
            out.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            out.append(Fault(ReasonCode.NOT_UTF8, f"The text of {name} is not UTF-8."))
    return out


def _plain(value: Any) -> Any:
    """Return a nested or rare value as JSON has it."""
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    raise TypeError


def rfc3339(moment: datetime) -> str:
    """Return a time in UTC; one without zone is taken as UTC."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    digits = "seconds" if not moment.microsecond else "milliseconds"
    if moment.microsecond % 1000:
        digits = "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=digits) + "Z"
