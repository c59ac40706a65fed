"""The registry in Polars: schemas, and frames of rows."""

from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa

from schema.arrow import conform
from schema.table import Table


@cache
def schema(table: Table) -> pl.Schema:
    """Return the Polars schema of a table's rows."""
    return pl.Schema({column.name: column.type.polars for column in table.columns})


def frame(table: Table, rows: pa.RecordBatch | pa.Table) -> pl.DataFrame:
    """Return rows as a frame with the table's schema.

    Raises:
        ColumnError: If the rows do not fit the table.
    """
    native: Any = pl.from_arrow(pa.Table.from_batches([conform(table, rows)]))
    out: pl.DataFrame = native.cast(dict(schema(table)))
    return out


def batch(table: Table, rows: pl.DataFrame) -> pa.RecordBatch:
    """Return a frame's rows as a batch of the table.

    Raises:
        ColumnError: If the rows do not fit the table.
    """
    return conform(table, rows.to_arrow())
