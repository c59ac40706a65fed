"""When trades are opened and closed, and how long they are held."""

from functools import partial

import polars as pl

from rules.kpi.expressions import correlation, ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import share

_KPI = partial(
    Kpi,
    group="time",
    input=Input.TRADES,
    needs=("trades.entry_time", "trades.exit_time"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)
_DURATION = pl.col("duration")
_SPAN = pl.when(pl.col("_span") > 0).then(pl.col("_span"))
_HELD_SUM = (
    "trades.entry_time",
    "trades.exit_time",
    "trades.profit",
    "trades.commission",
    "trades.swap",
)

PARTS: tuple[Part, ...] = (
    Part("_entries", Stage.TRADES, pl.col("entry_time").count().cast(pl.Int64)),
    Part("_held", Stage.TRADES, _DURATION.sum(), empty=0.0),
    Part(
        "_span",
        Stage.TRADES,
        (pl.col("exit_time").max() - pl.col("entry_time").min()).dt.total_seconds(fractional=True),
    ),
    Part(
        "_entries_apart",
        Stage.TRADES,
        (pl.col("entry_time").max() - pl.col("entry_time").min()).dt.total_seconds(fractional=True),
    ),
    Part("_last_exit", Stage.TRADES, pl.col("day").max()),
)

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "avg_holding_time",
        "Average holding time",
        "seconds",
        _DURATION.mean(),
        formula="mean(exit-entry)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "median_holding_time",
        "Median holding time",
        "seconds",
        _DURATION.median(),
        formula="median(exit-entry)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "max_holding_time",
        "Longest holding time",
        "seconds",
        _DURATION.max(),
        formula="max(exit-entry)",
        edges="0 trades -> null",
    ),
    _TRADES(
        "min_holding_time",
        "Shortest holding time",
        "seconds",
        _DURATION.min(),
        formula="min(exit-entry)",
        edges="0 trades -> null",
    ),
    _TRADES(
        "avg_holding_time_winners",
        "Average holding time of winners",
        "seconds",
        pl.col("duration_won").mean(),
        formula="mean(duration | p>0)",
        edges="none -> null",
        needs=_HELD_SUM,
        least=_LARGE,
    ),
    _TRADES(
        "avg_holding_time_losers",
        "Average holding time of losers",
        "seconds",
        pl.col("duration_lost").mean(),
        formula="mean(duration | p<0)",
        edges="none -> null",
        needs=_HELD_SUM,
        least=_LARGE,
    ),
    _DERIVED(
        "holding_time_ratio_loss_win",
        "Holding time of losers over winners",
        "number",
        ratio(pl.col("avg_holding_time_losers"), pl.col("avg_holding_time_winners")),
        formula="avg_holding_time_losers/avg_holding_time_winners",
        edges="zero denominator -> null (never inf)",
        needs=_HELD_SUM,
        least=_LARGE,
    ),
    _DERIVED(
        "trades_per_active_day",
        "Trades per active day",
        "1/day",
        ratio(pl.col("trade_count"), pl.col("active_days")),
        formula="N/count(distinct exit dates)",
        edges="0 trades -> null",
        needs=("trades.exit_time",),
    ),
    _DERIVED(
        "trades_per_week",
        "Trades per week",
        "1/week",
        pl.col("trade_count") / (_SPAN / 604_800),
        formula="N/((last exit-first entry)/7 days)",
        edges="span 0 -> null",
    ),
    _DERIVED(
        "days_since_last_trade",
        "Days since the last trade",
        "days",
        (pl.col("_as_of") - pl.col("_last_exit")).dt.total_days(),
        formula="as_of - last exit date",
        edges="0 trades -> null",
        needs=("trades.exit_time",),
        windows=ONLY_ALL,
    ),
    _TRADES(
        "overnight_trades_ratio",
        "Share of trades held overnight",
        "ratio",
        share(pl.col("overnight")),
        formula="share with exit date > entry date (account timezone)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "weekend_hold_ratio",
        "Share of trades held over a weekend",
        "ratio",
        share(pl.col("weekend")),
        formula="share of trades open across a Saturday 00:00, UTC and in the zone",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "scalp_ratio",
        "Share of trades under five minutes",
        "ratio",
        share(_DURATION < 300),
        formula="share with duration < 300 s",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "avg_time_between_trades",
        "Average time between entries",
        "seconds",
        pl.when(pl.col("_entries") >= 2).then(pl.col("_entries_apart") / (pl.col("_entries") - 1)),
        formula="mean difference of consecutive entry times (sorted)",
        edges="N<2 -> null",
        needs=("trades.entry_time",),
        least=_LARGE,
    ),
    _TRADES(
        "duration_pnl_correlation",
        "Correlation of holding time and result",
        "corr",
        correlation("duration", "p"),
        formula="corr(duration, p)",
        edges="N<2 or constant -> null",
        needs=_HELD_SUM,
        least=_LARGE,
    ),
)
