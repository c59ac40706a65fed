"""Running values and order within accounts, for all accounts at once.

Accounts of about one length are laid beside each other as the rows of one rectangle, which NumPy
accumulates and sorts along in one call: ten times as fast as Polars' windows over accounts.
"""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from rules.kpi.kpi import Floats, Starts

Along = Callable[[Floats], Floats]


def starts_of(rows: pl.DataFrame) -> Starts:
    """Return the index of each account's first row, ending with the number of rows."""
    return np.append(firsts(rows["account"].to_numpy()), rows.height)


def firsts(*keys: np.ndarray) -> Starts:
    """Return the index of each row that differs in a key from the row before it."""
    begins = np.ones(keys[0].size, dtype=bool)
    np.not_equal(keys[0][1:], keys[0][:-1], out=begins[1:])
    for key in keys[1:]:
        begins[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(begins)


def running(starts: Starts, values: Floats, function: np.ufunc, nothing: float) -> Floats:
    """Return a function accumulated along each account.

    Args:
        starts: as of `starts_of`.
        values: without NaN.
        function: `np.add`, `np.multiply`, `np.maximum`, ...
        nothing: a value that changes nothing, such as 1 of a product.
    """
    return _along(starts, values, nothing, lambda table: function.accumulate(table, axis=1))


def ordered(starts: Starts, values: Floats) -> Floats:
    """Return each account's values from the smallest up; they are finite."""
    return _along(starts, values, np.inf, lambda table: np.sort(table, axis=1))


def _along(starts: Starts, values: Floats, nothing: float, work: Along) -> Floats:
    first, sizes = starts[:-1], np.diff(starts)
    if not sizes.size:
        return values
    if sizes.min() == sizes.max():
        return work(values.reshape(sizes.size, -1)).ravel()
    result = np.empty_like(values)
    for members, width in _alike(sizes):
        place = first[members, None] + np.arange(width)
        inside = np.arange(width) < sizes[members, None]
        table = np.where(inside, values[np.where(inside, place, 0)], nothing)
        result[place[inside]] = work(table)[inside]
    return result


def _alike(sizes: Starts) -> Iterator[tuple[Starts, int]]:
    """Return places of accounts whose sizes are within a factor of two, and the greatest size."""
    kinds = np.frexp(sizes.astype(np.float64) - 0.5)[1]
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        yield members, int(sizes[members].max())
