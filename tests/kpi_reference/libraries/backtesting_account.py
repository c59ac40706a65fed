"""backtesting.py: the statistics of a run, computed for an account. https://kernc.github.io/backtesting.py."""

from __future__ import annotations

from typing import Any

import pandas as pd
from backtesting._stats import compute_stats

from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "backtesting"
DAY = 86_400.0


def stats(case: Case) -> pd.Series:
    """Return what the library says of the account's equity and trades."""
    if "backtesting" not in case.kept:
        frame = case.trades
        trades = pd.DataFrame(
            {
                "PnL": frame["p"],
                "ReturnPct": frame["p"] / frame["before"],
                "Duration": frame["exit_time"] - frame["entry_time"],
                "EntryBar": 0,
                "ExitBar": 0,
            }
        )
        bars = pd.DataFrame({"Close": case.prices})
        equity = case.prices.to_numpy()
        case.kept["backtesting"] = compute_stats(trades, equity, bars, None)
    return case.kept["backtesting"]


def _durations(case: Case) -> pd.Series:
    """Return the length of each drawdown; the printed mean is rounded up to a whole bar."""
    return stats(case)["_equity_curve"]["DrawdownDuration"]


def _days(value: Any) -> float:
    return 0.0 if pd.isna(value) else value.total_seconds() / DAY


def _cannot_end_in_a_first_day_under(case: Case) -> bool:
    """Say that the history does not end on the first day of a drawdown, which has no bar after it."""
    below = case.prices < case.prices.cummax()
    return not (below.iloc[-1] and not below.iloc[-2])


def _without_even(case: Case) -> bool:
    return bool((case.p != 0).all())


REFERENCES = [
    Reference("cagr_calendar", 'stats "CAGR [%]" / 100', lambda c: stats(c)["CAGR [%]"] / 100),
    Reference(
        "max_drawdown",
        'stats "Max. Drawdown [%]" / 100',
        lambda c: stats(c)["Max. Drawdown [%]"] / 100,
    ),
    Reference(
        "avg_drawdown",
        'stats "Avg. Drawdown [%]" / 100',
        lambda c: stats(c)["Avg. Drawdown [%]"] / 100,
        _cannot_end_in_a_first_day_under,
    ),
    Reference(
        "avg_drawdown_days",
        'stats "_equity_curve" DrawdownDuration.mean()',
        lambda c: _days(_durations(c).mean()),
        _cannot_end_in_a_first_day_under,
    ),
    Reference(
        "max_drawdown_duration_days",
        'stats "Max. Drawdown Duration"',
        lambda c: _days(stats(c)["Max. Drawdown Duration"]),
        _cannot_end_in_a_first_day_under,
    ),
    Reference("trade_count", 'stats "# Trades"', lambda c: stats(c)["# Trades"]),
    Reference("win_rate", 'stats "Win Rate [%]" / 100', lambda c: stats(c)["Win Rate [%]"] / 100),
    Reference("sqn", 'stats "SQN"', lambda c: stats(c)["SQN"]),
    Reference(
        "trade_sharpe",
        'stats "SQN" / sqrt("# Trades")',
        lambda c: stats(c)["SQN"] / stats(c)["# Trades"] ** 0.5,
    ),
    Reference("ahpr", 'stats "Expectancy [%]" / 100', lambda c: stats(c)["Expectancy [%]"] / 100),
    Reference("ghpr", 'stats "Avg. Trade [%]" / 100', lambda c: stats(c)["Avg. Trade [%]"] / 100),
    Reference(
        "best_trade_return",
        'stats "Best Trade [%]" / 100',
        lambda c: stats(c)["Best Trade [%]"] / 100,
    ),
    Reference(
        "worst_trade_return",
        'stats "Worst Trade [%]" / 100',
        lambda c: stats(c)["Worst Trade [%]"] / 100,
    ),
    Reference(
        "kelly_fraction",
        'stats "Kelly Criterion", of accounts without break-even trades',
        lambda c: stats(c)["Kelly Criterion"],
        _without_even,
    ),
]
