"""empyrical-reloaded. https://github.com/stefan-jansen/empyrical-reloaded."""

from __future__ import annotations

import empyrical as ep
import numpy as np
import pandas as pd

from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference, at_least

LIBRARY = "empyrical-reloaded"


def _months(case: Case) -> pd.Series:
    return ep.aggregate_returns(case.r, "monthly")


def _years(case: Case) -> pd.Series:
    return ep.aggregate_returns(case.r, "yearly")


def _last_36_months(case: Case) -> pd.Series:
    return case.r[case.r.index > case.r.index[-1] - pd.DateOffset(months=36)]


REFERENCES = [
    Reference("total_return", "cum_returns_final", lambda c: ep.cum_returns_final(c.r)),
    Reference("cagr", "cagr", lambda c: ep.cagr(c.r)),
    Reference("best_month", 'aggregate_returns("monthly").max()', lambda c: _months(c).max()),
    Reference("worst_month", 'aggregate_returns("monthly").min()', lambda c: _months(c).min()),
    Reference("best_year", 'aggregate_returns("yearly").max()', lambda c: _years(c).max()),
    Reference("worst_year", 'aggregate_returns("yearly").min()', lambda c: _years(c).min()),
    Reference(
        "stability_of_timeseries",
        "stability_of_timeseries",
        lambda c: ep.stability_of_timeseries(c.r),
    ),
    Reference("volatility_annual", "annual_volatility", lambda c: ep.annual_volatility(c.r)),
    Reference(
        "volatility_monthly", 'aggregate_returns("monthly").std()', lambda c: _months(c).std()
    ),
    Reference("downside_deviation_annual", "downside_risk", lambda c: ep.downside_risk(c.r)),
    Reference("sharpe_ratio", "sharpe_ratio", lambda c: ep.sharpe_ratio(c.r)),
    Reference(
        "sharpe_monthly",
        'sharpe_ratio(period="monthly")',
        lambda c: ep.sharpe_ratio(_months(c), period="monthly"),
    ),
    Reference("sortino_ratio", "sortino_ratio", lambda c: ep.sortino_ratio(c.r)),
    Reference("calmar_ratio", "calmar_ratio", lambda c: ep.calmar_ratio(c.r)),
    Reference(
        "mar_ratio_36m",
        "calmar_ratio on the last 36 months",
        lambda c: ep.calmar_ratio(_last_36_months(c)),
    ),
    Reference("omega_ratio", "omega_ratio", lambda c: ep.omega_ratio(c.r)),
    Reference(
        "recovery_factor",
        "cum_returns_final / |max_drawdown|",
        lambda c: ep.cum_returns_final(c.r) / abs(ep.max_drawdown(c.r)),
    ),
    Reference(
        "exposure_adjusted_return",
        "cagr / share of days with a return",
        lambda c: ep.cagr(c.r) / (c.r != 0).mean(),
    ),
    Reference("max_drawdown", "max_drawdown", lambda c: ep.max_drawdown(c.r)),
    Reference(
        "max_drawdown_30d",
        "max_drawdown on 30 days",
        lambda c: ep.max_drawdown(c.r.iloc[-30:]),
        at_least(30),
    ),
    Reference(
        "max_drawdown_90d",
        "max_drawdown on 90 days",
        lambda c: ep.max_drawdown(c.r.iloc[-90:]),
        at_least(90),
    ),
    Reference(
        "var_95_historical", "value_at_risk", lambda c: ep.value_at_risk(c.r.to_numpy(), 0.05)
    ),
    Reference(
        "var_99_historical", "value_at_risk", lambda c: ep.value_at_risk(c.r.to_numpy(), 0.01)
    ),
    Reference(
        "cvar_95_historical",
        "conditional_value_at_risk",
        lambda c: ep.conditional_value_at_risk(c.r.to_numpy(), 0.05),
    ),
    Reference(
        "cvar_99_historical",
        "conditional_value_at_risk",
        lambda c: ep.conditional_value_at_risk(c.r.to_numpy(), 0.01),
    ),
    Reference("tail_ratio", "tail_ratio", lambda c: ep.tail_ratio(c.r)),
    Reference("beta", "beta", lambda c: ep.beta(c.paired["r"], c.paired["bench"])),
    Reference("alpha_annual", "alpha", lambda c: ep.alpha(c.paired["r"], c.paired["bench"])),
    Reference(
        "information_ratio",
        "excess_sharpe * sqrt(252)",
        lambda c: ep.excess_sharpe(c.paired["r"], c.paired["bench"]) * np.sqrt(252),
    ),
    Reference(
        "up_capture", "up_capture", lambda c: ep.up_capture(c.paired["r"], c.paired["bench"])
    ),
    Reference(
        "down_capture", "down_capture", lambda c: ep.down_capture(c.paired["r"], c.paired["bench"])
    ),
    Reference(
        "batting_average",
        'batting_average["batting average"]',
        lambda c: ep.batting_average(c.paired["r"], c.paired["bench"])["batting average"],
    ),
    Reference(
        "downside_beta",
        "down_alpha_beta[1]",
        lambda c: ep.down_alpha_beta(c.paired["r"], c.paired["bench"])[1],
    ),
]
