"""Quantiles and tail means of one column per account, read off rows sorted once.

The stages `ORDERED` and `DEPTHS` hold each account's values from the smallest up, so a quantile
is a look at two of them, for all accounts at once; Polars sorts again for each.
"""

from functools import partial

import numpy as np

from rules.kpi.kpi import Floats, Kernel, Starts


def quantile(column: str, q: float) -> Kernel:
    """Return a quantile by linear interpolation (type 7, as in NumPy)."""
    return Kernel((column,), partial(_quantile, q))


def lowest_mean(column: str, q: float) -> Kernel:
    """Return the mean of the floor((n-1)*q)+1 smallest values."""
    return Kernel((column,), partial(_lowest_mean, q))


def first_mean(column: str, count: int) -> Kernel:
    """Return the mean of the `count` smallest values, or of all where there are fewer."""
    return Kernel((column,), partial(_first_mean, count))


def lower_tail_mean(column: str, q: float) -> Kernel:
    """Return the mean of the values that are not above the quantile."""
    return Kernel((column,), partial(_lower_tail_mean, q))


def upper_tail_mean(column: str, q: float) -> Kernel:
    """Return the mean of the values that are not below the quantile."""
    return Kernel((column,), partial(_upper_tail_mean, q))


def weighted_tail_mean(column: str, q: float) -> Kernel:
    """Return the mean of the lowest n*q values, the last one in part where n*q is no integer."""
    return Kernel((column,), partial(_weighted_tail_mean, q))


def mean_difference(column: str) -> Kernel:
    """Return the mean absolute difference of all pairs (Gini); NaN below two values."""
    return Kernel((column,), _mean_difference)


def outliers(column: str) -> Kernel:
    """Return the count of values more than 1.5 interquartile ranges outside the quartiles."""
    return Kernel((column,), _outliers)


def hill(column: str) -> Kernel:
    """Return Hill's index of the lower tail: 1/mean(ln(x_i/x_(k+1))), k=max(2, floor(n/20)).

    x are the losses from the largest. NaN where there are not more than k, or they are equal.
    """
    return Kernel((column,), _hill)


def _quantile(q: float, starts: Starts, x: Floats) -> Floats:
    first, n = starts[:-1], np.diff(starts)
    place = (n - 1) * q
    low = np.floor(place).astype(np.int64)
    a = x[first + low]
    b = x[first + np.minimum(low + 1, n - 1)]
    quantiles: Floats = a + (b - a) * (place - low)
    return quantiles


def _sums(starts: Starts, begin: Starts, end: Starts, x: Floats) -> Floats:
    """Return the sum of x[begin:end] per account; 0 where that is empty."""
    bounds = np.column_stack((begin, end)).ravel()
    sums: Floats = np.add.reduceat(np.append(x, 0.0), bounds)[::2]
    return np.where(end > begin, sums, 0.0)


def _lowest(starts: Starts, count: Starts, x: Floats) -> Floats:
    return _sums(starts, starts[:-1], starts[:-1] + count, x) / count


def _lowest_mean(q: float, starts: Starts, x: Floats) -> Floats:
    count = np.floor((np.diff(starts) - 1) * q).astype(np.int64) + 1
    return _lowest(starts, count, x)


def _first_mean(count: int, starts: Starts, x: Floats) -> Floats:
    return _lowest(starts, np.minimum(np.diff(starts), count), x)


def _count(starts: Starts, where: np.ndarray) -> Starts:
    return np.add.reduceat(where.astype(np.int64), starts[:-1])


def _lower_tail_mean(q: float, starts: Starts, x: Floats) -> Floats:
    limit = np.repeat(_quantile(q, starts, x), np.diff(starts))
    return _lowest(starts, _count(starts, x <= limit), x)


def _upper_tail_mean(q: float, starts: Starts, x: Floats) -> Floats:
    limit = np.repeat(_quantile(q, starts, x), np.diff(starts))
    count = _count(starts, x >= limit)
    return _sums(starts, starts[1:] - count, starts[1:], x) / count


def _weighted_tail_mean(q: float, starts: Starts, x: Floats) -> Floats:
    share = np.diff(starts) * q
    whole = np.minimum(np.floor(share).astype(np.int64), np.diff(starts) - 1)
    first = starts[:-1]
    sums = _sums(starts, first, first + whole, x) + (share - whole) * x[first + whole]
    mean: Floats = sums / share
    return mean


def _mean_difference(starts: Starts, x: Floats) -> Floats:
    n = np.diff(starts)
    rank = np.arange(x.size) - np.repeat(starts[:-1], n)
    weight = 2.0 * rank - np.repeat(n - 1, n)
    sums = np.add.reduceat(weight * x, starts[:-1])
    pairs = n * (n - 1) / 2
    sums = np.where(x[starts[:-1]] == x[starts[1:] - 1], 0.0, sums)
    mean: Floats = np.divide(sums, pairs, out=np.full(n.size, np.nan), where=pairs > 0)
    return mean


def _outliers(starts: Starts, x: Floats) -> Floats:
    low, high = _quantile(0.25, starts, x), _quantile(0.75, starts, x)
    reach = 1.5 * (high - low)
    n = np.diff(starts)
    outside = (x < np.repeat(low - reach, n)) | (x > np.repeat(high + reach, n))
    return _count(starts, outside).astype(np.float64)


def _hill(starts: Starts, x: Floats) -> Floats:
    n, first = np.diff(starts), starts[:-1]
    losses = _count(starts, x < 0)
    k = np.maximum(2, np.floor(0.05 * n).astype(np.int64))
    known = losses > k
    count = np.where(known, k, 0)
    logs = np.log(-x, out=np.zeros_like(x), where=x < 0)
    mean = _sums(starts, first, first + count, logs) / k
    spread = mean - logs[np.minimum(first + k, starts[1:] - 1)]
    known &= x[first] != x[np.minimum(first + k, starts[1:] - 1)]
    index: Floats = np.divide(1.0, spread, out=np.full(n.size, np.nan), where=known & (spread > 0))
    return index
