"""ffn. https://pmorissette.github.io/ffn. Fed with prices that begin at the opening snapshot."""

from __future__ import annotations

import ffn

from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference, at_least

LIBRARY = "ffn"


def _stats(case: Case) -> ffn.PerformanceStats:
    if "ffn" not in case.kept:
        case.kept["ffn"] = ffn.PerformanceStats(case.prices)
    return case.kept["ffn"]


def _opens_a_year(case: Case) -> bool:
    return case.opened.year != case.r.index[0].year or case.r.index[0].year != case.r.index[-1].year


def _opens_a_month(case: Case) -> bool:
    """Say whether the opening snapshot lies in the month before the first day.

    ffn takes a month's return from the last price of the month before; where the opening snapshot
    is in the first day's own month, that month has none.
    """
    return case.opened.month != case.r.index[0].month


REFERENCES = [
    Reference("total_return", "PerformanceStats.total_return", lambda c: _stats(c).total_return),
    Reference("cagr_calendar", "calc_cagr", lambda c: ffn.calc_cagr(c.prices)),
    Reference(
        "annual_return_arithmetic",
        "PerformanceStats.daily_mean",
        lambda c: _stats(c).daily_mean,
        at_least(20),
    ),
    Reference("best_day", "PerformanceStats.best_day", lambda c: _stats(c).best_day),
    Reference("worst_day", "PerformanceStats.worst_day", lambda c: _stats(c).worst_day),
    Reference(
        "volatility_annual",
        "PerformanceStats.daily_vol",
        lambda c: _stats(c).daily_vol,
        at_least(20),
    ),
    Reference(
        "volatility_monthly",
        "PerformanceStats.monthly_vol / sqrt(12)",
        lambda c: _stats(c).monthly_vol / 12**0.5,
        _opens_a_month,
    ),
    Reference(
        "sharpe_ratio",
        "PerformanceStats.daily_sharpe",
        lambda c: _stats(c).daily_sharpe,
        at_least(20),
    ),
    Reference(
        "sortino_ratio",
        "PerformanceStats.daily_sortino",
        lambda c: _stats(c).daily_sortino,
        at_least(20),
    ),
    Reference("max_drawdown", "calc_max_drawdown", lambda c: ffn.calc_max_drawdown(c.prices)),
    Reference("avg_drawdown", "PerformanceStats.avg_drawdown", lambda c: _stats(c).avg_drawdown),
    Reference(
        "avg_up_month",
        "PerformanceStats.avg_up_month",
        lambda c: _stats(c).avg_up_month,
        _opens_a_month,
    ),
    Reference(
        "avg_down_month",
        "PerformanceStats.avg_down_month",
        lambda c: _stats(c).avg_down_month,
        _opens_a_month,
    ),
    Reference(
        "best_month", "PerformanceStats.best_month", lambda c: _stats(c).best_month, _opens_a_month
    ),
    Reference(
        "worst_month",
        "PerformanceStats.worst_month",
        lambda c: _stats(c).worst_month,
        _opens_a_month,
    ),
    Reference(
        "skewness", "PerformanceStats.daily_skew", lambda c: _stats(c).daily_skew, at_least(20)
    ),
    Reference(
        "kurtosis_excess",
        "PerformanceStats.daily_kurt",
        lambda c: _stats(c).daily_kurt,
        at_least(20),
    ),
    Reference(
        "prob_outperformance",
        "calc_prob_mom",
        lambda c: ffn.calc_prob_mom(c.paired["r"], c.paired["bench"]),
    ),
    Reference("mtd_return", "PerformanceStats.mtd", lambda c: _stats(c).mtd, _opens_a_month),
    Reference("ytd_return", "PerformanceStats.ytd", lambda c: _stats(c).ytd, _opens_a_year),
    Reference(
        "current_drawdown",
        "to_drawdown_series",
        lambda c: ffn.to_drawdown_series(c.prices).iloc[-1],
    ),
    Reference(
        "drawdown_count",
        "drawdown_details",
        lambda c: len(ffn.core.drawdown_details(ffn.to_drawdown_series(c.prices))),
    ),
]
