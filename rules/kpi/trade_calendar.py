"""Which days, weekdays and hours trades were made on, and which of them paid."""

from functools import partial

import polars as pl

from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import count, of_extreme, share

_KPI = partial(
    Kpi,
    group="time",
    input=Input.TRADES,
    needs=("trades.entry_time", "trades.profit", "trades.commission", "trades.swap"),
)
_TRADE_DAYS = partial(_KPI, stage=Stage.TRADE_DAYS)
_HOURS = partial(_KPI, stage=Stage.HOURS)
_WEEKDAYS = partial(_KPI, stage=Stage.WEEKDAYS)

_LARGE = Least(trades=30)
_EXIT_SUM = ("trades.exit_time", "trades.profit", "trades.commission", "trades.swap")
_PNL = pl.col("pnl")

PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _TRADE_DAYS(
        "active_days",
        "Days with a closed trade",
        "count",
        count(pl.len()),
        formula="count(distinct exit dates)",
        edges="0",
        needs=("trades.exit_time",),
        empty=0,
    ),
    _TRADE_DAYS(
        "winning_trading_days_ratio",
        "Share of winning days",
        "ratio",
        share(pl.col("pnl") > 0),
        formula=(
            "count(day pnl>0)/count(days with closed trades), day = exit date in account timezone"
        ),
        edges="0 days -> null",
        needs=_EXIT_SUM,
        least=_LARGE,
    ),
    _HOURS(
        "best_hour",
        "Best hour of entry (UTC)",
        "hour 0-23",
        of_extreme("hour", _PNL.max()),
        formula="argmax over entry hour of sum(p); ties -> earliest",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _HOURS(
        "worst_hour",
        "Worst hour of entry (UTC)",
        "hour 0-23",
        of_extreme("hour", _PNL.min()),
        formula="argmin over entry hour of sum(p)",
        edges="0 trades -> null; ties -> earliest",
        least=_LARGE,
    ),
    _WEEKDAYS(
        "best_weekday",
        "Best weekday of entry (UTC)",
        "0=Mon",
        of_extreme("weekday", _PNL.max()),
        formula="argmax over entry weekday of sum(p)",
        edges="0 trades -> null; ties -> earliest",
        least=_LARGE,
    ),
    _WEEKDAYS(
        "worst_weekday",
        "Worst weekday of entry (UTC)",
        "0=Mon",
        of_extreme("weekday", _PNL.min()),
        formula="argmin over entry weekday of sum(p)",
        edges="0 trades -> null; ties -> earliest",
        least=_LARGE,
    ),
)
