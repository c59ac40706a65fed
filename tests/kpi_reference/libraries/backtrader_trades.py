"""backtrader's TradeAnalyzer, told of each closed trade. https://www.backtrader.com."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from backtrader import Trade
from backtrader.analyzers import TradeAnalyzer

from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "backtrader"


def analysis(case: Case) -> Any:
    """Return the analysis after the last trade."""
    if "backtrader" not in case.kept:
        analyzer = SimpleNamespace()
        TradeAnalyzer.create_analysis(analyzer)
        for p, side in zip(case.trades["p"], case.trades["side"], strict=True):
            opened, closed = Trade(), Trade()
            opened.justopened, opened.status = True, Trade.Open
            closed.justopened, closed.status = False, Trade.Closed
            closed.pnl = closed.pnlcomm = p
            closed.long, closed.barlen = side > 0, 1
            TradeAnalyzer.notify_trade(analyzer, opened)
            TradeAnalyzer.notify_trade(analyzer, closed)
        case.kept["backtrader"] = analyzer.rets
    return case.kept["backtrader"]


def _streak(case: Case) -> int:
    streak = analysis(case).streak
    return streak.won.current - streak.lost.current


def _ends_without_even(case: Case) -> bool:
    """Say that no break-even trade, a win to backtrader, touches the last run of gains."""
    values = case.p.to_numpy()
    last = len(values) - 1
    while last >= 0 and values[last] > 0:
        last -= 1
    return bool(last < 0 or values[last] != 0)


REFERENCES = [
    Reference("current_streak", "TradeAnalyzer streak.current", _streak, _ends_without_even),
    Reference("net_profit", "TradeAnalyzer pnl.net.total", lambda c: analysis(c).pnl.net.total),
    Reference(
        "long_net_profit", "TradeAnalyzer long.pnl.total", lambda c: analysis(c).long.pnl.total
    ),
    Reference(
        "short_net_profit", "TradeAnalyzer short.pnl.total", lambda c: analysis(c).short.pnl.total
    ),
]
