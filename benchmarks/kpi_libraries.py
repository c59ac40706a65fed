"""What quantstats and empyrical take for the KPIs that they have; run by their own Python.

    <python with quantstats and empyrical-reloaded> benchmarks/kpi_libraries.py RETURNS.npz

RETURNS.npz has `dates`, and `r` and `bench` with a row per account. Printed is one line of JSON:
versions, the KPIs of each library by our ids, and values of the first accounts. Then each line of
standard input is answered by a line of JSON with median seconds per account (quantstats, on pandas
Series) and per account and KPI (empyrical, on arrays), so that who asks can take turns with it.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import empyrical as ep
import numpy as np
import pandas as pd
import quantstats.stats as qs
from quantstats import reports

A = 252
QUANTSTATS = {
    "total_return": qs.comp,
    "cagr": lambda r: qs.cagr(r, periods=A),
    "mean_active_day_return": qs.avg_return,
    "geometric_mean_daily_return": qs.expected_return,
    "expected_monthly_return": lambda r: qs.expected_return(r, aggregate="ME"),
    "expected_yearly_return": lambda r: qs.expected_return(r, aggregate="YE"),
    "best_day": qs.best,
    "worst_day": qs.worst,
    "best_month": lambda r: qs.best(r, aggregate="ME"),
    "worst_month": lambda r: qs.worst(r, aggregate="ME"),
    "best_year": lambda r: qs.best(r, aggregate="YE"),
    "worst_year": lambda r: qs.worst(r, aggregate="YE"),
    "positive_days_ratio": qs.win_rate,
    "positive_months_ratio": lambda r: qs.win_rate(r, aggregate="ME"),
    "avg_up_day": qs.avg_win,
    "avg_down_day": qs.avg_loss,
    "avg_up_month": lambda r: qs.avg_win(r, aggregate="ME"),
    "avg_down_month": lambda r: qs.avg_loss(r, aggregate="ME"),
    "volatility_daily": lambda r: qs.volatility(r, annualize=False),
    "volatility_annual": lambda r: qs.volatility(r, A),
    "volatility_30d": lambda r: qs.rolling_volatility(r, 30, A).iloc[-1],
    "autocorrelation_penalty": qs.autocorr_penalty,
    "sharpe_ratio": lambda r: qs.sharpe(r, periods=A),
    "smart_sharpe": lambda r: qs.smart_sharpe(r, periods=A),
    "probabilistic_sharpe_ratio": qs.probabilistic_sharpe_ratio,
    "sortino_ratio": lambda r: qs.sortino(r, periods=A),
    "adjusted_sortino": lambda r: qs.adjusted_sortino(r, periods=A),
    "calmar_ratio": lambda r: qs.calmar(r, periods=A),
    "omega_ratio": lambda r: qs.omega(r, periods=A),
    "gain_to_pain_ratio": qs.gain_to_pain_ratio,
    "serenity_index": qs.serenity_index,
    "risk_return_ratio": qs.risk_return_ratio,
    "common_sense_ratio": qs.common_sense_ratio,
    "profit_factor_daily": qs.profit_factor,
    "payoff_ratio_daily": qs.payoff_ratio,
    "max_drawdown": qs.max_drawdown,
    "outlier_win_ratio": qs.outlier_win_ratio,
    "outlier_loss_ratio": qs.outlier_loss_ratio,
    "max_consecutive_winning_days": qs.consecutive_wins,
    "max_consecutive_losing_days": qs.consecutive_losses,
    "skewness": qs.skew,
    "kurtosis_excess": qs.kurtosis,
    "var_95_parametric": qs.value_at_risk,
    "cvar_95_parametric": qs.conditional_value_at_risk,
    "tail_ratio": qs.tail_ratio,
}
EMPYRICAL = {
    "total_return": lambda r, _: ep.cum_returns_final(r),
    "cagr": lambda r, _: ep.cagr(r),
    "stability_of_timeseries": lambda r, _: ep.stability_of_timeseries(r),
    "volatility_annual": lambda r, _: ep.annual_volatility(r),
    "downside_deviation_annual": lambda r, _: ep.downside_risk(r),
    "sharpe_ratio": lambda r, _: ep.sharpe_ratio(r),
    "sortino_ratio": lambda r, _: ep.sortino_ratio(r),
    "calmar_ratio": lambda r, _: ep.calmar_ratio(r),
    "omega_ratio": lambda r, _: ep.omega_ratio(r),
    "max_drawdown": lambda r, _: ep.max_drawdown(r),
    "var_95_historical": lambda r, _: ep.value_at_risk(r),
    "cvar_95_historical": lambda r, _: ep.conditional_value_at_risk(r),
    "tail_ratio": lambda r, _: ep.tail_ratio(r),
    "beta": ep.beta,
    "alpha_annual": ep.alpha,
    "up_capture": ep.up_capture,
    "down_capture": ep.down_capture,
}


def main() -> None:
    """Say what there is, and measure both whenever it is asked for."""
    given = np.load(sys.argv[1])
    series = [pd.Series(r, pd.DatetimeIndex(given["dates"])) for r in given["r"]]
    arrays = list(zip(given["r"], given["bench"], strict=True))
    found = {
        "quantstats": version("quantstats"),
        "empyrical": version("empyrical-reloaded"),
        "quantstats_kpis": list(QUANTSTATS),
        "empyrical_kpis": list(EMPYRICAL),
        "values": [{name: float(f(r)) for name, f in QUANTSTATS.items()} for r in series[:3]],
    }
    print(json.dumps(found), flush=True)
    for _ in sys.stdin:
        times = {
            "quantstats": _median(series, _each_of_quantstats),
            "report": _median(series[:3], _report),
            "empyrical": _median(arrays, _each_of_empyrical) / len(EMPYRICAL),
        }
        print(json.dumps(times), flush=True)


def _median(accounts: list[Any], run: Callable[[Any], None]) -> float:
    run(accounts[0])
    times = []
    for account in accounts:
        start = time.perf_counter()
        run(account)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _each_of_quantstats(r: pd.Series) -> None:
    for function in QUANTSTATS.values():
        function(r)


def _each_of_empyrical(account: tuple[np.ndarray, np.ndarray]) -> None:
    r, bench = account
    for function in EMPYRICAL.values():
        function(r, bench)


def _report(r: pd.Series) -> None:
    reports.metrics(r, mode="full", display=False)


if __name__ == "__main__":
    main()
