"""pyfolio-reloaded: round trips, and the dates of the deepest drawdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from pyfolio import timeseries
from pyfolio.round_trips import gen_round_trip_stats

from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "pyfolio-reloaded"


def _trips(case: Case, profit: str = "p") -> pd.DataFrame:
    frame = case.trades
    return pd.DataFrame(
        {
            "pnl": frame[profit],
            "duration": frame["exit_time"] - frame["entry_time"],
            "long": frame["side"] > 0,
            "returns": frame["p"] / frame["before"],
            "symbol": frame["symbol"],
        }
    )


def _of(table: str, row: str, column: str = "All trades") -> Callable[[Case], Any]:
    """Return a function that reads one cell of the round-trip statistics."""

    def value(case: Case) -> Any:
        if "trips" not in case.kept:
            case.kept["trips"] = gen_round_trip_stats(_trips(case))
        cell = case.kept["trips"][table].loc[row, column]
        return cell.total_seconds() if isinstance(cell, pd.Timedelta) else cell

    return value


def _before_costs(case: Case) -> Any:
    stats = gen_round_trip_stats(_trips(case, "profit"))
    return stats["pnl"].loc["Profit factor", "All trades"]


def _losers(case: Case) -> float:
    trips = _trips(case)
    stats = gen_round_trip_stats(trips[trips["pnl"] < 0])
    return stats["duration"].loc["Avg duration", "All trades"].total_seconds()


def _deepest(case: Case) -> tuple[Any, Any, Any]:
    """Return peak, valley and recovery; the opening snapshot is a day without a return."""
    opening = pd.Series([0.0], index=[case.opened])
    return timeseries.get_max_drawdown(pd.concat([opening, case.r]))


def _date(which: int) -> Callable[[Case], Any]:
    def value(case: Case) -> Any:
        when = _deepest(case)[which]
        return None if pd.isna(when) else when.date()

    return value


def _row(kpi: str, table: str, row: str, column: str = "All trades") -> Reference:
    return Reference(kpi, f'round_trips "{row}", {column}', _of(table, row, column))


REFERENCES = [
    _row("trade_count", "summary", "Total number of round_trips"),
    _row("win_count", "summary", "Winning round_trips"),
    _row("loss_count", "summary", "Losing round_trips"),
    _row("breakeven_count", "summary", "Even round_trips"),
    _row("win_rate", "summary", "Percent profitable"),
    _row("gross_profit", "pnl", "Gross profit"),
    _row("gross_loss", "pnl", "Gross loss"),
    _row("net_profit", "pnl", "Total profit"),
    _row("profit_factor", "pnl", "Profit factor"),
    _row("payoff_ratio", "pnl", "Ratio Avg. Win:Avg. Loss"),
    _row("expectancy", "pnl", "Avg. trade net profit"),
    _row("avg_win", "pnl", "Avg. winning trade"),
    _row("avg_loss", "pnl", "Avg. losing trade"),
    _row("largest_win", "pnl", "Largest winning trade"),
    _row("largest_loss", "pnl", "Largest losing trade"),
    _row("long_count", "summary", "Total number of round_trips", "Long trades"),
    _row("long_win_rate", "summary", "Percent profitable", "Long trades"),
    _row("long_net_profit", "pnl", "Total profit", "Long trades"),
    _row("long_profit_factor", "pnl", "Profit factor", "Long trades"),
    _row("short_count", "summary", "Total number of round_trips", "Short trades"),
    _row("short_win_rate", "summary", "Percent profitable", "Short trades"),
    _row("short_net_profit", "pnl", "Total profit", "Short trades"),
    _row("short_profit_factor", "pnl", "Profit factor", "Short trades"),
    _row("avg_holding_time", "duration", "Avg duration"),
    _row("median_holding_time", "duration", "Median duration"),
    _row("max_holding_time", "duration", "Longest duration"),
    _row("min_holding_time", "duration", "Shortest duration"),
    Reference(
        "profit_factor_before_costs", 'round_trips "Profit factor" of profits', _before_costs
    ),
    Reference("avg_holding_time_losers", 'round_trips "Avg duration" of the losing ones', _losers),
    Reference("max_drawdown_peak_date", "timeseries.get_max_drawdown", _date(0)),
    Reference("max_drawdown_valley_date", "timeseries.get_max_drawdown", _date(1)),
    Reference("max_drawdown_recovery_date", "timeseries.get_max_drawdown", _date(2)),
]
