"""What a whole column tells at a glance: that each of its values keeps the column's own rules.

A batch that comes from our own processes is nearly always good, and to look at its buffers takes
a tenth of the time of an expression over its values. What is not plain here need not be bad: it is
then looked at by `row_rules`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schema.table import Column
from schema.types import LogicalType

# What every store can hold: ClickHouse's times are the narrowest, and it clips beyond them.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, 23, 59, 59, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2299, 12, 31)
_DIGITS = 10**18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = tuple(int((each - _EPOCH).total_seconds()) * 1_000_000 for each in (FIRST, LAST))
_DAYS = tuple((each - _EPOCH.date()).days for each in (FIRST_DAY, LAST_DAY))
_EMPTY = (int.from_bytes(b"{}", "little"), int.from_bytes(b"[]", "little"))

Look: TypeAlias = Callable[[Any], bool]


def is_plain(column: Column, values: Any) -> bool:
    """Return whether each value is certainly one that the column may have.

    What stands in a missing value's place is looked at too: where that is odd, this says no.

    Args:
        column: The column.
        values: An Arrow array, chunked or not.
    """
    if values.null_count:
        if not column.nullable:
            return False
        if values.null_count == len(values):
            return True
    look = _look(column.type)
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    return look is not None and all(_whole(each) and look(each) for each in chunks if len(each))


def _whole(values: Any) -> bool:
    """Whether there are as many bytes as there are values; this looks at none of them."""
    try:
        values.validate()
    except pa.ArrowInvalid:
        return False
    return True


@cache
def _look(kind: LogicalType) -> Look | None:  # noqa: PLR0911 - one line for each type
    arrow = kind.arrow
    if arrow == pa.string():
        return _look_at_texts(kind)
    if pa.types.is_decimal128(arrow):
        return _are_decimals if arrow.precision == 18 else None
    if pa.types.is_timestamp(arrow):
        return lambda values: _are_between(values, "<i8", *_MICROSECONDS)
    if pa.types.is_date32(arrow):
        return lambda values: _are_between(values, "<i4", *_DAYS)
    if pa.types.is_float64(arrow):
        return lambda values: bool(np.isfinite(_numbers(values, "<f8")).all())
    if pa.types.is_integer(arrow) or pa.types.is_boolean(arrow) or arrow == pa.binary(16):
        return _anything
    return None


def _look_at_texts(kind: LogicalType) -> Look | None:
    if kind.closed:
        words = pa.array([word for word in kind.words if word is not None], pa.string())
        return lambda values: _are_words(values, words)
    if kind.name == "json":
        return _are_empty_json
    # An address is not told from a text by its bytes.
    return None if kind.name == "address" else lambda values: _are_texts(values, kind.length)


def _anything(_: Any) -> bool:
    return True


def _numbers(values: Any, kind: str, each: int = 1) -> Any:
    start, count = values.offset * each, len(values) * each
    return np.frombuffer(values.buffers()[1], kind)[start : start + count]


def _are_between(values: Any, kind: str, first: int, last: int) -> bool:
    found = _numbers(values, kind)
    return bool(first <= found.min() and found.max() <= last)


def _are_decimals(values: Any) -> bool:
    """Whether all fit 18 digits: the upper of each two words is the sign of the lower."""
    words = _numbers(values, "<i8", 2).reshape(-1, 2)
    low, high = words[:, 0], words[:, 1]
    within = low.min() > -_DIGITS and low.max() < _DIGITS
    return bool(within and np.array_equal(high, low >> 63))


def _pieces(values: Any) -> tuple[Any, Any] | None:
    """Return the length of each text, and the bytes of all; None if they do not fit together."""
    _, ends, data = values.buffers()
    bounds = np.frombuffer(ends, "<i4")[values.offset : values.offset + len(values) + 1]
    lengths = np.diff(bounds)
    size = 0 if data is None else data.size
    if bounds[0] < 0 or bounds[-1] > size or lengths.min() < 0:
        return None
    return lengths, np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]


def _are_texts(values: Any, most: int) -> bool:
    """Whether all are ASCII, and not too long: one byte is then one character."""
    pieces = _pieces(values)
    if pieces is None:
        return False
    lengths, data = pieces
    short = not most or bool(lengths.max() <= most)
    return short and (not data.size or bool(data.max() < 0x80))


def _are_words(values: Any, words: Any) -> bool:
    pieces = _pieces(values)
    if pieces is None:
        return False
    lengths, data = pieces
    if lengths[0] and lengths.min() == lengths.max():
        rows = data.reshape(-1, lengths[0])
        if (rows == rows[0]).all():
            # One word all along, as most of a batch has.
            values = values.slice(0, 1)
            if not values[0].is_valid:
                return False
    return bool(pc.all(pc.is_in(values.drop_null(), words), min_count=0).as_py())


def _are_empty_json(values: Any) -> bool:
    pieces = _pieces(values)
    if pieces is None:
        return False
    lengths, data = pieces
    if lengths.min() != len("{}") or lengths.max() != len("{}"):
        return False
    return bool(np.isin(np.frombuffer(data.tobytes(), "<u2"), _EMPTY).all())
