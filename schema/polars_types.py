"""What Polars calls each logical type: the part of `schema.types` that loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from schema.types import DECIMAL_PLACES

if TYPE_CHECKING:
    from schema.types import FrameType, LogicalType

_TYPES: Final[dict[FrameType, pl.DataType]] = {
    "bool": pl.Boolean(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "uint64": pl.UInt64(),
    "float64": pl.Float64(),
    "decimal": pl.Decimal(18, DECIMAL_PLACES),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
    "id": pl.Binary(),
    "text": pl.String(),
}


def polars(kind: LogicalType) -> pl.DataType:
    """Return the Polars type of a logical type; each vocabulary is a type of its own."""
    if kind.frame == "words":
        return pl.Enum([word for word in kind.words if word is not None])
    return _TYPES[kind.frame]
