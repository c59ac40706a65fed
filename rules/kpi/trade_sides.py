"""Long trades and short trades."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST
from rules.kpi.trade_expressions import count

_KPI = partial(
    Kpi,
    group="trade",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap", "trades.side"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)


def _side_factor(side: str) -> pl.Expr:
    of_side = pl.col(side).is_not_null()
    won, lost = (pl.when(of_side).then(pl.col(c)).sum() for c in ("win", "loss"))
    return ratio(won, -lost)


PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "long_count",
        "Long trades",
        "count",
        count(pl.col("long").count()),
        formula="count(side=long)",
        edges="0",
        empty=0,
    ),
    _TRADES(
        "long_win_rate",
        "Long win rate",
        "ratio",
        ratio((pl.col("long") > 0).sum(), pl.col("long").count()),
        formula="count(p>0 & long)/count(long)",
        edges="no long trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "long_net_profit",
        "Long net profit",
        "currency",
        pl.col("long").sum().round(FINEST),
        formula="sum(p | long)",
        edges="0",
        empty=0.0,
    ),
    _TRADES(
        "long_profit_factor",
        "Long profit factor",
        "number",
        _side_factor("long"),
        formula="profit_factor on long trades",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _TRADES(
        "short_count",
        "Short trades",
        "count",
        count(pl.col("short").count()),
        formula="count(side=short)",
        edges="0",
        empty=0,
    ),
    _TRADES(
        "short_win_rate",
        "Short win rate",
        "ratio",
        ratio((pl.col("short") > 0).sum(), pl.col("short").count()),
        formula="count(p>0 & short)/count(short)",
        edges="no short trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "short_net_profit",
        "Short net profit",
        "currency",
        pl.col("short").sum().round(FINEST),
        formula="sum(p | short)",
        edges="0",
        empty=0.0,
    ),
    _TRADES(
        "short_profit_factor",
        "Short profit factor",
        "number",
        _side_factor("short"),
        formula="profit_factor on short trades",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _DERIVED(
        "long_ratio",
        "Share of long trades",
        "ratio",
        ratio(pl.col("long_count"), pl.col("trade_count")),
        formula="count(long)/N",
        edges="0 trades -> null",
        needs=("trades.side",),
        least=_LARGE,
    ),
)
