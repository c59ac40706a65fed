"""Habits: trading after losses, too often, too short, and how even the days are."""

from functools import partial

import polars as pl

from rules.kpi.expressions import deviation, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST
from rules.kpi.trade_expressions import share

_KPI = partial(
    Kpi,
    group="behaviour",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_ENTRIES = partial(_KPI, stage=Stage.ENTRIES)
_TRADE_DAYS = partial(_KPI, stage=Stage.TRADE_DAYS)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)
_TRADES = partial(_KPI, stage=Stage.TRADES)

_LARGE = Least(trades=30)
_ENTERED = (
    "trades.profit",
    "trades.commission",
    "trades.swap",
    "trades.entry_time",
    "trades.exit_time",
    "trades.lots",
)
_HELD_SUM = (
    "trades.entry_time",
    "trades.exit_time",
    "trades.profit",
    "trades.commission",
    "trades.swap",
)
_EXIT_SUM = ("trades.exit_time", "trades.profit", "trades.commission", "trades.swap")
_PNL = pl.col("pnl")


def _overtrading() -> pl.Expr:
    limit = pl.col("trades").mean() + 2 * deviation("trades")
    return pl.when(pl.len() >= 2).then(share(pl.col("trades") > limit))


def _early_exits() -> pl.Expr:
    winner = (pl.col("p") > 0) & pl.col("tp_pips").is_not_null()
    early = (pl.col("reason").ne_missing("tp")) & (pl.col("pips") < 0.8 * pl.col("tp_pips"))
    return ratio((winner & early).sum(), winner.sum())


PARTS: tuple[Part, ...] = (
    Part("_top_day", Stage.TRADE_DAYS, _PNL.max()),
    Part("_positive_days", Stage.TRADE_DAYS, _PNL.clip(lower_bound=0).sum().round(FINEST)),
    Part("_day_deviation", Stage.TRADE_DAYS, deviation("pnl")),
    Part("_day_mean", Stage.TRADE_DAYS, _PNL.mean()),
    Part("_held_lost", Stage.TRADES, pl.col("duration_lost").drop_nulls().median()),
    Part("_held_won", Stage.TRADES, pl.col("duration_won").drop_nulls().median()),
)

KPIS: tuple[Kpi, ...] = (
    _ENTRIES(
        "revenge_trade_ratio",
        "Share of revenge trades",
        "ratio",
        share(pl.col("revenge")),
        formula=(
            "share of trades entered <=15 min after the latest closed trade that lost, "
            "with lots >= that trade lots; of trades with a closed trade before them"
        ),
        edges="no trade with a predecessor -> null",
        needs=_ENTERED,
        least=_LARGE,
    ),
    _ENTRIES(
        "revenge_trade_pnl",
        "Result of revenge trades",
        "currency",
        pl.when(pl.col("revenge")).then(pl.col("p")).sum().round(FINEST),
        formula="sum(p) of those trades",
        edges="0",
        needs=_ENTERED,
        empty=0.0,
    ),
    _ENTRIES(
        "median_reentry_after_loss_s",
        "Median time to the next entry after a loss",
        "seconds",
        pl.when(pl.col("closed_p") < 0).then(pl.col("since_closed")).median(),
        formula="median(entry - latest prior exit | that trade lost)",
        edges="none -> null",
        needs=_ENTERED,
        least=_LARGE,
    ),
    _TRADE_DAYS(
        "overtrading_days_ratio",
        "Share of days with too many trades",
        "ratio",
        _overtrading(),
        formula="share of active days with trades > mean+2*std(ddof=1) of daily trade count",
        edges="<2 active days -> null",
        needs=("trades.exit_time",),
        least=_LARGE,
    ),
    _DERIVED(
        "consistency_score",
        "Consistency of days",
        "ratio 0-1",
        1 - ratio(pl.col("_top_day"), pl.col("_positive_days")),
        formula="1-|best day pnl|/sum of positive day pnl",
        edges="no positive day -> null",
        needs=_EXIT_SUM,
        least=_LARGE,
    ),
    _DERIVED(
        "daily_pnl_consistency",
        "Mean over deviation of days",
        "number",
        ratio(pl.col("_day_mean"), pl.col("_day_deviation")),
        formula="mean(day pnl)/std(day pnl, ddof=1) over active days",
        edges="<2 days or zero variance -> null",
        needs=_EXIT_SUM,
        least=_LARGE,
    ),
    _DERIVED(
        "disposition_ratio",
        "Median holding time of losers over winners",
        "number",
        ratio(pl.col("_held_lost"), pl.col("_held_won")),
        formula="median(duration | p<0)/median(duration | p>0)",
        edges="zero denominator -> null (never inf)",
        needs=_HELD_SUM,
        least=_LARGE,
    ),
    _TRADES(
        "early_exit_ratio",
        "Winners closed well before the target",
        "ratio",
        _early_exits(),
        formula="share of winners with TP whose reason!=tp and pips<0.8*tp_pips",
        edges="none -> null",
        needs=(
            "trades.profit",
            "trades.commission",
            "trades.swap",
            "trades.tp_pips",
            "trades.pips",
            "trades.reason",
        ),
        least=_LARGE,
    ),
    _TRADE_DAYS(
        "after_loss_day_pnl",
        "Average day after a losing day",
        "currency",
        _PNL.filter(pl.col("previous") < 0).mean(),
        formula="mean(day pnl | previous active day pnl<0)",
        edges="none -> null",
        needs=_EXIT_SUM,
        least=_LARGE,
    ),
)
