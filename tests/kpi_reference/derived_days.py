"""How a library's value follows from ours where it means something else by a KPI of days.

Each function takes our values of the account, and the account; it uses NumPy and none of the code
that is tested. What it computes must be the library's committed value, so that the cause of the
difference is shown, and not only that there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.kpi_reference.accounts import Account

Ours = Mapping[str, Any]
A = 252
YEAR = 365  # of those who count calendar days


class Days:
    """The days of an account, as arrays."""

    def __init__(self, account: Account) -> None:
        self.r = account.daily["r"]
        self.n = len(self.r)
        self.dates = account.daily["date"]
        both = ~np.isnan(account.daily["bench"])
        self.paired, self.bench = self.r[both], account.daily["bench"][both]
        self.opened = np.busday_offset(self.dates[0], -1)
        self.calendar_days = int((self.dates[-1] - self.opened).astype(int))
        self.wealth = np.cumprod(1 + self.r)
        self.drawdown = self.wealth / np.maximum(np.maximum.accumulate(self.wealth), 1.0) - 1

    def episodes(self) -> list[tuple[int, int]]:
        """Return the first and the last day under water of each drawdown."""
        under = np.concatenate(([False], self.drawdown < 0, [False]))
        starts, ends = (
            np.flatnonzero(under[1:] & ~under[:-1]),
            np.flatnonzero(~under[1:] & under[:-1]),
        )
        return list(zip(starts.tolist(), (ends - 1).tolist(), strict=True))

    def lengths(self) -> list[int]:
        """Return the length of each drawdown: first day under water to the last, both counted."""
        return [int((self.dates[b] - self.dates[a]).astype(int)) + 1 for a, b in self.episodes()]


def _growth(r: np.ndarray) -> float:
    return float(np.prod(1 + r))


def _worst(values: np.ndarray) -> float:
    """Return the order statistic at 5 %: the first value that is not among the worst 5 %."""
    return float(np.sort(values)[math.floor(0.05 * len(values) + 1e-9)])


def _freqtrade_cagr(ours: Ours, days: Days) -> float:
    return (1 + ours["total_return"]) ** (YEAR / days.calendar_days) - 1


def _freqtrade_sharpe(ours: Ours, days: Days) -> float:
    return ours["sharpe_ratio"] * math.sqrt(YEAR / A * days.n / (days.n - 1))


def _geometric_sharpe(ours: Ours, _: Days) -> float:
    growth = (1 + ours["geometric_mean_daily_return"]) ** 2
    variance = (ours["volatility_daily"] ** 2 + growth) ** A - growth**A
    return ours["cagr"] / math.sqrt(variance)


def _freqtrade_sortino(ours: Ours, days: Days) -> float:
    return ours["mean_daily_return"] / np.std(days.r[days.r < 0]) * math.sqrt(YEAR)


def _freqtrade_calmar(ours: Ours, days: Days) -> float:
    percent = 100 * ours["total_return"] / days.calendar_days
    return percent / -ours["max_drawdown"] * math.sqrt(YEAR)


def _to_recovery(_: Ours, days: Days) -> float:
    last = days.n - 1
    ends = [(a, min(b + 1, last)) for a, b in days.episodes()]
    return float(np.mean([(days.dates[b] - days.dates[a]).astype(int) for a, b in ends]))


def _rounded_exposure(ours: Ours, days: Days) -> float:
    return ours["cagr"] / (math.ceil((days.r != 0).mean() * 100) / 100)


def _shared_boundary(_: Ours, days: Days) -> float:
    ordered, tail = np.sort(days.r), (1.0 - 0.95) * days.n
    whole = max(0, math.ceil(tail) - 1)
    return -(ordered[:whole].sum() + (tail - whole) * ordered[whole]) / tail


def _biased_psr(ours: Ours, days: Days) -> float:
    n, ratio = days.n, ours["risk_return_ratio"]
    skew = ours["skewness"] * (n - 2) / math.sqrt(n * (n - 1))
    kurtosis = 3 + (ours["kurtosis_excess"] * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1)
    spread = math.sqrt(1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2)
    return 0.5 * math.erfc(-ratio * math.sqrt(n - 1) / spread / math.sqrt(2))


def _weeks_of_calendar_years(_: Ours, days: Days) -> float:
    growth: dict[tuple[int, int], float] = {}
    for day, r in zip(days.dates.tolist(), days.r, strict=True):
        week = (day.year, day.isocalendar().week)
        growth[week] = growth.get(week, 1.0) * (1 + r)
    moved = [value for value in growth.values() if value != 1.0]
    return sum(value > 1 for value in moved) / len(moved)


def _daily_capture(_: Ours, days: Days) -> float:
    up = days.bench > 0
    each = 1 / up.sum()
    return (_growth(days.paired[up]) ** each - 1) / (_growth(days.bench[up]) ** each - 1)


def _paired_treynor(ours: Ours, days: Days) -> float:
    return (_growth(days.paired) ** (A / len(days.paired)) - 1) / ours["beta"]


DAYS: dict[tuple[str, str, str], Callable[[Ours, Days], float]] = {
    ("cagr", "freqtrade", "calculate_cagr"): _freqtrade_cagr,
    ("sharpe_ratio", "freqtrade", "calculate_sharpe_from_balance"): _freqtrade_sharpe,
    ("sharpe_ratio", "backtesting", 'stats "Sharpe Ratio"'): _geometric_sharpe,
    ("sortino_ratio", "backtesting", 'stats "Sortino Ratio"'): (
        lambda ours, _: ours["cagr"] / ours["downside_deviation_annual"]
    ),
    ("sortino_ratio", "freqtrade", "calculate_sortino_from_balance"): _freqtrade_sortino,
    ("calmar_ratio", "ffn", "calc_calmar_ratio"): (
        lambda ours, _: ours["cagr_calendar"] / -ours["max_drawdown"]
    ),
    ("calmar_ratio", "freqtrade", "calculate_calmar_from_balance"): _freqtrade_calmar,
    ("max_drawdown", "ffn", "calc_max_drawdown of closes alone"): (
        lambda _, days: (days.wealth / np.maximum.accumulate(days.wealth)).min() - 1
    ),
    ("avg_drawdown_days", "quantstats", 'stats.drawdown_details["days"].mean()'): (
        lambda _, days: float(np.mean(days.lengths()))
    ),
    ("max_drawdown_duration_days", "quantstats", 'stats.drawdown_details["days"].max()'): (
        lambda _, days: max(days.lengths())
    ),
    ("avg_drawdown_days", "ffn", "PerformanceStats.avg_drawdown_days"): _to_recovery,
    ("ulcer_index", "quantstats", "stats.ulcer_index"): (
        lambda ours, days: ours["ulcer_index"] * math.sqrt(days.n / (days.n - 1))
    ),
    ("ulcer_index", "ffn", "to_ulcer_index"): (
        lambda ours, days: 100 * ours["ulcer_index"] * math.sqrt(days.n / (days.n + 1))
    ),
    ("martin_ratio", "quantstats", "stats.ulcer_performance_index"): (
        lambda ours, days: (
            ours["total_return"] / ours["ulcer_index"] * math.sqrt((days.n - 1) / days.n)
        )
    ),
    ("martin_ratio", "ffn", "to_ulcer_performance_index"): (
        lambda ours, days: (
            ours["cagr_calendar"] / ours["ulcer_index"] * math.sqrt((days.n + 1) / days.n)
        )
    ),
    ("recovery_factor", "quantstats", "stats.recovery_factor"): (
        lambda ours, days: abs(days.r.sum()) / -ours["max_drawdown"]
    ),
    ("exposure_adjusted_return", "quantstats", "stats.rar"): _rounded_exposure,
    ("var_95_historical", "quantstats", "stats.var"): lambda ours, _: ours["var_95_parametric"],
    ("var_95_parametric", "pyfolio-reloaded", "timeseries.var_cov_var_normal"): (
        lambda ours, _: -ours["var_95_parametric"]
    ),
    ("var_95_historical", "skfolio", "measures.value_at_risk"): lambda _, days: -_worst(days.r),
    ("cvar_95_historical", "quantstats", "stats.cvar"): lambda ours, _: ours["cvar_95_parametric"],
    ("cvar_95_historical", "skfolio", "measures.cvar"): _shared_boundary,
    ("drawdown_at_risk_95", "skfolio", "measures.drawdown_at_risk"): (
        lambda _, days: -_worst(days.drawdown)
    ),
    ("probabilistic_sharpe_ratio", "skfolio", "measures.probabilistic_sharpe_ratio"): _biased_psr,
    ("positive_weeks_ratio", "quantstats", 'stats.win_rate(aggregate="W")'): (
        _weeks_of_calendar_years
    ),
    ("treynor_ratio", "quantstats", "stats.treynor_ratio"): (
        lambda ours, days: (_growth(days.paired) - 1) / ours["beta"]
    ),
    ("treynor_ratio", "nautilus_trader", "TreynorRatio(252) of gaps"): _paired_treynor,
    ("alpha_annual", "quantstats", 'stats.greeks["alpha"]'): (
        lambda ours, _: A * ((1 + ours["alpha_annual"]) ** (1 / A) - 1)
    ),
    ("information_ratio", "quantstats", "stats.information_ratio"): (
        lambda ours, _: ours["information_ratio"] / math.sqrt(A)
    ),
    ("up_capture", "financetoolkit", "get_upside_capture_ratio"): _daily_capture,
}
