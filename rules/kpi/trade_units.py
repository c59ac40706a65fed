"""Results in pips, and in units of the risk taken (R)."""

from functools import partial

import polars as pl

from rules.kpi.expressions import deviation, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import told

_KPI = partial(
    Kpi,
    group="trade",
    input=Input.TRADES,
    needs=(
        "trades.profit",
        "trades.commission",
        "trades.swap",
        "trades.sl_pips",
        "trades.pip_value",
        "trades.lots",
    ),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)

_LARGE = Least(trades=30)
_PIPS = ("trades.pips",)
_UP, _DOWN = (
    pl.when(sign).then(pl.col("pips")) for sign in (pl.col("pips") > 0, pl.col("pips") < 0)
)
_R = pl.col("R")

PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "total_pips",
        "Pips",
        "pips",
        told(pl.col("pips").sum(), "pips"),
        formula="sum(pips)",
        edges="0; no trade with pips -> null",
        needs=_PIPS,
        empty=0.0,
    ),
    _TRADES(
        "expectancy_pips",
        "Pips per trade",
        "pips/trade",
        pl.col("pips").mean(),
        formula="mean(pips)",
        edges="0 trades -> null",
        needs=_PIPS,
        least=_LARGE,
    ),
    _TRADES(
        "avg_win_pips",
        "Average winning pips",
        "pips",
        _UP.mean(),
        formula="mean(pips | pips>0)",
        edges="none -> null",
        needs=_PIPS,
        least=_LARGE,
    ),
    _TRADES(
        "avg_loss_pips",
        "Average losing pips",
        "pips",
        _DOWN.mean(),
        formula="mean(pips | pips<0)",
        edges="none -> null",
        needs=_PIPS,
        least=_LARGE,
    ),
    _TRADES(
        "best_trade_pips",
        "Most pips of a trade",
        "pips",
        pl.col("pips").max(),
        formula="max(pips)",
        edges="0 trades -> null",
        needs=_PIPS,
    ),
    _TRADES(
        "worst_trade_pips",
        "Fewest pips of a trade",
        "pips",
        pl.col("pips").min(),
        formula="min(pips)",
        edges="0 trades -> null",
        needs=_PIPS,
    ),
    _TRADES(
        "profit_factor_pips",
        "Profit factor in pips",
        "number",
        ratio(_UP.sum(), -_DOWN.sum()),
        formula="sum(pips | >0)/|sum(pips | <0)|",
        edges="zero denominator -> null (never inf)",
        needs=_PIPS,
        least=_LARGE,
    ),
    _TRADES(
        "expectancy_r",
        "Expectancy in R",
        "R",
        _R.mean(),
        formula=(
            "mean(p_i/risk_i), risk_i=sl_pips*pip_value*lots at entry; trades without SL excluded"
        ),
        edges="no trade with SL -> null",
        least=_LARGE,
    ),
    _TRADES(
        "avg_r_multiple_win",
        "Average winning R",
        "R",
        pl.when(_R > 0).then(_R).mean(),
        formula="mean(R | R>0)",
        edges="none -> null",
        least=_LARGE,
    ),
    _TRADES(
        "avg_r_multiple_loss",
        "Average losing R",
        "R",
        pl.when(_R < 0).then(_R).mean(),
        formula="mean(R | R<0)",
        edges="none -> null",
        least=_LARGE,
    ),
    _TRADES(
        "r_multiple_std",
        "Standard deviation of R",
        "R",
        deviation("R"),
        formula="std(R, ddof=1)",
        edges="<2 -> null",
        least=_LARGE,
    ),
    _TRADES(
        "loss_beyond_1r_ratio",
        "Losses beyond the planned stop",
        "ratio",
        ratio((_R < -1.05).sum(), (_R < 0).sum()),
        formula="count(R<-1.05)/count(R<0)",
        edges="no losing R -> null",
        least=_LARGE,
    ),
)
