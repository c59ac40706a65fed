"""The money-weighted rate of return of many accounts at once."""

import numpy as np

from rules.kpi.kpi import Floats, Starts

# The search is over s, the logarithm of the growth over an account's whole span.
_GRID = np.linspace(-60.0, 60.0, 241)
_HALVINGS = 70


def internal_rate(starts: Starts, start: Floats, end: Floats, flow: Floats, at: Floats) -> Floats:
    """Return the yearly rate at which what went in is worth what came out; NaN if there is none.

    `start` is the equity before the first day's flow; `at` are days since the opening. With
    s = ln(1+i)*T/365 over a span of T days, a flow is worth exp(-s*at/T) of itself. A grid
    brackets the root nearest to s=0, and halving finds it: no guess that may not converge.
    """
    first, last = starts[:-1], starts[1:] - 1
    n = first.size
    span = np.where(at[last] > 0, at[last], np.nan)
    moved = np.flatnonzero(flow != 0)
    account = np.searchsorted(starts, moved, side="right") - 1
    owner = np.concatenate([np.arange(n), account, np.arange(n)])
    money = np.concatenate([-start[first], -flow[moved], end[last]])
    share = np.concatenate([np.zeros(n), at[moved] / span[account], np.ones(n)])

    def value(s: Floats) -> Floats:
        return np.bincount(owner, money * np.exp(-s[owner] * share), n).astype(np.float64)

    signs = np.sign([value(np.full(n, s)) for s in _GRID])
    crossed = signs[1:] * signs[:-1] <= 0  # NaN is not
    distance = np.where(crossed, np.abs(_GRID[1:] + _GRID[:-1])[:, None], np.inf)
    nearest = distance.argmin(axis=0)
    low, high, sign = _GRID[nearest], _GRID[nearest + 1], signs[nearest, np.arange(n)]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = np.sign(value(middle)) == sign
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    with np.errstate(over="ignore"):
        rate = np.expm1((low + high) / 2 * 365 / span)
    changes = _both_signs(owner, money, n)
    return np.where(crossed.any(axis=0) & changes & np.isfinite(rate), rate, np.nan)


def _both_signs(owner: Starts, money: Floats, n: int) -> np.ndarray:
    paid = np.bincount(owner, money < 0, n) > 0
    return paid & (np.bincount(owner, money > 0, n) > 0)
