"""Expressions that KPIs share, each null where it is undefined.

Polars answers 0/0 with NaN, 1/0 with infinity, a correlation with a constant with NaN, and
takes the nearest value for a quantile unless told otherwise.
"""

import polars as pl

Operand = pl.Expr | float


def ratio(numerator: Operand, denominator: pl.Expr) -> pl.Expr:
    """Return the quotient, null where the denominator is zero."""
    return pl.when(denominator != 0).then(numerator / denominator)


def quantile(column: str, q: float) -> pl.Expr:
    """Return a quantile by linear interpolation (type 7, as in NumPy)."""
    return pl.col(column).quantile(q, interpolation="linear")


def varies(column: str) -> pl.Expr:
    """Say whether a column has two different values; a standard deviation may only look zero."""
    return pl.col(column).max() != pl.col(column).min()


def deviation(column: str) -> pl.Expr:
    """Return the sample standard deviation (ddof 1): 0 for a constant, null below two values."""
    two = pl.col(column).count() >= 2
    return pl.when(two & varies(column)).then(pl.col(column).std()).when(two).then(0.0)


def correlation(left: str, right: str) -> pl.Expr:
    """Return Pearson's correlation over the rows that have both; null where one is constant."""
    both = pl.col(left).is_not_null() & pl.col(right).is_not_null()
    a, b = pl.when(both).then(left), pl.when(both).then(right)
    known = (a.max() != a.min()) & (b.max() != b.min())
    return pl.when(known).then(finite(pl.corr(left, right)))


def finite(value: pl.Expr) -> pl.Expr:
    """Return null where a value, or what it is made of, is beyond what a double holds.

    For powers and exponentials (annualising one day of +1000 % is 11 to the 252nd), and for
    moments, whose squares of tiny differences may vanish.
    """
    return pl.when(value.is_finite()).then(value)
