"""Sufficient statistics of deviations, shapes and correlations.

Moments are merged about their means (Chan, Golub, LeVeque 1979; Pebay, SAND2008-6212), so that
nothing cancels.
"""

from __future__ import annotations

import polars as pl

from rules.kpi.statistics import Column, Statistic, added, column, later, name_of


def variance(x: pl.Expr, ddof: int) -> Statistic:
    """Return the variance; null where there are not more than `ddof` values."""
    n, _, m2, *_ = columns = _moments(x)[:3]
    count = pl.col(n.name)
    return Statistic(tuple(columns), pl.when(count > ddof).then(pl.col(m2.name) / (count - ddof)))


def deviation(x: pl.Expr, ddof: int) -> Statistic:
    """Return the standard deviation."""
    found = variance(x, ddof)
    return Statistic(found.columns, found.value.sqrt())


def skew(x: pl.Expr, *, bias: bool) -> Statistic:
    """Return the skewness, g1 or the bias-corrected G1."""
    count, _, m2, m3 = (pl.col(each.name) for each in _moments(x)[:4])
    n = count.cast(pl.Float64)
    number = (m3 / n) / (m2 / n) ** 1.5
    if not bias:
        number = pl.when(n > 2).then(number * (n * (n - 1)).sqrt() / (n - 2))
    return Statistic(_moments(x)[:4], number)


def kurtosis(x: pl.Expr, *, fisher: bool, bias: bool) -> Statistic:
    """Return the kurtosis, g2 or the bias-corrected G2."""
    count, _, m2, _, m4 = (pl.col(each.name) for each in _moments(x))
    n = count.cast(pl.Float64)
    number = n * m4 / m2**2 - 3
    if not bias:
        scale = (n - 1) / ((n - 2) * (n - 3))
        number = pl.when(n > 3).then(scale * ((n + 1) * number + 6))
    return Statistic(_moments(x), number if fisher else number + 3)


def correlation(x: pl.Expr, y: pl.Expr) -> Statistic:
    """Return Pearson's correlation over the rows that have both."""
    columns = _comoments(x, y)
    _, _, _, xx, yy, xy = (pl.col(each.name) for each in columns)
    return Statistic(columns, xy / (xx * yy).sqrt())


def covariance(x: pl.Expr, y: pl.Expr, ddof: int) -> Statistic:
    """Return the covariance over the rows that have both."""
    columns = _comoments(x, y)
    n, xy = pl.col(columns[0].name), pl.col(columns[-1].name)
    return Statistic(columns, pl.when(n > ddof).then(xy / (n - ddof)))


def _moments(x: pl.Expr) -> tuple[Column, ...]:
    """Return count, mean, and the sums of the second to the fourth power about the mean."""
    around = x - x.mean()
    n = column("count", x.count(), added, 0)
    a, b = pl.col(n.name).cast(pl.Float64), later(n.name).cast(pl.Float64)
    powers = [(around**k).sum() for k in (2, 3, 4)]
    names = [name_of("power", each) for each in powers]
    (m2, m3, m4), (l2, l3, l4) = map(pl.col, names), map(later, names)
    mean = _mean(x, n.name)
    d = later(mean.name) - pl.col(mean.name)
    both = a + b
    second = m2 + l2 + d**2 * a * b / both
    third = m3 + l3 + d**3 * a * b * (a - b) / both**2 + 3 * d * (a * l2 - b * m2) / both
    fourth = (
        m4
        + l4
        + d**4 * a * b * (a**2 - a * b + b**2) / both**3
        + 6 * d**2 * (a**2 * l2 + b**2 * m2) / both**2
        + 4 * d * (a * l3 - b * m3) / both
    )
    merged = (second, third, fourth)
    kept = (
        Column(name, power, _both(n.name, name, whole), 0.0)
        for name, power, whole in zip(names, powers, merged, strict=True)
    )
    return (n, mean, *kept)


def _mean(x: pl.Expr, n: str) -> Column:
    name = name_of("mean", x.mean())
    share = later(n) / (pl.col(n) + later(n))
    whole = pl.col(name) + (later(name) - pl.col(name)) * share
    return Column(name, x.mean(), _both(n, name, whole))


def _both(n: str, name: str, merged: pl.Expr) -> pl.Expr:
    """Return what is merged, or what there is where one side has nothing."""
    return (
        pl.when(later(n) == 0)
        .then(pl.col(name))
        .when(pl.col(n) == 0)
        .then(later(name))
        .otherwise(merged)
    )


def _comoments(x: pl.Expr, y: pl.Expr) -> tuple[Column, ...]:
    """Return count, means, squares and products about the means, of rows that have both."""
    there = x.is_not_null() & y.is_not_null()
    x, y = pl.when(there).then(x), pl.when(there).then(y)
    n = column("count", there.sum(), added, 0)
    mx, my = _mean(x, n.name), _mean(y, n.name)
    dx, dy = (later(each.name) - pl.col(each.name) for each in (mx, my))
    weight = pl.col(n.name) * (later(n.name) / (pl.col(n.name) + later(n.name)))
    sums = []
    for left, right, d in ((x, x, dx * dx), (y, y, dy * dy), (x, y, dx * dy)):
        about = ((left - left.mean()) * (right - right.mean())).sum()
        name = name_of("about", about)
        whole = pl.col(name) + later(name) + d * weight
        sums.append(Column(name, about, _both(n.name, name, whole), 0.0))
    return (n, mx, my, *sums)
