"""Functions of days that go by a KPI's name and compute something else, each with the reason."""

from __future__ import annotations

import ffn
import pandas as pd
import quantstats.stats as qs
import skfolio.measures as sk
from financetoolkit.performance import performance_model as performance
from pyfolio import timeseries

from tests.kpi_reference.accounts import INITIAL
from tests.kpi_reference.case import Case
from tests.kpi_reference.libraries.backtesting_account import stats
from tests.kpi_reference.libraries.freqtrade_trades import metrics
from tests.kpi_reference.reference import Reference, at_least

LIBRARY = ""  # each function's name begins with its library


def _balances(case: Case) -> pd.DataFrame:
    prices = case.prices
    return pd.DataFrame({"date": prices.index, "total_quote": prices.to_numpy() * INITIAL})


def _freqtrade_cagr(case: Case) -> float:
    days = (case.r.index[-1] - case.opened).days
    return metrics.calculate_cagr(days, 1.0, case.prices.iloc[-1])


def _drawdown_days(case: Case) -> pd.Series:
    return qs.drawdown_details(qs.to_drawdown_series(case.r))["days"]


def _pyfolio_var(case: Case) -> float:
    return timeseries.var_cov_var_normal(1.0, 0.95, case.r.mean(), case.r.std())


REFERENCES = [
    Reference(
        "cagr",
        "freqtrade calculate_cagr",
        _freqtrade_cagr,
        cause="calendar days in a year of 365, not observations in one of 252",
    ),
    Reference(
        "sharpe_ratio",
        "freqtrade calculate_sharpe_from_balance",
        lambda c: metrics.calculate_sharpe_from_balance(_balances(c)),
        cause="ddof 0 and a year of 365 observations",
    ),
    Reference(
        "sharpe_ratio",
        'backtesting stats "Sharpe Ratio"',
        lambda c: stats(c)["Sharpe Ratio"],
        at_least(20),
        "geometric annual return over the volatility of compounded years",
    ),
    Reference(
        "sortino_ratio",
        'backtesting stats "Sortino Ratio"',
        lambda c: stats(c)["Sortino Ratio"],
        at_least(20),
        "geometric annual return over the downside deviation",
    ),
    Reference(
        "sortino_ratio",
        "freqtrade calculate_sortino_from_balance",
        lambda c: metrics.calculate_sortino_from_balance(_balances(c)),
        cause="standard deviation, ddof 0, of the losing days alone, and a year of 365 observations",
    ),
    Reference(
        "calmar_ratio",
        "ffn calc_calmar_ratio",
        lambda c: ffn.calc_calmar_ratio(c.prices),
        cause="CAGR of calendar days in a year of 365.25",
    ),
    Reference(
        "calmar_ratio",
        "freqtrade calculate_calmar_from_balance",
        lambda c: metrics.calculate_calmar_from_balance(_balances(c)),
        cause="percent of return per calendar day times sqrt(365), over the drawdown",
    ),
    Reference(
        "max_drawdown",
        "ffn calc_max_drawdown of closes alone",
        lambda c: ffn.calc_max_drawdown(c.prices.iloc[1:]),
        cause="the start is no peak: what is lost on the first day is not seen",
    ),
    Reference(
        "avg_drawdown_days",
        'quantstats stats.drawdown_details["days"].mean()',
        lambda c: _drawdown_days(c).mean(),
        cause="from the first day under water to the last, both counted",
    ),
    Reference(
        "max_drawdown_duration_days",
        'quantstats stats.drawdown_details["days"].max()',
        lambda c: _drawdown_days(c).max(),
        cause="from the first day under water to the last, both counted",
    ),
    Reference(
        "avg_drawdown_days",
        "ffn PerformanceStats.avg_drawdown_days",
        lambda c: ffn.PerformanceStats(c.prices).avg_drawdown_days,
        cause="from the first day under water, not from the peak",
    ),
    Reference(
        "ulcer_index",
        "quantstats stats.ulcer_index",
        lambda c: qs.ulcer_index(c.r),
        cause="divided by n-1",
    ),
    Reference(
        "ulcer_index",
        "ffn to_ulcer_index",
        lambda c: ffn.core.to_ulcer_index(c.prices),
        cause="in percent, and the opening row counts as a day",
    ),
    Reference(
        "martin_ratio",
        "quantstats stats.ulcer_performance_index",
        lambda c: qs.ulcer_performance_index(c.r),
        cause="total return, not a year's, over an index divided by n-1",
    ),
    Reference(
        "martin_ratio",
        "ffn to_ulcer_performance_index",
        lambda c: ffn.core.to_ulcer_performance_index(c.prices),
        cause="CAGR of calendar days, over an index with the opening row",
    ),
    Reference(
        "recovery_factor",
        "quantstats stats.recovery_factor",
        lambda c: qs.recovery_factor(c.r),
        cause="sum of returns, not compounded and without its sign",
    ),
    Reference(
        "exposure_adjusted_return",
        "quantstats stats.rar",
        lambda c: qs.rar(c.r),
        cause="exposure is rounded up to a whole percent",
    ),
    Reference(
        "var_95_historical",
        "quantstats stats.var",
        lambda c: qs.var(c.r),
        cause="of a normal distribution",
    ),
    Reference(
        "var_95_parametric",
        "pyfolio-reloaded timeseries.var_cov_var_normal",
        _pyfolio_var,
        cause="a loss has the positive sign",
    ),
    Reference(
        "var_95_historical",
        "skfolio measures.value_at_risk",
        lambda c: sk.value_at_risk(c.r.to_numpy(), beta=0.95),
        cause="an order statistic, not interpolated; a loss has the positive sign",
    ),
    Reference(
        "cvar_95_historical",
        "quantstats stats.cvar",
        lambda c: qs.cvar(c.r),
        cause="of a normal distribution",
    ),
    Reference(
        "cvar_95_historical",
        "skfolio measures.cvar",
        lambda c: sk.cvar(c.r.to_numpy(), beta=0.95),
        cause="the day at the boundary counts by its share; a loss has the positive sign",
    ),
    Reference(
        "drawdown_at_risk_95",
        "skfolio measures.drawdown_at_risk",
        lambda c: sk.drawdown_at_risk(sk.get_drawdowns(c.r.to_numpy(), compounded=True), beta=0.95),
        cause="an order statistic, not interpolated",
    ),
    Reference(
        "probabilistic_sharpe_ratio",
        "skfolio measures.probabilistic_sharpe_ratio",
        lambda c: sk.probabilistic_sharpe_ratio(c.r.to_numpy()),
        at_least(20),
        "skewness and kurtosis are not corrected for bias",
    ),
    Reference(
        "positive_weeks_ratio",
        'quantstats stats.win_rate(aggregate="W")',
        lambda c: qs.win_rate(c.r, aggregate="W"),
        cause="weeks by calendar year and ISO week: days around New Year fall together",
    ),
    Reference(
        "treynor_ratio",
        "quantstats stats.treynor_ratio",
        lambda c: qs.treynor_ratio(c.paired["r"], c.paired["bench"]),
        cause="total return, not a year's",
    ),
    Reference(
        "alpha_annual",
        'quantstats stats.greeks["alpha"]',
        lambda c: qs.greeks(c.paired["r"], c.paired["bench"])["alpha"],
        cause="times 252, not compounded",
    ),
    Reference(
        "information_ratio",
        "quantstats stats.information_ratio",
        lambda c: qs.information_ratio(c.paired["r"], c.paired["bench"]),
        cause="of a day, not of a year",
    ),
    Reference(
        "up_capture",
        "financetoolkit get_upside_capture_ratio",
        lambda c: performance.get_upside_capture_ratio(c.paired["r"], c.paired["bench"]),
        cause="geometric mean of a day, not of a year",
    ),
]
