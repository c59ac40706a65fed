"""Rows of an Arrow IPC stream as the JSON they stand for.

Nulls are absent, decimals and floats are numbers, timestamps are RFC 3339 in UTC with as few
of 0, 3 or 6 digits of a second as hold them.
"""

from typing import Any

import pyarrow as pa

from rules.parsing_arrow_bounds import MAX_BYTES, check_bounds, oversized_values
from rules.parsing_arrow_sizes import is_flat, size
from rules.parsing_arrow_values import Values, values_of
from rules.parsing_faults import Fault
from schema.codes import ReasonCode

_MAX_COLUMNS = 256
_MAX_NAME = 64
# What Arrow raises for bytes that pass for a stream and are none.
_DAMAGE = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, ArithmeticError)
ArrowRow = tuple[dict[str, Any] | Fault, dict[str, Any]]


def arrow_rows(data: bytes) -> list[ArrowRow]:
    """Return the fields of each row, or what is wrong with the row, and its readable fields.

    Raises:
        Fault: Nothing of it can be read.
    """
    try:
        check_bounds(data)
        return _rows(data)
    except MemoryError:  # before Arrow's other errors, of which its own is one
        raise oversized_values() from None
    except RecursionError:
        raise _unreadable("it is nested too deep") from None
    except _DAMAGE as error:
        text = str(error).strip()
        raise _unreadable(text.splitlines()[0] if text else type(error).__name__) from None


def _unreadable(why: str) -> Fault:
    return Fault(ReasonCode.NOT_ARROW, f"The bytes are not a readable Arrow stream: {why[:200]}")


def _rows(data: bytes) -> list[ArrowRow]:
    rows: list[ArrowRow] = []
    total = 0.0
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        names = _names(reader.schema)
        flat = [is_flat(kind) for kind in reader.schema.types]
        for batch in reader:
            batch.validate()
            columns = batch.columns
            # What flat columns take was counted when the framing was read.
            total += sum(size(c) for c, plain in zip(columns, flat, strict=True) if not plain)
            if not total <= MAX_BYTES:  # it may be infinite, or infinite less infinite
                raise oversized_values()
            values = [values_of(n, c) for n, c in zip(names, columns, strict=True)]
            _add_rows(rows, names, values, batch.num_rows)
    return rows


def _names(schema: Any) -> list[str]:
    names: list[str] = schema.names
    if len(names) > _MAX_COLUMNS:
        raise Fault(
            ReasonCode.OVERSIZED,
            f"The Arrow entry has {len(names):,} columns; at most {_MAX_COLUMNS} are taken.",
        )
    longest = max(map(len, names), default=0)
    if longest > _MAX_NAME:
        raise Fault(
            ReasonCode.TEXT_TOO_LONG,
            f"The name of an Arrow column has {longest:,} characters; at most {_MAX_NAME} "
            "are taken.",
        )
    if len({*names}) != len(names):
        raise Fault(ReasonCode.DUPLICATE_KEY, "Two Arrow columns have the same name.")
    return names


def _add_rows(rows: list[ArrowRow], names: list[str], columns: list[Values], count: int) -> None:
    for values in zip(*columns, strict=True) if columns else ((),) * count:
        row = {n: v for n, v in zip(names, values, strict=True) if v is not None}
        faults = [value for value in row.values() if isinstance(value, Fault)]
        readable = {n: v for n, v in row.items() if not isinstance(v, Fault)} if faults else row
        rows.append((faults[0] if faults else row, readable))
