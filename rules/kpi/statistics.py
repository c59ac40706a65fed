"""Sufficient statistics: what is kept of rows so that more rows can be added without them.

Each is a few numbers that an expression aggregates from rows, and a rule by which those of
earlier rows and those of later rows become those of both. `rules.kpi.moment_statistics` has those
that are about means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha1

import polars as pl

LATER = "later "  # before the name of what later rows came to
Rule = Callable[[str], pl.Expr]


@dataclass(frozen=True)
class Column:
    """One number that is kept of an account.

    Attributes:
        name: of the column; it follows from what is aggregated.
        rows: aggregates it from rows.
        merged: from the columns of earlier rows and of later ones, those with `LATER`.
        empty: its value where there are no rows.
    """

    name: str
    rows: pl.Expr
    merged: pl.Expr
    empty: float | None = None


@dataclass(frozen=True)
class Statistic:
    """What stands for an aggregation: columns that are kept, and its value from them."""

    columns: tuple[Column, ...]
    value: pl.Expr


def later(name: str) -> pl.Expr:
    """Return the column of later rows."""
    return pl.col(LATER + name)


def total(x: pl.Expr) -> Statistic:
    """Return the sum of what is known."""
    return _one("sum", x.sum(), added, 0)


def known(x: pl.Expr) -> Statistic:
    """Return the count of what is known."""
    return _one("count", x.count(), added, 0)


def unknown(x: pl.Expr) -> Statistic:
    """Return the count of nulls."""
    return _one("unknown", x.null_count(), added, 0)


def rows() -> Statistic:
    """Return the count of rows."""
    return _one("rows", pl.len(), added, 0)


def product(x: pl.Expr) -> Statistic:
    """Return the product of what is known."""
    return _one("product", x.product(), lambda name: pl.col(name) * later(name), 1)


def least(x: pl.Expr) -> Statistic:
    """Return the least."""
    return _one("min", x.min(), lambda name: pl.min_horizontal(name, LATER + name))


def greatest(x: pl.Expr) -> Statistic:
    """Return the greatest."""
    return _one("max", x.max(), lambda name: pl.max_horizontal(name, LATER + name))


def any_of(x: pl.Expr) -> Statistic:
    """Return whether one is true; nulls are left out."""
    return _one("any", x.any(), lambda name: pl.col(name) | later(name), empty=False)


def last(x: pl.Expr) -> Statistic:
    """Return the last one, null or not."""
    count = column("len", x.len(), added, 0)
    value = column("last", x.last(), lambda name: _which(later(count.name) > 0, name))
    return Statistic((count, value), pl.col(value.name))


def first(x: pl.Expr) -> Statistic:
    """Return the first one, null or not."""
    count = column("len", x.len(), added, 0)
    value = column("first", x.first(), lambda name: _which(pl.col(count.name) == 0, name))
    return Statistic((count, value), pl.col(value.name))


def at_least(x: pl.Expr, by: pl.Expr) -> Statistic:
    """Return x where `by` is least, the first such one."""
    low = column("min", by.min(), lambda name: pl.min_horizontal(name, LATER + name))
    lower = later(low.name) < pl.col(low.name)
    newer = lower | pl.col(low.name).is_null()
    value = column("at_min", x.get(by.arg_min()), lambda name: _which(newer, name))
    return Statistic((low, value), pl.col(value.name))


def mean(x: pl.Expr) -> Statistic:
    """Return the mean of what is known."""
    sums, counts = total(x), known(x)
    number = pl.when(counts.value > 0).then(sums.value / counts.value)
    return Statistic((*sums.columns, *counts.columns), number)


def added(name: str) -> pl.Expr:
    """Return the sum of both."""
    return pl.col(name) + later(name)


def _which(newer: pl.Expr, name: str) -> pl.Expr:
    return pl.when(newer).then(later(name)).otherwise(pl.col(name))


def column(kind: str, rows: pl.Expr, merged: Rule, empty: float | None = None) -> Column:
    """Return a column that is named by what it aggregates."""
    name = name_of(kind, rows)
    return Column(name, rows, merged(name), empty)


def name_of(kind: str, rows: pl.Expr) -> str:
    """Return a column's name: another one for another expression."""
    told = rows.meta.serialize(format="json")
    return f"{kind}#{sha1(told.encode(), usedforsecurity=False).hexdigest()[:12]}"


def _one(kind: str, rows: pl.Expr, merged: Rule, empty: float | None = None) -> Statistic:
    only = column(kind, rows, merged, empty)
    return Statistic((only,), pl.col(only.name))
