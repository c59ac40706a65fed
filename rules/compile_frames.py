"""Configuration tables as Polars frames, in the units of the decision plane."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from rules.signals import Float, Int64, Texts
from schema import registry
from schema.ids import ID, Ids
from schema.table import Column
from schema.wire import UNITS


def frames(tables: Mapping[str, pa.Table]) -> dict[str, pl.DataFrame]:
    """Return the current rows of each table: decimals as counts of 1e-8, words as numbers."""
    return {name: frame(name, rows) for name, rows in tables.items()}


def frame(name: str, rows: pa.Table) -> pl.DataFrame:
    """Return the rows of one table that have not left the configuration."""
    table = registry.table(name)
    kept = rows.filter(rows["deleted_at"].is_null())
    return pl.DataFrame(
        [_series(column, kept[column.name].combine_chunks()) for column in table.columns]
    )


def ids(values: pl.Series) -> Ids:
    """Return a column of ids as an array."""
    return np.frombuffer(b"".join(values.to_list()), dtype=ID)


def texts(values: pl.Series) -> Texts:
    """Return a column of texts as an array of str."""
    return np.array([*values.to_list(), None], dtype=object)[:-1]


def decimals(values: pl.Series) -> Float:
    """Return counts of 1e-8 as floats; null as NaN."""
    return floats(values.cast(pl.Float64) / UNITS)


def floats(values: pl.Series) -> Float:
    """Return a column of floats; null as NaN."""
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)


def whole(values: pl.Series) -> Int64:
    """Return a column of whole numbers; null as 0."""
    return values.cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64)


def _series(column: Column, values: Any) -> pl.Series:
    kind = column.type
    if pa.types.is_decimal(kind.arrow):
        return pl.Series(column.name, _units(values))
    series = pl.Series(column.name, _plain(kind.arrow, values))
    if not kind.words:
        return series
    numbers = {word: number for number, word in enumerate(kind.words) if word is not None}
    return series.replace_strict(numbers, return_dtype=pl.UInt8)


def _plain(kind: pa.DataType, values: Any) -> Any:
    """Return an Arrow array of ids or texts as one that Polars takes as it is, and others."""
    if pa.types.is_fixed_size_binary(kind):
        return values.cast(pa.large_binary())
    return values.cast(pa.large_string()) if pa.types.is_string(kind) else values


def _units(values: Any) -> pl.Series:
    """Return an Arrow array of decimals of scale 8 as their whole numbers, exactly."""
    if not len(values):
        return pl.Series([], dtype=pl.Int64)
    wide: NDArray[np.int64] = np.frombuffer(memoryview(values.buffers()[1]), dtype=np.int64)
    low = wide.reshape(-1, 2)[values.offset : values.offset + len(values), 0]
    return pl.Series(low).set(pl.Series(values.is_null().to_numpy(zero_copy_only=False)), None)
