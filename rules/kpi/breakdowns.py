"""Where results come from: symbols, strategies and sessions of the day."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST
from rules.kpi.trade_expressions import count, of_extreme, share

_KPI = partial(
    Kpi,
    group="breakdown",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap", "trades.symbol"),
)
_SYMBOLS = partial(_KPI, stage=Stage.SYMBOLS)
_STRATEGIES = partial(_KPI, stage=Stage.STRATEGIES)
_HOURS = partial(_KPI, stage=Stage.HOURS)

_LARGE = Least(trades=30)
_STRATEGY = ("trades.profit", "trades.commission", "trades.swap", "trades.strategy")
_ENTRY = ("trades.profit", "trades.commission", "trades.swap", "trades.entry_time")
_PNL, _TRADES = pl.col("pnl"), pl.col("trades")


def _concentration() -> pl.Expr:
    """Return Herfindahl's index of the trades over the rows of the stage."""
    return ((_TRADES / _TRADES.sum()) ** 2).sum()


def _session(start: int, end: int) -> pl.Expr:
    return pl.col("hour").is_between(start, end, closed="left")


def _session_profit(start: int, end: int) -> pl.Expr:
    return _PNL.filter(_session(start, end)).sum().round(FINEST)


def _session_win_rate(start: int, end: int) -> pl.Expr:
    inside = _session(start, end)
    return ratio(pl.col("wins").filter(inside).sum(), _TRADES.filter(inside).sum())


PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _SYMBOLS(
        "symbol_count",
        "Symbols",
        "count",
        count(pl.len()),
        formula="distinct symbols",
        edges="0",
        needs=("trades.symbol",),
        empty=0,
    ),
    _SYMBOLS(
        "best_symbol",
        "Best symbol",
        "text",
        of_extreme("symbol", _PNL.max()),
        formula="symbol with max sum(p); ties alphabetical",
        edges="0 trades -> null",
    ),
    _SYMBOLS(
        "worst_symbol",
        "Worst symbol",
        "text",
        of_extreme("symbol", _PNL.min()),
        formula="symbol with min sum(p)",
        edges="0 trades -> null; ties alphabetical",
    ),
    _SYMBOLS(
        "most_traded_symbol_share",
        "Share of the most traded symbol",
        "ratio",
        _TRADES.max() / _TRADES.sum(),
        formula="max count(symbol)/N",
        edges="0 trades -> null",
        needs=("trades.symbol",),
        least=_LARGE,
    ),
    _SYMBOLS(
        "symbol_hhi",
        "Concentration in symbols",
        "ratio",
        _concentration(),
        formula="sum over symbols of (count/N)^2",
        edges="0 trades -> null",
        needs=("trades.symbol",),
        least=_LARGE,
    ),
    _SYMBOLS(
        "profitable_symbols_ratio",
        "Share of profitable symbols",
        "ratio",
        share(_PNL > 0),
        formula="share of symbols with sum(p)>0",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _SYMBOLS(
        "top_symbol_profit_share",
        "Share of the best symbol in profits",
        "ratio",
        ratio(_PNL.max(), _PNL.clip(lower_bound=0).sum()),
        formula="max sum(p) by symbol / sum of positive symbol sums",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _STRATEGIES(
        "strategy_count",
        "Strategies",
        "count",
        count(pl.len()),
        formula="distinct strategies",
        edges="0",
        needs=("trades.strategy",),
        empty=0,
    ),
    _STRATEGIES(
        "best_strategy",
        "Best strategy",
        "text",
        of_extreme("strategy", _PNL.max()),
        formula="strategy with max sum(p)",
        edges="0 trades -> null; ties alphabetical",
        needs=_STRATEGY,
    ),
    _STRATEGIES(
        "worst_strategy",
        "Worst strategy",
        "text",
        of_extreme("strategy", _PNL.min()),
        formula="strategy with min sum(p)",
        edges="0 trades -> null; ties alphabetical",
        needs=_STRATEGY,
    ),
    _STRATEGIES(
        "strategy_hhi",
        "Concentration in strategies",
        "ratio",
        _concentration(),
        formula="sum over strategies of (count/N)^2",
        edges="0 trades -> null",
        needs=("trades.strategy",),
        least=_LARGE,
    ),
    _HOURS(
        "asia_net_profit",
        "Net profit, Asian session",
        "currency",
        _session_profit(0, 7),
        formula="sum(p | 0<=entry hour UTC<7)",
        edges="0",
        needs=_ENTRY,
        empty=0.0,
    ),
    _HOURS(
        "asia_win_rate",
        "Win rate, Asian session",
        "ratio",
        _session_win_rate(0, 7),
        formula="share p>0 | 0<=entry hour UTC<7",
        edges="no trade in session -> null",
        needs=_ENTRY,
        least=_LARGE,
    ),
    _HOURS(
        "london_net_profit",
        "Net profit, London session",
        "currency",
        _session_profit(7, 12),
        formula="sum(p | 7<=entry hour UTC<12)",
        edges="0",
        needs=_ENTRY,
        empty=0.0,
    ),
    _HOURS(
        "london_win_rate",
        "Win rate, London session",
        "ratio",
        _session_win_rate(7, 12),
        formula="share p>0 | 7<=entry hour UTC<12",
        edges="no trade in session -> null",
        needs=_ENTRY,
        least=_LARGE,
    ),
    _HOURS(
        "overlap_net_profit",
        "Net profit, overlap of London and New York",
        "currency",
        _session_profit(12, 16),
        formula="sum(p | 12<=entry hour UTC<16)",
        edges="0",
        needs=_ENTRY,
        empty=0.0,
    ),
    _HOURS(
        "overlap_win_rate",
        "Win rate, overlap of London and New York",
        "ratio",
        _session_win_rate(12, 16),
        formula="share p>0 | 12<=entry hour UTC<16",
        edges="no trade in session -> null",
        needs=_ENTRY,
        least=_LARGE,
    ),
    _HOURS(
        "new_york_net_profit",
        "Net profit, New York session",
        "currency",
        _session_profit(16, 21),
        formula="sum(p | 16<=entry hour UTC<21)",
        edges="0",
        needs=_ENTRY,
        empty=0.0,
    ),
    _HOURS(
        "new_york_win_rate",
        "Win rate, New York session",
        "ratio",
        _session_win_rate(16, 21),
        formula="share p>0 | 16<=entry hour UTC<21",
        edges="no trade in session -> null",
        needs=_ENTRY,
        least=_LARGE,
    ),
    _HOURS(
        "profitable_hours_ratio",
        "Share of profitable hours",
        "ratio",
        share(_PNL > 0),
        formula="share of traded entry hours with sum(p)>0",
        edges="0 trades -> null",
        needs=_ENTRY,
        least=_LARGE,
    ),
)
