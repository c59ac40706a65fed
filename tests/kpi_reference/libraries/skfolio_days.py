"""skfolio, and what rests on its drawdowns. https://skfolio.org."""

from __future__ import annotations

import empyrical as ep
import numpy as np
import skfolio.measures as sk

from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "skfolio"


def _drawdowns(case: Case) -> np.ndarray:
    return sk.get_drawdowns(case.r.to_numpy(), compounded=True)


REFERENCES = [
    Reference(
        "semi_deviation_daily",
        "measures.semi_deviation",
        lambda c: sk.semi_deviation(c.r.to_numpy()),
    ),
    Reference(
        "mean_absolute_deviation",
        "measures.mean_absolute_deviation",
        lambda c: sk.mean_absolute_deviation(c.r.to_numpy()),
    ),
    Reference(
        "gini_mean_difference",
        "measures.gini_mean_difference",
        lambda c: sk.gini_mean_difference(c.r.to_numpy()),
    ),
    Reference("max_drawdown", "measures.max_drawdown", lambda c: -sk.max_drawdown(_drawdowns(c))),
    Reference("ulcer_index", "measures.ulcer_index", lambda c: sk.ulcer_index(_drawdowns(c))),
    Reference(
        "pain_index", "measures.average_drawdown", lambda c: sk.average_drawdown(_drawdowns(c))
    ),
    Reference(
        "pain_ratio",
        "empyrical.cagr / measures.average_drawdown",
        lambda c: ep.cagr(c.r) / sk.average_drawdown(_drawdowns(c)),
    ),
    Reference(
        "conditional_drawdown_at_risk_95",
        "measures.cdar(beta=0.95)",
        lambda c: sk.cdar(_drawdowns(c), beta=0.95),
    ),
    Reference(
        "drawdown_at_risk_95",
        "numpy.quantile of measures.get_drawdowns",
        lambda c: -np.quantile(_drawdowns(c), 0.05),
    ),
    Reference("current_drawdown", "measures.get_drawdowns", lambda c: _drawdowns(c)[-1]),
    Reference(
        "volatility_daily",
        "measures.standard_deviation",
        lambda c: sk.standard_deviation(c.r.to_numpy()),
    ),
]
