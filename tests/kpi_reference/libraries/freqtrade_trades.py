"""freqtrade: `freqtrade/data/metrics.py`, loaded as a file, because its package wants an exchange."""

from __future__ import annotations

import importlib.util
from importlib.metadata import distribution
from types import ModuleType

import pandas as pd

from tests.kpi_reference.accounts import INITIAL
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "freqtrade"


def _loaded() -> ModuleType:
    path = distribution("freqtrade").locate_file("freqtrade/data/metrics.py")
    spec = importlib.util.spec_from_file_location("freqtrade_metrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


metrics = _loaded()


def frame(case: Case) -> pd.DataFrame:
    """Return the trades as the library names them; closed in one second, they keep their order."""
    at = pd.date_range("2000-01-01", periods=len(case.trades), freq="s")
    return pd.DataFrame({"profit_abs": case.trades["p"].to_numpy(), "close_date": at})


def _drawdown(case: Case, *, relative: bool) -> float:
    found = metrics.calculate_max_drawdown(frame(case), starting_balance=INITIAL, relative=relative)
    return found.relative_account_drawdown if relative else found.drawdown_abs


REFERENCES = [
    Reference(
        "max_drawdown_currency",
        "calculate_max_drawdown.drawdown_abs",
        lambda c: _drawdown(c, relative=False),
    ),
    Reference(
        "max_drawdown_balance_relative",
        "calculate_max_drawdown(relative=True)",
        lambda c: _drawdown(c, relative=True),
    ),
    Reference(
        "absolute_drawdown_currency",
        "calculate_csum",
        lambda c: max(0.0, INITIAL - metrics.calculate_csum(frame(c), INITIAL)[0]),
    ),
    Reference(
        "expectancy", "calculate_expectancy[0]", lambda c: metrics.calculate_expectancy(frame(c))[0]
    ),
    Reference(
        "expectancy_ratio",
        "calculate_expectancy[1]",
        lambda c: metrics.calculate_expectancy(frame(c))[1],
    ),
    Reference(
        "edge_quality_t_p_value",
        "calculate_p_value",
        lambda c: metrics.calculate_p_value(frame(c), INITIAL),
    ),
]
