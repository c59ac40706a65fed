"""How a library's value follows from ours where it means something else by a KPI of trades."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tests.kpi_reference.accounts import INITIAL, Account
from tests.kpi_reference.derived_days import YEAR, Ours


class Trades:
    """The closed trades of an account in the order of their exits, as arrays."""

    def __init__(self, account: Account) -> None:
        table = account.trades
        order = np.lexsort((table["trade_id"], table["exit_time"]))
        net = np.round(table["profit"] + table["commission"] + table["swap"], 2)
        self.p, self.n = net[order], len(order)
        self.before = INITIAL + np.cumsum(self.p) - self.p
        ends = table["exit_time"][order]
        self.calendar_days = max(1, int((ends[-1] - ends[0]).astype("timedelta64[D]").astype(int)))

    def runs_deviation(self) -> float:
        """Return the standard deviation of the number of runs of gains and losses."""
        wins, n = int((self.p > 0).sum()), int((self.p != 0).sum())
        product = 2 * wins * (n - wins)
        return math.sqrt(product * (product - n) / (n * n * (n - 1)))


def _return_factor(_: Ours, trades: Trades) -> float:
    shares = trades.p / trades.before
    return shares[shares > 0].sum() / -shares[shares < 0].sum()


def _freqtrade_trade_sharpe(ours: Ours, trades: Trades) -> float:
    a_day = ours["trade_sharpe"] * trades.n / trades.calendar_days
    return a_day * math.sqrt(trades.n / (trades.n - 1) * YEAR)


def _ruin_by_win_rate(ours: Ours, trades: Trades) -> float:
    rate = ours["win_rate_excl_breakeven"]
    return ((1 - rate) / (1 + rate)) ** trades.n


TRADES: dict[tuple[str, str, str], Callable[[Ours, Trades], float]] = {
    ("kelly_fraction", "backtesting", 'stats "Kelly Criterion"'): (
        lambda ours, _: ours["win_rate"] - (1 - ours["win_rate"]) / ours["payoff_ratio"]
    ),
    ("profit_factor", "backtesting", 'stats "Profit Factor"'): _return_factor,
    ("win_count", "backtrader", "TradeAnalyzer won.total"): (
        lambda ours, _: ours["win_count"] + ours["breakeven_count"]
    ),
    ("sqn", "backtrader", "SQN"): (
        lambda ours, trades: ours["sqn"] * math.sqrt(trades.n / (trades.n - 1))
    ),
    ("sqn", "freqtrade", "calculate_sqn"): lambda ours, _: round(ours["sqn"], 4),
    ("trade_sharpe", "freqtrade", "calculate_sharpe"): _freqtrade_trade_sharpe,
    ("payoff_ratio", "quantstats", "stats.payoff_ratio of days"): (
        lambda ours, _: ours["payoff_ratio_daily"]
    ),
    ("risk_of_ruin_fixed_bet", "quantstats", "stats.risk_of_ruin"): _ruin_by_win_rate,
    ("runs_z_score", "statsmodels", "runstest_1samp"): (
        lambda ours, trades: ours["runs_z_score"] - 0.5 / trades.runs_deviation()
    ),
    ("profit_factor_before_costs", "quantstats", "stats.profit_factor of net profits"): (
        lambda ours, _: ours["profit_factor"]
    ),
    ("expectancy", "nautilus_trader", "Expectancy"): (
        lambda ours, trades: (
            ours["expectancy"] * trades.n / (ours["win_count"] + ours["loss_count"])
        )
    ),
}
