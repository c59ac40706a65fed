"""Functions of trades that go by a KPI's name and compute something else, each with the reason."""

from __future__ import annotations

from types import SimpleNamespace

import quantstats.stats as qs
from backtrader.analyzers import SQN
from backtrader.utils import AutoOrderedDict
from statsmodels.sandbox.stats.runs import runstest_1samp

from tests.kpi_reference.accounts import INITIAL
from tests.kpi_reference.case import Case
from tests.kpi_reference.libraries.backtesting_account import stats
from tests.kpi_reference.libraries.backtrader_trades import analysis
from tests.kpi_reference.libraries.freqtrade_trades import frame, metrics
from tests.kpi_reference.reference import Reference

LIBRARY = ""  # each function's name begins with its library


def _freqtrade_trade_sharpe(case: Case) -> float:
    trades = case.trades
    return metrics.calculate_sharpe(
        frame(case), trades["exit_time"].iloc[0], trades["exit_time"].iloc[-1], INITIAL
    )


def _sqn_of_all(case: Case) -> float:
    """Return backtrader's SQN by the analyzer's own arithmetic: its `stop` divides by N."""
    analyzer = SimpleNamespace(pnl=case.p.tolist(), count=len(case.p), rets=AutoOrderedDict())
    SQN.stop(analyzer)
    return analyzer.rets.sqn


def _statsmodels_z(case: Case) -> float:
    return runstest_1samp(case.p[case.p != 0].to_numpy(), cutoff=0, correction=False)[0]


REFERENCES = [
    Reference(
        "kelly_fraction",
        'backtesting stats "Kelly Criterion"',
        lambda c: stats(c)["Kelly Criterion"],
        cause="break-even trades count as lost",
    ),
    Reference(
        "profit_factor",
        'backtesting stats "Profit Factor"',
        lambda c: stats(c)["Profit Factor"],
        cause="of each trade's return, not of its profit",
    ),
    Reference(
        "win_count",
        "backtrader TradeAnalyzer won.total",
        lambda c: analysis(c).won.total,
        cause="a break-even trade is won",
    ),
    Reference(
        "sqn",
        "backtrader SQN",
        _sqn_of_all,
        cause="ddof 0",
    ),
    Reference(
        "sqn",
        "freqtrade calculate_sqn",
        lambda c: metrics.calculate_sqn(frame(c), INITIAL),
        cause="rounded to four decimals",
    ),
    Reference(
        "trade_sharpe",
        "freqtrade calculate_sharpe",
        _freqtrade_trade_sharpe,
        cause="profit per calendar day, ddof 0, a year of 365 days",
    ),
    Reference(
        "payoff_ratio",
        "quantstats stats.payoff_ratio of days",
        lambda c: qs.payoff_ratio(c.r),
        cause="fed with returns of days, which is another KPI",
    ),
    Reference(
        "risk_of_ruin_fixed_bet",
        "quantstats stats.risk_of_ruin",
        lambda c: qs.risk_of_ruin(c.p, prepare_returns=False),
        cause="the edge is the win rate, the units are the number of trades",
    ),
    Reference(
        "runs_z_score",
        "statsmodels runstest_1samp",
        _statsmodels_z,
        cause="without the half that is added for continuity",
    ),
    Reference(
        "profit_factor_before_costs",
        "quantstats stats.profit_factor of net profits",
        lambda c: qs.profit_factor(c.p, False),
        cause="after commission and swap",
    ),
]
