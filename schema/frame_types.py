"""What Arrow and Polars call each logical type: the part of `schema.types` that loads both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa

from schema.types import DECIMAL_PLACES

if TYPE_CHECKING:
    from schema.types import FrameType, LogicalType

_TYPES: Final[dict[FrameType, tuple[pa.DataType, pl.DataType]]] = {
    "bool": (pa.bool_(), pl.Boolean()),
    "int32": (pa.int32(), pl.Int32()),
    "int64": (pa.int64(), pl.Int64()),
    "uint64": (pa.uint64(), pl.UInt64()),
    "float64": (pa.float64(), pl.Float64()),
    "decimal": (pa.decimal128(18, DECIMAL_PLACES), pl.Decimal(18, DECIMAL_PLACES)),
    "date": (pa.date32(), pl.Date()),
    "timestamp": (pa.timestamp("us", "UTC"), pl.Datetime("us", "UTC")),
    "id": (pa.binary(16), pl.Binary()),
    "text": (pa.string(), pl.String()),
    # To Polars each vocabulary is a type of its own.
    "words": (pa.string(), pl.Enum([])),
}


def arrow(kind: LogicalType) -> pa.DataType:
    """Return the Arrow type of a logical type."""
    return _TYPES[kind.frame][0]


def polars(kind: LogicalType) -> pl.DataType:
    """Return the Polars type of a logical type."""
    if kind.frame == "words":
        return pl.Enum([word for word in kind.words if word is not None])
    return _TYPES[kind.frame][1]
