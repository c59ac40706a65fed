"""NumPy, pandas, SciPy, statsmodels and pyxirr: where no trading library has the KPI."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyxirr
from scipy import optimize, stats
from statsmodels.api import OLS, add_constant
from statsmodels.sandbox.stats.runs import runstest_1samp
from statsmodels.stats.proportion import proportion_confint

from tests.kpi_reference.case import DAYS_PER_YEAR as A
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = ""  # each function's name begins with its library


def _xirr(case: Case) -> float:
    daily = case.daily
    flows = daily.loc[daily["flow"] != 0, "flow"]
    dates = [case.opened, *flows.index, daily.index[-1]]
    start = daily["equity_open"].iloc[0] - daily["flow"].iloc[0]
    return pyxirr.xirr(dates, [-start, *(-flows), daily["equity"].iloc[-1]])


def _line(case: Case) -> stats._stats_py.LinregressResult:
    return stats.linregress(np.arange(case.n), np.cumsum(np.log1p(case.r.to_numpy())))


def _balances(case: Case) -> stats._stats_py.LinregressResult:
    return stats.linregress(np.arange(len(case.trades)), case.trades["after"].to_numpy())


def _balance_error(case: Case) -> float:
    x = add_constant(np.arange(len(case.trades), dtype=float))
    return float(np.sqrt(OLS(case.trades["after"].to_numpy(), x).fit().mse_resid))


def _runs_z(case: Case) -> float:
    """Return statsmodels' z of runs of gains and losses, with the half that MT5's formula adds."""
    p = case.p[case.p != 0].to_numpy()
    wins, n = int((p > 0).sum()), len(p)
    product = 2 * wins * (n - wins)
    deviation = np.sqrt(product * (product - n) / (n * n * (n - 1)))
    return runstest_1samp(p, cutoff=0, correction=False)[0] + 0.5 / deviation


def _optimal_f(case: Case) -> float:
    """Return f of the highest geometric mean, in (0, 1); 0 where trades lose on average."""
    p = case.p.to_numpy()
    if p.mean() <= 0:
        return 0.0
    shares = p / -p.min()
    found = optimize.minimize_scalar(
        lambda f: -np.log1p(f * shares).sum(),
        bounds=(0.0, 1.0),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return float(found.x)


def _correlation(left: str, right: str) -> Callable[[Case], float]:
    return lambda c: np.corrcoef(c.trades[left], c.trades[right])[0, 1]


def _latency_slippage(case: Case) -> float:
    done = case.executions[case.executions["status"].isin(["filled", "partial"])]
    return np.corrcoef(done["latency_ms"], done["slippage_pips"])[0, 1]


def _iso_weeks(case: Case) -> pd.Series:
    return case.weeks


def _lots(case: Case) -> np.ndarray:
    return case.trades["lots"].to_numpy()


def _latency(case: Case) -> np.ndarray:
    return case.executions["latency_ms"].to_numpy()


def _wins(case: Case) -> np.ndarray:
    return case.p[case.p > 0].to_numpy()


def _losses(case: Case) -> np.ndarray:
    return case.p[case.p < 0].to_numpy()


REFERENCES = [
    Reference("log_return_total", "numpy.log1p, sum", lambda c: np.log1p(c.r.to_numpy()).sum()),
    Reference("mean_daily_return", "numpy.mean", lambda c: np.mean(c.r.to_numpy())),
    Reference(
        "annual_return_arithmetic", "numpy.mean * 252", lambda c: np.mean(c.r.to_numpy()) * A
    ),
    Reference("median_daily_return", "numpy.median", lambda c: np.median(c.r.to_numpy())),
    Reference("best_week", "pandas groupby isocalendar, max", lambda c: _iso_weeks(c).max()),
    Reference("worst_week", "pandas groupby isocalendar, min", lambda c: _iso_weeks(c).min()),
    Reference("money_weighted_return", "pyxirr.xirr", _xirr),
    Reference(
        "k_ratio",
        "scipy.stats.linregress slope / stderr * sqrt(252) / n",
        lambda c: _line(c).slope / _line(c).stderr * A**0.5 / c.n,
    ),
    Reference(
        "stability_of_timeseries",
        "scipy.stats.linregress rvalue ** 2",
        lambda c: _line(c).rvalue ** 2,
    ),
    Reference(
        "equity_lr_correlation", "scipy.stats.linregress rvalue", lambda c: _balances(c).rvalue
    ),
    Reference("equity_lr_std_error", "statsmodels OLS sqrt(mse_resid)", _balance_error),
    Reference(
        "volatility_ewma",
        "pandas ewm(alpha=0.06, adjust=False)",
        lambda c: np.sqrt(A * (c.r**2).ewm(alpha=0.06, adjust=False).mean().iloc[-1]),
    ),
    Reference(
        "return_autocorrelation_lag1", "pandas Series.autocorr(1)", lambda c: c.r.autocorr(1)
    ),
    Reference(
        "daily_pnl_volatility_currency",
        "numpy.std(ddof=1)",
        lambda c: np.std((c.daily["equity"] - c.daily["equity_open"]).to_numpy(), ddof=1),
    ),
    Reference(
        "sharpe_t_stat",
        "scipy.stats.ttest_1samp",
        lambda c: stats.ttest_1samp(c.r.to_numpy(), 0).statistic,
    ),
    Reference(
        "win_rate_wilson_lower",
        'statsmodels proportion_confint(method="wilson")[0]',
        lambda c: proportion_confint(len(_wins(c)), len(c.p), method="wilson")[0],
    ),
    Reference(
        "edge_quality_t_p_value",
        "scipy.stats.ttest_1samp",
        lambda c: stats.ttest_1samp(c.p.to_numpy(), 0).pvalue,
    ),
    Reference("median_trade_pnl", "numpy.median", lambda c: np.median(c.p.to_numpy())),
    Reference("median_win", "numpy.median", lambda c: np.median(_wins(c))),
    Reference("median_loss", "numpy.median", lambda c: np.median(_losses(c))),
    Reference("trade_pnl_std", "numpy.std(ddof=1)", lambda c: np.std(c.p.to_numpy(), ddof=1)),
    Reference(
        "trade_pnl_skew",
        "scipy.stats.skew(bias=False)",
        lambda c: stats.skew(c.p.to_numpy(), bias=False),
    ),
    Reference("trade_pnl_skew", "pandas Series.skew", lambda c: c.p.skew()),
    Reference(
        "trade_pnl_kurtosis",
        "scipy.stats.kurtosis(bias=False)",
        lambda c: stats.kurtosis(c.p.to_numpy(), bias=False),
    ),
    Reference("trade_pnl_kurtosis", "pandas Series.kurt", lambda c: c.p.kurt()),
    Reference("runs_z_score", "statsmodels runstest_1samp + 0.5 / deviation", _runs_z),
    Reference("trade_autocorrelation", "pandas Series.autocorr(1)", lambda c: c.p.autocorr(1)),
    Reference("optimal_f", "scipy.optimize.minimize_scalar(bounded)", _optimal_f),
    Reference("long_ratio", "numpy.mean", lambda c: np.mean((c.trades["side"] > 0).to_numpy())),
    Reference("duration_pnl_correlation", "numpy.corrcoef", _correlation("seconds", "p")),
    Reference("avg_slippage_pips", "numpy.mean", lambda c: np.mean(c.slippage)),
    Reference("median_slippage_pips", "numpy.median", lambda c: np.median(c.slippage)),
    Reference("p95_slippage_pips", "numpy.quantile", lambda c: np.quantile(c.slippage, 0.95)),
    Reference("slippage_std_pips", "numpy.std(ddof=1)", lambda c: np.std(c.slippage, ddof=1)),
    Reference(
        "avg_entry_slippage_pips",
        "numpy.mean",
        lambda c: np.mean(c.trades["slippage_entry"].to_numpy()),
    ),
    Reference(
        "avg_exit_slippage_pips",
        "numpy.mean",
        lambda c: np.mean(c.trades["slippage_exit"].to_numpy()),
    ),
    Reference("avg_latency_ms", "numpy.mean", lambda c: np.mean(_latency(c))),
    Reference("median_latency_ms", "numpy.median", lambda c: np.median(_latency(c))),
    Reference("p95_latency_ms", "numpy.quantile", lambda c: np.quantile(_latency(c), 0.95)),
    Reference("p99_latency_ms", "numpy.quantile", lambda c: np.quantile(_latency(c), 0.99)),
    Reference("max_latency_ms", "numpy.max", lambda c: np.max(_latency(c))),
    Reference("latency_slippage_correlation", "numpy.corrcoef", _latency_slippage),
    Reference("profit_mfe_correlation", "numpy.corrcoef", _correlation("profit", "mfe")),
    Reference("profit_mae_correlation", "numpy.corrcoef", _correlation("profit", "mae")),
    Reference("mfe_mae_correlation", "numpy.corrcoef", _correlation("mfe", "mae")),
    Reference("total_lots", "numpy.sum", lambda c: np.sum(_lots(c))),
    Reference("avg_lots", "numpy.mean", lambda c: np.mean(_lots(c))),
    Reference("median_lots", "numpy.median", lambda c: np.median(_lots(c))),
    Reference("max_lots", "numpy.max", lambda c: np.max(_lots(c))),
    Reference("lots_pnl_correlation", "numpy.corrcoef", _correlation("lots", "pips")),
    Reference(
        "jarque_bera",
        "scipy.stats.jarque_bera statistic",
        lambda c: stats.jarque_bera(c.r.to_numpy()).statistic,
    ),
    Reference(
        "jarque_bera_p",
        "scipy.stats.jarque_bera pvalue",
        lambda c: stats.jarque_bera(c.r.to_numpy()).pvalue,
    ),
    Reference("return_p25", "numpy.percentile", lambda c: np.percentile(c.r.to_numpy(), 25)),
    Reference("return_p75", "numpy.percentile", lambda c: np.percentile(c.r.to_numpy(), 75)),
    Reference("return_p95", "numpy.percentile", lambda c: np.percentile(c.r.to_numpy(), 95)),
    Reference("interquartile_range", "scipy.stats.iqr", lambda c: stats.iqr(c.r.to_numpy())),
    Reference(
        "expected_worst_day_month", "numpy.quantile", lambda c: np.quantile(c.r.to_numpy(), 1 / 21)
    ),
    Reference(
        "benchmark_correlation",
        "numpy.corrcoef",
        lambda c: np.corrcoef(c.paired["r"], c.paired["bench"])[0, 1],
    ),
    Reference(
        "r_squared",
        "scipy.stats.linregress rvalue ** 2",
        lambda c: stats.linregress(c.paired["bench"], c.paired["r"]).rvalue ** 2,
    ),
    Reference(
        "beta",
        "statsmodels OLS slope",
        lambda c: OLS(c.paired["r"], add_constant(c.paired["bench"])).fit().params["bench"],
    ),
    Reference("median_holding_time", "numpy.median", lambda c: np.median(c.trades["seconds"])),
    Reference("avg_holding_time", "numpy.mean", lambda c: np.mean(c.trades["seconds"])),
    Reference("volatility_daily", "numpy.std(ddof=1)", lambda c: np.std(c.r.to_numpy(), ddof=1)),
    Reference("net_profit", "numpy.sum", lambda c: np.sum(c.p.to_numpy())),
    Reference(
        "skewness", "scipy.stats.skew(bias=False)", lambda c: stats.skew(c.r.to_numpy(), bias=False)
    ),
    Reference(
        "kurtosis_excess",
        "scipy.stats.kurtosis(bias=False)",
        lambda c: stats.kurtosis(c.r.to_numpy(), bias=False),
    ),
    Reference(
        "equity_lr_correlation",
        "numpy.corrcoef",
        lambda c: np.corrcoef(np.arange(len(c.trades)), c.trades["after"])[0, 1],
    ),
]
