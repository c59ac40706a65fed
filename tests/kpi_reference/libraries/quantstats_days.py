"""QuantStats on daily returns. https://github.com/ranaroussi/quantstats."""

from __future__ import annotations

import numpy as np
import quantstats.stats as qs

from tests.kpi_reference.case import DAYS_PER_YEAR as A
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference, at_least

LIBRARY = "quantstats"


def _slice(case: Case, unit: str) -> float:
    """Return what the report's MTD and YTD are: `comp` over the days of the last period."""
    period = case.r.index.to_period(unit)
    return qs.comp(case.r[period == period[-1]])


def _valley(case: Case) -> str:
    details = qs.drawdown_details(qs.to_drawdown_series(case.r))
    return details.loc[details["max drawdown"].idxmin(), "valley"]


REFERENCES = [
    Reference("total_return", "stats.comp", lambda c: qs.comp(c.r)),
    Reference("cagr", "stats.cagr(periods=252)", lambda c: qs.cagr(c.r, periods=A)),
    Reference("mean_active_day_return", "stats.avg_return", lambda c: qs.avg_return(c.r)),
    Reference(
        "geometric_mean_daily_return", "stats.expected_return", lambda c: qs.expected_return(c.r)
    ),
    Reference(
        "expected_monthly_return",
        'stats.expected_return(aggregate="ME")',
        lambda c: qs.expected_return(c.r, aggregate="ME"),
    ),
    Reference(
        "expected_yearly_return",
        'stats.expected_return(aggregate="YE")',
        lambda c: qs.expected_return(c.r, aggregate="YE"),
    ),
    Reference("best_day", "stats.best", lambda c: qs.best(c.r)),
    Reference("worst_day", "stats.worst", lambda c: qs.worst(c.r)),
    Reference("best_month", 'stats.best(aggregate="ME")', lambda c: qs.best(c.r, aggregate="ME")),
    Reference(
        "worst_month", 'stats.worst(aggregate="ME")', lambda c: qs.worst(c.r, aggregate="ME")
    ),
    Reference("best_year", 'stats.best(aggregate="YE")', lambda c: qs.best(c.r, aggregate="YE")),
    Reference("worst_year", 'stats.worst(aggregate="YE")', lambda c: qs.worst(c.r, aggregate="YE")),
    Reference("mtd_return", "stats.comp on the month", lambda c: _slice(c, "M")),
    Reference("ytd_return", "stats.comp on the year", lambda c: _slice(c, "Y")),
    Reference("positive_days_ratio", "stats.win_rate", lambda c: qs.win_rate(c.r)),
    Reference(
        "positive_weeks_ratio",
        "stats.win_rate on ISO weeks",
        lambda c: qs.win_rate(c.weeks, prepare_returns=False),
    ),
    Reference(
        "positive_months_ratio",
        'stats.win_rate(aggregate="ME")',
        lambda c: qs.win_rate(c.r, aggregate="ME"),
    ),
    Reference("avg_up_day", "stats.avg_win", lambda c: qs.avg_win(c.r)),
    Reference("avg_down_day", "stats.avg_loss", lambda c: qs.avg_loss(c.r)),
    Reference(
        "avg_up_month", 'stats.avg_win(aggregate="ME")', lambda c: qs.avg_win(c.r, aggregate="ME")
    ),
    Reference(
        "avg_down_month",
        'stats.avg_loss(aggregate="ME")',
        lambda c: qs.avg_loss(c.r, aggregate="ME"),
    ),
    Reference(
        "volatility_daily",
        "stats.volatility(annualize=False)",
        lambda c: qs.volatility(c.r, annualize=False),
    ),
    Reference(
        "volatility_annual", "stats.volatility(periods=252)", lambda c: qs.volatility(c.r, A)
    ),
    Reference(
        "volatility_30d",
        "stats.rolling_volatility(30)",
        lambda c: qs.rolling_volatility(c.r, 30, A).iloc[-1],
    ),
    Reference(
        "volatility_90d",
        "stats.rolling_volatility(90)",
        lambda c: qs.rolling_volatility(c.r, 90, A).iloc[-1],
    ),
    Reference(
        "volatility_of_volatility",
        "stats.rolling_volatility(30).std()",
        lambda c: qs.rolling_volatility(c.r, 30, A).std(),
    ),
    Reference(
        "autocorrelation_penalty", "stats.autocorr_penalty", lambda c: qs.autocorr_penalty(c.r)
    ),
    Reference("sharpe_ratio", "stats.sharpe", lambda c: qs.sharpe(c.r, periods=A)),
    Reference(
        "sharpe_30d",
        "stats.rolling_sharpe(rolling_period=30)",
        lambda c: qs.rolling_sharpe(c.r, rolling_period=30, periods_per_year=A).iloc[-1],
    ),
    Reference(
        "sharpe_90d",
        "stats.rolling_sharpe(rolling_period=90)",
        lambda c: qs.rolling_sharpe(c.r, rolling_period=90, periods_per_year=A).iloc[-1],
    ),
    Reference("smart_sharpe", "stats.smart_sharpe", lambda c: qs.smart_sharpe(c.r, periods=A)),
    Reference(
        "probabilistic_sharpe_ratio",
        "stats.probabilistic_sharpe_ratio",
        lambda c: qs.probabilistic_sharpe_ratio(c.r),
    ),
    Reference("sortino_ratio", "stats.sortino", lambda c: qs.sortino(c.r, periods=A)),
    Reference(
        "sortino_90d",
        "stats.rolling_sortino(rolling_period=90)",
        lambda c: qs.rolling_sortino(c.r, rolling_period=90, periods_per_year=A).iloc[-1],
    ),
    Reference(
        "adjusted_sortino", "stats.adjusted_sortino", lambda c: qs.adjusted_sortino(c.r, periods=A)
    ),
    Reference("calmar_ratio", "stats.calmar", lambda c: qs.calmar(c.r, periods=A)),
    Reference("omega_ratio", "stats.omega", lambda c: qs.omega(c.r, periods=A)),
    Reference(
        "gain_to_pain_ratio", "stats.gain_to_pain_ratio", lambda c: qs.gain_to_pain_ratio(c.r)
    ),
    Reference(
        "gain_to_pain_ratio_monthly",
        'stats.gain_to_pain_ratio(resolution="ME")',
        lambda c: qs.gain_to_pain_ratio(c.r, resolution="ME"),
        lambda c: bool((c.r.groupby(c.r.index.to_period("M")).sum() < 0).any()),
    ),
    Reference(
        "martin_ratio",
        "stats.cagr / (stats.ulcer_index * sqrt((n-1)/n))",
        lambda c: qs.cagr(c.r, periods=A) / (qs.ulcer_index(c.r) * np.sqrt((c.n - 1) / c.n)),
    ),
    Reference("serenity_index", "stats.serenity_index", lambda c: qs.serenity_index(c.r)),
    Reference("risk_return_ratio", "stats.risk_return_ratio", lambda c: qs.risk_return_ratio(c.r)),
    Reference(
        "common_sense_ratio", "stats.common_sense_ratio", lambda c: qs.common_sense_ratio(c.r)
    ),
    Reference("profit_factor_daily", "stats.profit_factor", lambda c: qs.profit_factor(c.r)),
    Reference("payoff_ratio_daily", "stats.payoff_ratio", lambda c: qs.payoff_ratio(c.r)),
    Reference("max_drawdown", "stats.max_drawdown", lambda c: qs.max_drawdown(c.r)),
    Reference(
        "current_drawdown",
        "stats.to_drawdown_series",
        lambda c: qs.to_drawdown_series(c.r).iloc[-1],
    ),
    Reference(
        "avg_drawdown",
        'stats.drawdown_details["max drawdown"].mean() / 100',
        lambda c: qs.drawdown_details(qs.to_drawdown_series(c.r))["max drawdown"].mean() / 100,
    ),
    Reference(
        "drawdown_count",
        "stats.drawdown_details",
        lambda c: len(qs.drawdown_details(qs.to_drawdown_series(c.r))),
    ),
    Reference("outlier_win_ratio", "stats.outlier_win_ratio", lambda c: qs.outlier_win_ratio(c.r)),
    Reference(
        "outlier_loss_ratio", "stats.outlier_loss_ratio", lambda c: qs.outlier_loss_ratio(c.r)
    ),
    Reference(
        "max_consecutive_winning_days",
        "stats.consecutive_wins",
        lambda c: qs.consecutive_wins(c.r),
    ),
    Reference(
        "max_consecutive_losing_days",
        "stats.consecutive_losses",
        lambda c: qs.consecutive_losses(c.r),
    ),
    Reference("skewness", "stats.skew", lambda c: qs.skew(c.r)),
    Reference("kurtosis_excess", "stats.kurtosis", lambda c: qs.kurtosis(c.r)),
    Reference(
        "outlier_days_count",
        'stats.distribution["Daily"]["outliers"]',
        lambda c: len(qs.distribution(c.r)["Daily"]["outliers"]),
    ),
    Reference("var_95_parametric", "stats.value_at_risk", lambda c: qs.value_at_risk(c.r)),
    Reference(
        "cvar_95_parametric",
        "stats.conditional_value_at_risk",
        lambda c: qs.conditional_value_at_risk(c.r),
    ),
    Reference("tail_ratio", "stats.tail_ratio", lambda c: qs.tail_ratio(c.r)),
    Reference("beta", 'stats.greeks["beta"]', lambda c: qs.greeks(c.r, c.daily["bench"])["beta"]),
    Reference(
        "alpha_annual_simple",
        'stats.greeks["alpha"]',
        lambda c: qs.greeks(c.r, c.daily["bench"])["alpha"],
    ),
    Reference(
        "r_squared", "stats.r_squared", lambda c: qs.r_squared(c.paired["r"], c.paired["bench"])
    ),
    Reference(
        "information_ratio",
        "stats.information_ratio * sqrt(252)",
        lambda c: qs.information_ratio(c.paired["r"], c.paired["bench"]) * np.sqrt(A),
    ),
    Reference(
        "max_drawdown_30d",
        "stats.max_drawdown on 30 days",
        lambda c: qs.max_drawdown(c.r.iloc[-30:]),
        at_least(30),
    ),
    Reference(
        "max_drawdown_90d",
        "stats.max_drawdown on 90 days",
        lambda c: qs.max_drawdown(c.r.iloc[-90:]),
        at_least(90),
    ),
    Reference("max_drawdown_valley_date", "stats.drawdown_details, deepest valley", _valley),
]
