"""NautilusTrader's statistics. https://nautilustrader.io. It wants a Python of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nautilus_trader.core.nautilus_pyo3 as nautilus
import pandas as pd

from tests.kpi_reference.case import DAYS_PER_YEAR as A
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "nautilus_trader"


def _stamped(series: pd.Series) -> dict[int, float]:
    """Return the values by nanoseconds since 1970, which is what the statistics take."""
    stamps = series.index.astype("datetime64[ns]").astype("int64")
    return dict(zip(stamps.tolist(), series.tolist(), strict=True))


def _days(statistic: Any) -> Callable[[Case], Any]:
    return lambda c: statistic.calculate_from_returns(_stamped(c.r))


def _trades(statistic: Any) -> Callable[[Case], Any]:
    return lambda c: statistic.calculate_from_realized_pnls(c.p.tolist())


def _against(statistic: Any) -> Callable[[Case], Any]:
    def value(case: Case) -> Any:
        paired = case.paired
        return statistic.calculate_from_returns_with_benchmark(
            _stamped(paired["r"]), _stamped(paired["bench"])
        )

    return value


REFERENCES = [
    Reference("cagr", "CAGR(252)", _days(nautilus.CAGR(A))),
    Reference("mean_daily_return", "ReturnsAverage", _days(nautilus.ReturnsAverage())),
    Reference("avg_up_day", "ReturnsAverageWin", _days(nautilus.ReturnsAverageWin())),
    Reference("avg_down_day", "ReturnsAverageLoss", _days(nautilus.ReturnsAverageLoss())),
    Reference("volatility_annual", "ReturnsVolatility(252)", _days(nautilus.ReturnsVolatility(A))),
    Reference("sharpe_ratio", "SharpeRatio(252)", _days(nautilus.SharpeRatio(A))),
    Reference("sortino_ratio", "SortinoRatio(252)", _days(nautilus.SortinoRatio(A))),
    Reference("risk_return_ratio", "RiskReturnRatio", _days(nautilus.RiskReturnRatio())),
    Reference("profit_factor_daily", "ProfitFactor", _days(nautilus.ProfitFactor())),
    Reference("max_drawdown", "MaxDrawdown", _days(nautilus.MaxDrawdown())),
    Reference("ulcer_index", "UlcerIndex", _days(nautilus.UlcerIndex())),
    Reference("var_95_historical", "ValueAtRisk", _days(nautilus.ValueAtRisk())),
    Reference("cvar_95_historical", "ExpectedShortfall", _days(nautilus.ExpectedShortfall())),
    Reference("win_rate", "WinRate", _trades(nautilus.WinRate())),
    Reference("avg_win", "AvgWinner", _trades(nautilus.AvgWinner())),
    Reference("avg_loss", "AvgLoser", _trades(nautilus.AvgLoser())),
    Reference("largest_win", "MaxWinner", _trades(nautilus.MaxWinner())),
    Reference("largest_loss", "MaxLoser", _trades(nautilus.MaxLoser())),
    Reference("smallest_win", "MinWinner", _trades(nautilus.MinWinner())),
    Reference("smallest_loss", "MinLoser", _trades(nautilus.MinLoser())),
    Reference("beta", "BetaRatio", _against(nautilus.BetaRatio())),
    Reference("alpha_annual", "Alpha(252)", _against(nautilus.Alpha(A))),
    Reference("tracking_error", "TrackingError(252)", _against(nautilus.TrackingError(A))),
    Reference("information_ratio", "InformationRatio(252)", _against(nautilus.InformationRatio(A))),
    Reference(
        "treynor_ratio",
        "TreynorRatio(252)",
        _against(nautilus.TreynorRatio(A)),
        lambda c: c.paired_every_day,
    ),
    Reference(
        "treynor_ratio",
        "TreynorRatio(252) of gaps",
        _against(nautilus.TreynorRatio(A)),
        lambda c: not c.paired_every_day,
        "the annual return, too, is of the days alone that have a benchmark",
    ),
    Reference("up_capture", "UpCaptureRatio(252)", _against(nautilus.UpCaptureRatio(A))),
    Reference("down_capture", "DownCaptureRatio(252)", _against(nautilus.DownCaptureRatio(A))),
    Reference(
        "expectancy",
        "Expectancy",
        _trades(nautilus.Expectancy()),
        cause="divided by won and lost trades, without those that break even",
    ),
    Reference("calmar_ratio", "CalmarRatio(252)", _days(nautilus.CalmarRatio(A))),
    Reference("omega_ratio", "OmegaRatio", _days(nautilus.OmegaRatio())),
    Reference("tail_ratio", "TailRatio", _days(nautilus.TailRatio())),
    Reference("skewness", "ReturnsSkewness", _days(nautilus.ReturnsSkewness())),
    Reference("kurtosis_excess", "ReturnsKurtosis", _days(nautilus.ReturnsKurtosis())),
]
