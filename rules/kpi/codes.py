"""Names as places in their alphabetical list: columns of text that are cheap to group by."""

import polars as pl


def coded(column: pl.Series) -> pl.Series:
    """Return a column of text as an Enum of the names in it, in alphabetical order."""
    return column.cast(pl.Enum(column.unique().drop_nulls().sort()))


def names(column: pl.Series) -> pl.Series:
    """Return the names that a coded column's places stand for."""
    assert isinstance(column.dtype, pl.Enum)
    return column.dtype.categories
