"""Sums, slopes and correlations of columns per account, as kernels.

They say what the expressions of Polars would, in a fraction of the time: an expression allocates
each step anew for each account, a kernel goes through all accounts' rows at once. Sums are around
the mean, so that a small spread of large values is not lost.
"""

from functools import partial

import numpy as np
import polars as pl

from rules.kpi import expressions
from rules.kpi.kpi import Floats, Kernel, Starts

_UNRELATED = 1e-12  # a correlation that no number of days tells from none


def gains(column: str, power: int = 1) -> Kernel:
    """Return the sum of a power of what is above 0."""
    above = pl.col(column).clip(lower_bound=0.0)
    return Kernel((column,), partial(_clipped, np.fmax, power), (above**power).sum())


def losses(column: str, power: int = 1) -> Kernel:
    """Return the sum of a power of what is below 0."""
    below = pl.col(column).clip(upper_bound=0.0)
    return Kernel((column,), partial(_clipped, np.fmin, power), (below**power).sum())


def product_where(column: str, sign: int, of: str) -> Kernel:
    """Return the product of a column where another is of a sign; null where it never is."""
    where = pl.col(of) > 0 if sign > 0 else pl.col(of) < 0
    product = pl.when(where.sum() > 0).then(pl.col(column).filter(where).product())
    return Kernel((of, column), partial(_product_where, sign), product)


def count_where(sign: int, of: str) -> Kernel:
    """Return on how many rows a column is of a sign; null where it never is."""
    count = (pl.col(of) > 0 if sign > 0 else pl.col(of) < 0).sum().cast(pl.Float64)
    return Kernel((of,), partial(_count_where, sign), pl.when(count > 0).then(count))


def autocorrelation(column: str, before: str) -> Kernel:
    """Return the correlation of each value with the one before; null where either is constant.

    `before` is a column of the values before, null on an account's first row.
    """
    return Kernel((column,), _autocorrelation, expressions.correlation(column, before))


def correlation(left: str, right: str) -> Kernel:
    """Return Pearson's correlation, of columns without null; null where one is constant."""
    return Kernel((left, right), _correlation, expressions.correlation(left, right))


def slope(left: str, right: str) -> Kernel:
    """Return cov(left, right)/var(right), of columns without null; null where right is constant.

    Of a constant left it is 0, and of columns whose correlation is below 1e-12: there is nothing
    but what rounding leaves, and others divide by a slope.
    """
    both, of_left, of_right = pl.cov(left, right), pl.col(left).var(), pl.col(right).var()
    related = expressions.varies(left) & (both**2 > _UNRELATED**2 * of_left * of_right)
    found = pl.when(related).then(expressions.ratio(both, of_right)).otherwise(0.0)
    return Kernel((left, right), _slope, pl.when(expressions.varies(right)).then(found))


def spread(left: str, right: str) -> Kernel:
    """Return the sum of the products of both columns' distances from their means.

    Null where a column has one.
    """
    count, unknown = pl.col(left).count(), pl.col(left).null_count() + pl.col(right).null_count()
    product = pl.col(left).var() if left == right else pl.cov(left, right)
    around = pl.when(count > 1).then(product * (count - 1)).otherwise(0.0)
    return Kernel((left, right), _spread, pl.when(unknown == 0).then(around))


def _clipped(kept: np.ufunc, power: int, starts: Starts, x: Floats) -> Floats:
    part: Floats = kept(x, 0.0)  # of a number and NaN, the number
    return _sum(starts, part if power == 1 else part**power)


def _product_where(sign: int, starts: Starts, of: Floats, x: Floats) -> Floats:
    where = of > 0 if sign > 0 else of < 0
    count = _count(starts, where)
    some = count > 0
    product = np.full(count.size, np.nan)
    if some.any():
        # Four times as fast as a product over all rows with 1 in the others' places.
        first = np.cumsum(count) - count
        product[some] = np.multiply.reduceat(x.compress(where), first[some])
    return product


def _count_where(sign: int, starts: Starts, of: Floats) -> Floats:
    count = _count(starts, of > 0 if sign > 0 else of < 0)
    return np.where(count > 0, count, np.nan)


def _autocorrelation(starts: Starts, x: Floats) -> Floats:
    """Correlate x[1:] with x[:-1] of each account, from sums around the mean of all of x."""
    first, last, sizes = starts[:-1], starts[1:] - 1, np.diff(starts)
    y = _around(starts, x)
    pairs = np.maximum(sizes - 1.0, 1.0)
    squares = y * y
    whole, total = _sum(starts, squares), _sum(starts, y)
    later, earlier = (total - y[first]) / pairs, (total - y[last]) / pairs
    products = np.empty_like(y)
    np.multiply(y[1:], y[:-1], out=products[1:])
    products[first] = 0.0
    both = _sum(starts, products) - pairs * later * earlier
    of_later = whole - squares[first] - pairs * later**2
    of_earlier = whole - squares[last] - pairs * earlier**2
    changes = np.empty(x.size, dtype=np.int64)
    changes[1:] = x[1:] != x[:-1]
    changes[first] = 0
    moved = np.add.reduceat(changes, first)
    second = np.minimum(first + 1, last)
    varied = (sizes > 2) & (moved - changes[second] > 0) & (moved - changes[last] > 0)
    return _quotient(both, of_later, of_earlier, varied)


def _correlation(starts: Starts, a: Floats, b: Floats) -> Floats:
    varied = _varied(starts, a) & _varied(starts, b)
    a, b = _around(starts, a), _around(starts, b)
    return _quotient(_sum(starts, a * b), _sum(starts, a * a), _sum(starts, b * b), varied)


def _slope(starts: Starts, a: Floats, b: Floats) -> Floats:
    related, varied = _varied(starts, a), _varied(starts, b)
    a, b = _around(starts, a), _around(starts, b)
    squares, both = _sum(starts, b * b), _sum(starts, a * b)
    related &= both**2 > _UNRELATED**2 * _sum(starts, a * a) * squares
    both[~related] = 0.0
    found = np.full(varied.size, np.nan)
    np.divide(both, squares, out=found, where=varied & (squares != 0))
    return found


def _spread(starts: Starts, a: Floats, b: Floats) -> Floats:
    around = _around(starts, a)
    return _sum(starts, around * (around if a is b else _around(starts, b)))


def _quotient(both: Floats, left: Floats, right: Floats, varied: np.ndarray) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        # Roots first: the product of two tiny squares may vanish.
        found: Floats = both / (np.sqrt(left) * np.sqrt(right))
    return np.where(varied & np.isfinite(found), found, np.nan)


def _sum(starts: Starts, x: Floats) -> Floats:
    sums: Floats = np.add.reduceat(x, starts[:-1])
    return sums


def _count(starts: Starts, where: np.ndarray) -> Starts:
    return np.add.reduceat(where.astype(np.int64), starts[:-1])


def _around(starts: Starts, x: Floats) -> Floats:
    """Return the distances from the mean."""
    sizes = np.diff(starts)
    return x - np.repeat(_sum(starts, x) / sizes, sizes)


def _varied(starts: Starts, x: Floats) -> np.ndarray:
    """Say whether two values of an account differ; a deviation may only look zero."""
    varied: np.ndarray = np.minimum.reduceat(x, starts[:-1]) < np.maximum.reduceat(x, starts[:-1])
    return varied
