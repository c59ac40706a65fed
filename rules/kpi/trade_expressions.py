"""Expressions that KPIs of trades share, each null where it is undefined."""

import polars as pl


def count(value: pl.Expr) -> pl.Expr:
    """Return a count as a signed integer: Polars' own wraps around below zero."""
    return value.cast(pl.Int64)


def share(condition: pl.Expr) -> pl.Expr:
    """Return how many of the rows that have an answer answer yes. Ratio."""
    return condition.mean()


def told(value: pl.Expr, column: str) -> pl.Expr:
    """Return null where no row has the column: nothing was recorded, which is not zero."""
    return pl.when(pl.col(column).count() > 0).then(value)


def share_where_told(column: str) -> pl.Expr:
    """Return how many of all rows say yes in a column of booleans, null where none says. Ratio.

    Where some say, a row that does not is a no.
    """
    return told(pl.col(column).sum() / pl.len(), column)


def complete(value: pl.Expr, *columns: str) -> pl.Expr:
    """Return null where an account has a row without one of the columns.

    A sum over the rows that are known would pass for the sum of all of them.
    """
    unknown = pl.sum_horizontal(pl.col(column).null_count() for column in columns)
    return pl.when(unknown == 0).then(value)


def zero_without_trades(column: str) -> pl.Expr:
    """Return a finished column, and 0 for an account without trades rather than null."""
    return pl.when(pl.col("trade_count") == 0).then(0.0).otherwise(pl.col(column))


def solvent(value: pl.Expr) -> pl.Expr:
    """Return null where the balance was zero or below before a trade: no share of it is defined."""
    return pl.when(pl.col("before").min() > 0).then(value)


def of_extreme(column: str, extreme: pl.Expr, by: str = "pnl") -> pl.Expr:
    """Return the first value of a sorted column at which `by` is extreme."""
    return pl.col(column).filter(pl.col(by) == extreme).first()
