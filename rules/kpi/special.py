"""Distribution functions that neither Polars nor NumPy has, over whole columns."""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import polars as pl

from rules.kpi.kpi import Floats

Z_05 = NormalDist().inv_cdf(0.05)
Z_95 = -Z_05
DENSITY_05 = NormalDist().pdf(Z_05)  # of the standard normal at its 5 % quantile

_NEAR = 2.0  # up to here the series of erf is used, from here on the fraction of erfc
_SHIFT = 12
_TINY = 1e-300
_ROUNDS = 300


def normal_cdf(z: pl.Expr) -> pl.Expr:
    """Return the standard normal distribution function."""
    return _mapped(_normal_cdf, z)


def student_cdf(t: pl.Expr, freedom: pl.Expr) -> pl.Expr:
    """Return Student's t distribution function with that many degrees of freedom."""
    return _mapped(_student_cdf, t, freedom)


def expm1(x: pl.Expr) -> pl.Expr:
    """Return exp(x)-1 without cancellation near 0."""
    return _mapped(np.expm1, x)


def _mapped(function: Callable[..., Floats], *columns: pl.Expr) -> pl.Expr:
    def apply(series: object) -> pl.Series:
        assert isinstance(series, list)
        arrays = [s.cast(pl.Float64).fill_null(np.nan).to_numpy() for s in series]
        with np.errstate(all="ignore"):  # null rows are computed along, and null again after
            values = pl.Series(function(*arrays))
        return values.fill_nan(None)

    return pl.map_batches(columns, apply, return_dtype=pl.Float64)


def _normal_cdf(z: Floats) -> Floats:
    x = np.abs(z) / math.sqrt(2)
    beyond = np.where(x < _NEAR, 1 - _erf_near(np.minimum(x, _NEAR)), _erfc_far(x)) / 2
    return np.where(z > 0, 1 - beyond, beyond)


def _erf_near(x: Floats) -> Floats:
    """Return erf by a series of positive terms (DLMF 7.6.2); nothing cancels."""
    term = x * np.exp(-(x**2)) * 2 / math.sqrt(math.pi)
    total = term.copy()
    for k in range(1, 60):
        term = term * 2 * x**2 / (2 * k + 1)
        total += term
    return total


def _erfc_far(x: Floats) -> Floats:
    """Return erfc for x >= 2 by its continued fraction (DLMF 7.9.1), from the end backward."""
    x = np.maximum(x, _NEAR)
    tail = x.copy()
    for k in range(120, 0, -1):
        tail = x + k / 2 / tail
    return np.exp(-(x**2)) / (tail * math.sqrt(math.pi))


def _student_cdf(t: Floats, freedom: Floats) -> Floats:
    """Half the regularised incomplete beta function of v/(v+t^2) lies beyond |t|."""
    beyond = _incomplete_beta(freedom / 2, 0.5, t**2, freedom) / 2
    return np.where(t > 0, 1 - beyond, beyond)


def _incomplete_beta(a: Floats, b: float, square: Floats, freedom: Floats) -> Floats:
    """Return I_x(a, b) for x = v/(v+t^2), by Lentz's continued fraction (DLMF 8.17.22)."""
    x, y = freedom / (freedom + square), square / (freedom + square)
    swapped = x > (a + 1) / (a + b + 2)
    p, q = np.where(swapped, b, a), np.where(swapped, a, b)
    u, v = np.where(swapped, y, x), np.where(swapped, x, y)
    log_beta = _log_gamma(a) + math.lgamma(b) - _log_gamma(a + b)
    front = np.exp(p * np.log(u) + q * np.log(v) - log_beta) / p
    value = np.where(u == 0, 0.0, front * _fraction(p, q, u))
    return np.where(swapped, 1 - value, value)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    c = np.ones_like(x)
    d = 1 / _away(1 - (a + b) * x / (a + 1))
    h = d.copy()
    for m in range(1, _ROUNDS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / _away(1 + step * d)
            c = _away(1 + step / c)
            h *= c * d
        if not np.any(np.abs(c * d - 1) > 1e-16):
            break
    return h


def _away(x: Floats) -> Floats:
    return np.where(np.abs(x) < _TINY, _TINY, x)


def _log_gamma(x: Floats) -> Floats:
    """Return ln(gamma) for x > 0: Stirling's series (DLMF 5.11.1), after steps up."""
    product = np.ones_like(x)
    for step in range(_SHIFT):
        product *= x + step
    y = x + _SHIFT
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / y**2) / y**2) / y**2) / y
    return (y - 0.5) * np.log(y) - y + math.log(2 * math.pi) / 2 + series - np.log(product)
