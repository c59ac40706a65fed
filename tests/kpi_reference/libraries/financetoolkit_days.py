"""FinanceToolkit's models on daily returns. https://www.jeroenbouma.com/projects/financetoolkit."""

from __future__ import annotations

import empyrical as ep
import pandas as pd
from financetoolkit.performance import performance_model as performance
from financetoolkit.risk import risk_model, var_model

from tests.kpi_reference.case import DAYS_PER_YEAR as A
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "financetoolkit"


def _one(value: float) -> pd.Series:
    return pd.Series([float(value)])


def _adjusted_sharpe(case: Case) -> float:
    return performance.get_adjusted_sharpe_ratio(
        performance.get_sharpe_ratio(case.r),
        risk_model.get_skewness(case.r),
        risk_model.get_kurtosis(case.r, fisher=True) + 3,
    )


def _sterling(case: Case) -> float:
    average = performance.get_average_drawdown(case.r)
    return performance.get_sterling_ratio(_one(ep.cagr(case.r)), _one(average), 0.1).iloc[0]


def _burke(case: Case) -> float:
    measure = performance.get_burke_drawdown_measure(case.r)
    return performance.get_burke_ratio(_one(ep.cagr(case.r)), _one(measure)).iloc[0]


def _m2(case: Case) -> float:
    """Return M2 of yearly figures: the return that the benchmark's volatility would have had."""
    root = A**0.5
    return performance.get_m2_ratio(
        float(case.r.mean() * A),
        0.0,
        float(case.r.std() * root),
        float(case.paired["bench"].std() * root),
    )


REFERENCES = [
    Reference("adjusted_sharpe_ratio", "get_adjusted_sharpe_ratio", _adjusted_sharpe),
    Reference("omega_ratio", "get_omega_ratio", lambda c: performance.get_omega_ratio(c.r)),
    Reference(
        "gain_to_pain_ratio",
        "get_gain_to_pain_ratio",
        lambda c: performance.get_gain_to_pain_ratio(c.r),
    ),
    Reference("sterling_ratio", "get_sterling_ratio", _sterling),
    Reference("burke_ratio", "get_burke_ratio", _burke),
    Reference("kappa_3", "get_kappa_ratio(order=3)", lambda c: performance.get_kappa_ratio(c.r, 3)),
    Reference("rachev_ratio_95", "get_rachev_ratio", lambda c: performance.get_rachev_ratio(c.r)),
    Reference(
        "starr_ratio_95",
        "get_starr_ratio",
        lambda c: performance.get_starr_ratio(float(c.r.mean()), c.r),
    ),
    Reference(
        "var_95_historical", "get_var_historic", lambda c: var_model.get_var_historic(c.r, 0.05)
    ),
    Reference(
        "var_95_parametric", "get_var_gaussian", lambda c: var_model.get_var_gaussian(c.r, 0.05)
    ),
    Reference(
        "var_95_cornish_fisher",
        "get_var_cornish_fisher",
        lambda c: var_model.get_var_cornish_fisher(c.r, 0.05),
    ),
    Reference(
        "tracking_error",
        "get_tracking_error * sqrt(252)",
        lambda c: performance.get_tracking_error(c.paired["r"], c.paired["bench"]) * A**0.5,
    ),
    Reference("m2_ratio", "get_m2_ratio of yearly figures", _m2),
]
