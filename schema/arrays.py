"""One column of values as an Arrow array of its logical type.

NumPy values are the logs' own (int64 of 1e-8, microseconds, V16, numbers of enums) and are
turned over without a loop; other sequences hold natural values (Decimal, datetime, UUID,
words, dictionaries). What is missing becomes null where the column may be null.
"""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schema.enums import Vocabulary
from schema.ids import NIL
from schema.table import Column
from schema.types import DECIMAL_PLACES, JSON, LogicalType

ArrowArray: TypeAlias = Any  # a pa.Array; its stubs know no array of a type chosen at run time
Mask = NDArray[np.bool_] | None
_SCALE = 10**DECIMAL_PLACES


class ColumnError(ValueError):
    """Values do not fit their column."""


def array(column: Column, values: Any, where: str) -> ArrowArray:
    """Return values as an Arrow array.

    Args:
        column: What they are.
        values: NumPy array (masked or not), Arrow array, or sequence of Python values.
        where: Table and column, for errors.

    Raises:
        ColumnError: If they do not fit.
    """
    try:
        out: ArrowArray = _array(column, values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ColumnError(f"{where}: {error}") from error
    if out.null_count and not column.nullable:
        raise ColumnError(f"{where}: {out.null_count} values are missing, and none may be")
    return out


def _array(column: Column, values: Any) -> ArrowArray:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if values.type == column.type.arrow else values.cast(column.type.arrow)
    if isinstance(values, np.ndarray) and values.dtype != object:
        mask = None
        if isinstance(values, np.ma.MaskedArray):
            mask, values = np.ma.getmaskarray(values), np.asarray(values.data)
        if values.ndim != 1:
            raise ValueError(f"has {values.ndim} dimensions")
        return _from_numpy(column, values, mask)
    return _from_objects(column, list(values))


def _from_numpy(column: Column, values: NDArray[Any], mask: Mask) -> ArrowArray:
    kind = column.type
    if kind.words and values.dtype.kind in "iu":
        return _spell(kind, values, mask)
    if pa.types.is_string(kind.arrow):
        return _texts(column, values, mask)
    if kind.numpy == "V16":
        raw = np.ascontiguousarray(values if values.dtype == "V16" else values.view("V16"))
        empty = (raw.view("<u8").reshape(-1, 2) == 0).all(axis=1)
        return _fixed(kind.arrow, raw, _either(column, mask, empty))
    return _numbers(column, values, mask)


def _numbers(column: Column, values: NDArray[Any], mask: Mask) -> ArrowArray:
    kind = column.type
    values, mask = _known_numbers(kind, values, mask)
    if kind.zero_is_none:
        mask = _either(column, mask, values == 0)
    if pa.types.is_decimal(kind.arrow):
        return _decimals(kind, values.astype("<i8", copy=False), mask)
    if pa.types.is_boolean(kind.arrow):
        return pa.array(values.astype(bool), mask=mask)
    if values.dtype.kind == "f" and not pa.types.is_floating(kind.arrow):
        raise TypeError(f"{values.dtype} is no {kind.name}")
    exact = values.astype(kind.numpy)
    if values.dtype.kind in "iu" and (exact != values).any():
        raise OverflowError(f"a value does not fit {kind.name}")
    return _fixed(kind.arrow, exact, mask)


def _known_numbers(kind: LogicalType, values: NDArray[Any], mask: Mask) -> tuple[Any, Mask]:
    """Return numbers in the units of the logs, and where they are missing."""
    if values.dtype.kind == "M":
        unknown = np.isnat(values)
        return np.where(unknown, 0, values.astype("M8[us]").astype("<i8")), _join(mask, unknown)
    if values.dtype.kind == "f":
        unknown = np.isnan(values)
        mask = _join(mask, unknown)
        if pa.types.is_decimal(kind.arrow):
            values = np.rint(np.where(unknown, 0.0, values) * _SCALE)
            if values.size and np.abs(values).max() >= 10**18:
                raise OverflowError("a value has more than 18 digits")
            return values.astype("<i8"), mask
    return values, mask


def _either(column: Column, mask: Mask, empty: NDArray[np.bool_]) -> Mask:
    return _join(mask, empty) if column.nullable else mask


def _join(mask: Mask, more: NDArray[np.bool_]) -> Mask:
    return more if mask is None else mask | more


def _validity(mask: Mask) -> pa.Buffer | None:
    if mask is None or not mask.any():
        return None
    return pa.py_buffer(np.packbits(~mask, bitorder="little").data)


def _fixed(kind: pa.DataType, values: NDArray[Any], mask: Mask) -> ArrowArray:
    raw = np.ascontiguousarray(values)
    data = pa.py_buffer(raw.view(np.uint8).data if raw.size else b"")
    return pa.Array.from_buffers(kind, len(raw), [_validity(mask), data])


def _decimals(kind: LogicalType, values: NDArray[np.int64], mask: Mask) -> ArrowArray:
    if values.size and np.abs(values).max() >= 10**18:
        raise OverflowError("a value has more than 18 digits")
    wide = np.empty((len(values), 2), dtype="<i8")
    wide[:, 0], wide[:, 1] = values, values >> 63  # 128 bits, two's complement
    data = pa.py_buffer(wide.data if wide.size else b"")
    return pa.Array.from_buffers(kind.arrow, len(values), [_validity(mask), data])


@cache
def _words(kind: LogicalType) -> ArrowArray:
    return pa.array(kind.words, pa.string())


def _spell(kind: LogicalType, values: NDArray[Any], mask: Mask) -> ArrowArray:
    out = _words(kind).take(pa.array(values, mask=mask))
    if out.null_count != (0 if mask is None else int(mask.sum())):
        raise ValueError(f"a number is not one of {kind.name}")
    return out


def _texts(column: Column, values: NDArray[Any], mask: Mask) -> ArrowArray:
    if values.dtype.kind not in "SU":
        raise TypeError(f"{values.dtype} is no text")
    texts = pa.array(values, mask=_either(column, mask, values == values.dtype.type()))
    return _known(column.type, texts.cast(pa.string()))


def _known(kind: LogicalType, texts: ArrowArray) -> ArrowArray:
    if kind.words:
        strangers = set(texts.unique().to_pylist()) - set(kind.words) - {None}
        if strangers:
            raise ValueError(f"{min(map(str, strangers))!r} is not one of {kind.name}")
    return texts


def _from_objects(column: Column, values: Sequence[Any]) -> ArrowArray:
    kind = column.type
    natural = values
    # Where nothing has to be done to a value of any type among them, Arrow takes them all.
    samples = {type(value): value for value in values}.values()
    if not all(one is None or _natural(kind, one) is one for one in samples):
        natural = [None if value is None else _natural(kind, value) for value in values]
    if column.nullable and kind.numpy == "V16":
        natural = [None if value == NIL else value for value in natural]
    out = pa.array(natural, kind.arrow)
    return _known(kind, out) if kind.words else out


def _natural(kind: LogicalType, value: Any) -> Any:  # noqa: PLR0911 - one line for each type
    """Return a value as Arrow takes it; whether anything is done to it rests on its type alone."""
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, Vocabulary | int | np.integer) and kind.words:
        if not 0 <= int(value) < len(kind.words):
            raise ValueError(f"{int(value)} is not the number of a {kind.name}")
        return kind.words[int(value)]
    if kind is JSON and not isinstance(value, str | bytes):
        return msgspec.json.encode(value, order="sorted").decode()
    if isinstance(value, np.void):
        return value.tobytes()
    if isinstance(value, np.generic):
        return _natural(kind, value.item())
    if pa.types.is_decimal(kind.arrow) and isinstance(value, float | int):
        return Decimal(f"{value:.{DECIMAL_PLACES}f}")
    if kind.numpy == "V16" and isinstance(value, str):
        return uuid.UUID(value).bytes
    return value.decode() if isinstance(value, bytes) and kind.arrow == pa.string() else value
