"""Computations over all accounts' trades that Polars has no expression for."""

import numpy as np
import numpy.typing as npt

from rules.kpi.kpi import Floats, Starts

_STEPS = 60
_MICROSECONDS = 1e6


def optimal_f(starts: Starts, p: Floats) -> Floats:
    """Return Vince's optimal f: the f in (0, 1) of the most growth sum(ln(1 + f a)).

    a is a result in units of the largest loss. The growth is concave in f, so the root of its
    slope sum(a / (1 + f a)) is sought for all accounts at once by Halley's method, and by
    halving the bracket where that step leaves it. NaN without a loss, 0 without a profit.

    Source: R. Vince, Portfolio Management Formulas (1990).
    """
    first, sizes = starts[:-1], np.diff(starts)
    worst = -np.minimum.reduceat(p, first)
    mean = np.add.reduceat(p, first)
    f = np.where(worst > 0, 0.0, np.nan)
    left = np.flatnonzero((worst > 0) & (mean > 0))
    if left.size:
        f[left] = _roots(*_rows_of(left, first, sizes, p / np.repeat(worst, sizes)))
    return f


def _rows_of(
    accounts: npt.NDArray[np.intp], first: Starts, sizes: Starts, values: Floats
) -> tuple[Floats, Starts, Starts]:
    kept = np.zeros(sizes.size, dtype=bool)
    kept[accounts] = True
    sizes = sizes[accounts]
    return values[np.repeat(kept, np.diff(np.append(first, values.size)))], _starts(sizes), sizes


def _starts(sizes: Starts) -> Starts:
    return np.cumsum(sizes) - sizes


def _roots(a: Floats, first: Starts, sizes: Starts) -> Floats:
    low, high = np.zeros(sizes.size), np.ones(sizes.size)
    f = np.full(sizes.size, 0.25)
    for _ in range(_STEPS):
        u = a / (1 + np.repeat(f, sizes) * a)
        square = u * u
        slope, second = np.add.reduceat(u, first), -np.add.reduceat(square, first)
        third = 2 * np.add.reduceat(square * u, first)
        low, high = np.where(slope > 0, f, low), np.where(slope < 0, f, high)
        step = 2 * slope * second / (2 * second * second - slope * third)
        new = f - step
        new = np.where((new > low) & (new < high), new, (low + high) / 2)
        new = np.where(slope == 0, f, new)
        if (np.abs(new - f) <= 1e-15).all():
            return new
        f = new
    return f


def max_overlap(starts: Starts, entry: Floats, exit_: Floats) -> Floats:
    """Return how many trades were open at once at most, exits before entries of one second.

    `entry` is sorted within each account; times are microseconds.
    """
    sizes = np.diff(starts)
    account = np.repeat(np.arange(sizes.size), sizes)
    entered, closed = entry // _MICROSECONDS, exit_ // _MICROSECONDS
    origin = min(entered.min(), closed.min())
    span = int(max(entered.max(), closed.max()) - origin) + 1
    exits = np.sort(account * span + (closed - origin).astype(np.int64), kind="stable")
    before = np.searchsorted(exits, account * span + (entered - origin).astype(np.int64), "right")
    open_ = np.arange(1, entry.size + 1) - before
    return np.maximum.reduceat(open_, starts[:-1]).astype(np.float64)
