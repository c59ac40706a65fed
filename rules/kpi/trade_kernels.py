"""Computations over all accounts' trades that Polars has no expression for."""

import numpy as np

from rules.kpi.kpi import Floats, Starts
from rules.kpi.trade_currencies import FINEST

_STEPS = 80


def optimal_f(starts: Starts, p: Floats) -> Floats:
    """Return Vince's optimal f: the f in (0, 1) of the most growth, sum(ln(1 + f a)).

    a is a result in units of the largest loss. The growth is concave in f; the root of its
    slope, sum(a / (1 + f a)), is sought for all accounts at once by Halley's method, and by
    halving the bracket where a step leaves it. NaN without a loss, 0 without a profit.

    Source: R. Vince, Portfolio Management Formulas (1990).
    """
    first, sizes = starts[:-1], np.diff(starts)
    worst = -np.minimum.reduceat(p, first)
    total = np.add.reduceat(p, first).round(FINEST)
    f = np.where(worst > 0, 0.0, np.nan)
    sought = (worst > 0) & (total > 0)
    if sought.any():
        a = p[np.repeat(sought, sizes)] / np.repeat(worst[sought], sizes[sought])
        f[sought] = _growth_maximum(a, sizes[sought])
    return f


def _growth_maximum(a: Floats, sizes: Starts) -> Floats:
    first = np.cumsum(sizes) - sizes
    low, high = np.zeros(sizes.size), np.ones(sizes.size)
    # For results that are small against the largest loss, the root is near mean / mean square.
    f = np.clip(np.add.reduceat(a, first) / np.add.reduceat(a * a, first), 0.05, 0.95)
    for _ in range(_STEPS):
        u = a / (1 + np.repeat(f, sizes) * a)
        slope = np.add.reduceat(u, first)
        u_square = u * u
        bend = -np.add.reduceat(u_square, first)
        u_square *= u
        curve = 2 * np.add.reduceat(u_square, first)
        low, high = np.where(slope > 0, f, low), np.where(slope < 0, f, high)
        step = f - 2 * slope * bend / (2 * bend * bend - slope * curve)
        inside = (step >= low) & (step <= high)
        new = np.where(slope == 0, f, np.where(inside, step, (low + high) / 2))
        # Halley's step cubes the error: after one this small nothing is left to gain.
        done = inside & (np.abs(new - f) < 1e-6) | (high - low < 1e-15) | (slope == 0)
        f = new
        if done.all():
            break
    return f


def line_error(starts: Starts, balance: Floats) -> Floats:
    """Return the standard error of the balance about its least-squares line over the trades.

    The residuals are squared themselves: the total less what the line explains would be a
    small difference of large numbers for a balance that grows steadily. NaN below 3 trades.
    """
    first, sizes = starts[:-1], np.diff(starts)
    i = np.arange(balance.size) - np.repeat(first + (sizes - 1) / 2, sizes)
    y = balance - np.repeat(np.add.reduceat(balance, first) / sizes, sizes)
    spread = sizes * (sizes**2 - 1.0) / 12
    slope = np.add.reduceat(i * y, first) / np.where(spread > 0, spread, 1)
    residual = y - np.repeat(slope, sizes) * i
    squares = np.add.reduceat(residual * residual, first)
    return np.where(sizes >= 3, np.sqrt(squares / np.maximum(sizes - 2, 1)), np.nan)
