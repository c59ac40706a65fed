"""What Arrow calls each logical type: the part of `schema.types` that loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from schema.types import DECIMAL_PLACES

if TYPE_CHECKING:
    from schema.types import FrameType, LogicalType

_TYPES: Final[dict[FrameType, pa.DataType]] = {
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "decimal": pa.decimal128(18, DECIMAL_PLACES),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "id": pa.binary(16),
    "text": pa.string(),
    "words": pa.string(),
}


def arrow(kind: LogicalType) -> pa.DataType:
    """Return the Arrow type of a logical type."""
    return _TYPES[kind.frame]
