"""How large trades were, against the balance, the stop, and the trade before."""

from functools import partial

import polars as pl

from rules.kpi.expressions import correlation, deviation, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import share_where_told, solvent

_KPI = partial(Kpi, group="position_sizing", input=Input.TRADES, needs=("trades.lots",))
_TRADES = partial(_KPI, stage=Stage.TRADES)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)
_LOTS = pl.col("lots")
_RISK_SHARE = pl.col("risk_share")
_RISK = (
    "trades.profit",
    "trades.commission",
    "trades.swap",
    "trades.sl_pips",
    "trades.pip_value",
    "trades.lots",
)

PARTS: tuple[Part, ...] = (
    Part("_lots_deviation", Stage.TRADES, deviation("lots")),
    Part("_risk_deviation", Stage.TRADES, solvent(deviation("risk_share"))),
    Part("_lots_after_win", Stage.TRADES, pl.when(pl.col("previous") > 0).then(_LOTS).mean()),
    Part("_lots_after_loss", Stage.TRADES, pl.when(pl.col("previous") < 0).then(_LOTS).mean()),
)

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "total_lots",
        "Lots",
        "lots",
        _LOTS.sum(),
        formula="sum(lots)",
        edges="0",
        empty=0.0,
    ),
    _TRADES(
        "avg_lots",
        "Average lots",
        "lots",
        _LOTS.mean(),
        formula="mean(lots)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "median_lots",
        "Median lots",
        "lots",
        _LOTS.median(),
        formula="median(lots)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "max_lots",
        "Largest lots",
        "lots",
        _LOTS.max(),
        formula="max(lots)",
        edges="0 trades -> null",
    ),
    _DERIVED(
        "lots_cv",
        "Variation of lots",
        "ratio",
        ratio(pl.col("_lots_deviation"), pl.col("avg_lots")),
        formula="std(lots,ddof=1)/mean(lots)",
        edges="N<2 -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "max_to_median_lots",
        "Largest over median lots",
        "ratio",
        ratio(pl.col("max_lots"), pl.col("median_lots")),
        formula="max(lots)/median(lots)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "avg_risk_per_trade",
        "Average risk of a trade",
        "ratio",
        solvent(_RISK_SHARE.mean()),
        formula="mean(risk_i/B_i), trades with SL",
        edges="none -> null; a balance of zero or below before a trade -> null",
        needs=_RISK,
        least=_LARGE,
    ),
    _TRADES(
        "max_risk_per_trade",
        "Largest risk of a trade",
        "ratio",
        solvent(_RISK_SHARE.max()),
        formula="max(risk_i/B_i)",
        edges="none -> null; a balance of zero or below before a trade -> null",
        needs=_RISK,
    ),
    _DERIVED(
        "risk_consistency_cv",
        "Variation of risk",
        "ratio",
        ratio(pl.col("_risk_deviation"), pl.col("avg_risk_per_trade")),
        formula="std(risk_i/B_i,ddof=1)/mean",
        edges="<2 -> null; a balance of zero or below before a trade -> null",
        needs=_RISK,
        least=_LARGE,
    ),
    _TRADES(
        "sl_usage_rate",
        "Trades with a stop",
        "ratio",
        share_where_told("with_stop"),
        formula="share with a stop loss at entry",
        edges="0 trades, or no trade that says -> null; of others, one that does not say has none",
        needs=("trades.sl_pips",),
        least=_LARGE,
    ),
    _TRADES(
        "tp_usage_rate",
        "Trades with a target",
        "ratio",
        share_where_told("with_target"),
        formula="share with a take profit at entry",
        edges="0 trades, or no trade that says -> null; of others, one that does not say has none",
        needs=("trades.tp_pips",),
        least=_LARGE,
    ),
    _TRADES(
        "avg_planned_rr",
        "Planned reward over risk",
        "ratio",
        ratio(pl.col("tp_pips"), pl.col("sl_pips")).mean(),
        formula="mean(tp_pips/sl_pips) where both set",
        edges="none -> null",
        needs=("trades.sl_pips", "trades.tp_pips"),
        least=_LARGE,
    ),
    _DERIVED(
        "realised_to_planned_rr",
        "Realised over planned reward",
        "ratio",
        ratio(pl.col("avg_r_multiple_win"), pl.col("avg_planned_rr")),
        formula="mean(R | R>0)/avg_planned_rr",
        edges="zero denominator -> null (never inf)",
        needs=(
            "trades.profit",
            "trades.commission",
            "trades.swap",
            "trades.sl_pips",
            "trades.tp_pips",
            "trades.pip_value",
            "trades.lots",
        ),
        least=_LARGE,
    ),
    _DERIVED(
        "lots_after_loss_ratio",
        "Lots after a loss over lots after a win",
        "ratio",
        ratio(pl.col("_lots_after_loss"), pl.col("_lots_after_win")),
        formula="mean(lots_i | p_{i-1}<0)/mean(lots_i | p_{i-1}>0)",
        edges="zero denominator -> null (never inf)",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.lots"),
        least=_LARGE,
    ),
    _TRADES(
        "lots_pnl_correlation",
        "Correlation of lots and pips",
        "corr",
        correlation("lots", "pips"),
        formula="corr(lots, pips)",
        edges="N<2 or constant -> null",
        needs=("trades.lots", "trades.pips"),
        least=_LARGE,
    ),
    _TRADES(
        "lots_per_10k_equity",
        "Lots per 10,000 of balance",
        "lots",
        solvent((_LOTS / (pl.col("before") / 10_000)).mean()),
        formula="mean(lots_i/(B_i/10000))",
        edges="0 trades -> null; a balance of zero or below before a trade -> null",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.lots"),
        least=_LARGE,
    ),
    _DERIVED(
        "kelly_utilisation",
        "Risk taken over Kelly fraction",
        "ratio",
        pl.when(pl.col("kelly_fraction") > 0).then(
            pl.col("avg_risk_per_trade") / pl.col("kelly_fraction")
        ),
        formula="avg_risk_per_trade/kelly_fraction",
        edges="kelly_fraction<=0 -> null",
        needs=_RISK,
        least=_LARGE,
    ),
)
