"""The values of one Arrow array as JSON has them, each that cannot be read as its own fault.

Nothing is read through Arrow's own nested values, of which one bad text spoils the whole column.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rules.parsing_arrow_sizes import (
    checked_indices,
    checked_offsets,
    checked_views,
    run_lengths,
)
from rules.parsing_faults import Fault
from schema.codes import ReasonCode

Values = list[Any]
_EXTENSION = pa.uuid().id  # the same for every extension type
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799  # years 1 to 9999
_DAYS = (_FIRST_SECOND // 86_400, _LAST_SECOND // 86_400)
_BINARY = {
    pa.string().id: pa.binary(),
    pa.large_string().id: pa.large_binary(),
    pa.string_view().id: pa.binary_view(),
}


def values_of(name: str, array: Any) -> Values:
    """Return a value for each row: None, what JSON has for it, or a fault.

    Args:
        name: Of the column, for the faults.
        array: Its structure was validated, its values were not.

    Raises:
        pa.ArrowInvalid: The array is damaged.
    """
    kind = array.type
    read = _READERS.get(kind.id)
    if read:
        return read(name, array)
    if kind.id == _EXTENSION:
        plain = array.cast(pa.bool_()) if isinstance(kind, pa.Bool8Type) else array.storage
        return values_of(name, plain)
    fault = Fault(ReasonCode.WRONG_TYPE, f"{name} has the Arrow type {kind}, unknown in JSON.")
    return [fault if there else None for there in array.is_valid().to_pylist()]


def rfc3339(moment: datetime) -> str:
    """Return a time in UTC; one without zone is taken as UTC."""
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    digits = "seconds" if not moment.microsecond else "milliseconds"
    if moment.microsecond % 1000:
        digits = "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def _as_they_are(name: str, array: Any) -> Values:
    return list(array.to_pylist())


def _texts(name: str, array: Any) -> Values:
    raw = array.view(_BINARY[array.type.id])
    raw.validate(full=True)
    out: Values = []
    for value in raw.to_pylist():
        try:
            out.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            out.append(Fault(ReasonCode.NOT_UTF8, f"The text of {name} is not UTF-8."))
    return out


def _doubles(name: str, array: Any) -> Values:
    return [None if v is None else Decimal(repr(v)) for v in array.to_pylist()]


def _narrow_floats(name: str, array: Any) -> Values:
    width = np.float16 if pa.types.is_float16(array.type) else np.float32
    # The shortest text that gives the same number of this width: 1.1, not 1.10000002.
    return [None if v is None else Decimal(str(width(v))) for v in array.to_pylist()]


def _times(name: str, array: Any) -> Values:
    unit = array.type.unit
    # The zone only says how to show the time: what is stored is UTC, or is taken as UTC.
    whole = array.view(pa.timestamp(unit))
    beyond: list[int] = []
    if unit != "ns":  # which no year beyond 9999 fits
        # Compared before the cast, which would wrap around in silence.
        each = _PER_SECOND[unit]
        raw = array.view(pa.int64()).fill_null(0).to_numpy()
        outside = (raw < _FIRST_SECOND * each) | (raw >= (_LAST_SECOND + 1) * each)
        if outside.any():
            beyond = np.flatnonzero(outside).tolist()
            whole = pc.if_else(pa.array(outside), None, whole)
    moments = whole.cast(pa.timestamp("us"), safe=False).to_pylist()
    out = [None if v is None else rfc3339(v) for v in moments]
    return _with_bad_times(name, out, beyond)


def _with_bad_times(name: str, out: Values, beyond: list[int]) -> Values:
    for row in beyond:
        out[row] = Fault(ReasonCode.BAD_TIME, f"{name} has a time beyond the years 1 to 9999.")
    return out


def _dates(name: str, array: Any) -> Values:
    width, each = (pa.int32(), 1) if pa.types.is_date32(array.type) else (pa.int64(), 86_400_000)
    days = [None if v is None else v // each for v in array.view(width).to_pylist()]
    first, last = _DAYS
    beyond = [n for n, day in enumerate(days) if day is not None and not first <= day <= last]
    for row in beyond:
        days[row] = None
    out = [None if day is None else _day(day) for day in days]
    return _with_bad_times(name, out, beyond)


def _day(day: int) -> str:
    return date.isoformat(_EPOCH.date() + timedelta(days=day))


def _whole(parts: Values) -> Any:
    """Return a list, or the first fault within it."""
    return next((part for part in parts if type(part) is Fault), parts)


def _lists(name: str, array: Any) -> Values:
    inner, offsets = values_of(name, array.values), checked_offsets(array).tolist()
    return _cut(array, inner, offsets[:-1], offsets[1:])


def _list_views(name: str, array: Any) -> Values:
    begin, end = checked_views(array)
    return _cut(array, values_of(name, array.values), begin.tolist(), end.tolist())


def _fixed_lists(name: str, array: Any) -> Values:
    each = array.type.list_size
    begin = [each * (array.offset + row) for row in range(len(array))]
    return _cut(array, values_of(name, array.values), begin, [at + each for at in begin])


def _cut(array: Any, inner: Values, begin: list[int], end: list[int]) -> Values:
    valid = array.is_valid().to_pylist()
    return [
        _whole(inner[a:b]) if there else None for there, a, b in zip(valid, begin, end, strict=True)
    ]


def _structs(name: str, array: Any) -> Values:
    names = [field.name for field in array.type]
    valid = array.is_valid().to_pylist()
    if len({*names}) != len(names):
        fault = Fault(ReasonCode.DUPLICATE_KEY, f"{name} has two fields of the same name.")
        return [fault if there else None for there in valid]
    parts = [values_of(name, array.field(number)) for number in range(len(names))]
    out: Values = []
    for row, there in enumerate(valid):
        found = _whole([part[row] for part in parts]) if there else None
        out.append(dict(zip(names, found, strict=True)) if isinstance(found, list) else found)
    return out


def _dictionaries(name: str, array: Any) -> Values:
    known = [*values_of(name, array.dictionary), None]
    return [known[index] for index in checked_indices(array).tolist()]


def _runs(name: str, array: Any) -> Values:
    lengths = run_lengths(array).tolist()
    pairs = zip(values_of(name, array.values), lengths, strict=True)
    return [*chain.from_iterable(repeat(value, length) for value, length in pairs)]


_PLAIN = (
    *(pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.decimal32(1), pa.decimal64(1), pa.decimal128(1), pa.decimal256(1)),
)
_READERS: dict[int, Callable[[str, Any], Values]] = {
    **dict.fromkeys((kind.id for kind in _PLAIN), _as_they_are),
    **dict.fromkeys(_BINARY, _texts),
    pa.float64().id: _doubles,
    pa.float32().id: _narrow_floats,
    pa.float16().id: _narrow_floats,
    pa.timestamp("us").id: _times,
    pa.date32().id: _dates,
    pa.date64().id: _dates,
    pa.lib.Type_DICTIONARY: _dictionaries,
    pa.lib.Type_RUN_END_ENCODED: _runs,
    pa.lib.Type_LIST: _lists,
    pa.lib.Type_LARGE_LIST: _lists,
    pa.lib.Type_LIST_VIEW: _list_views,
    pa.lib.Type_LARGE_LIST_VIEW: _list_views,
    pa.lib.Type_FIXED_SIZE_LIST: _fixed_lists,
    pa.lib.Type_STRUCT: _structs,
}
