"""Days in a row, days with trades, the account's age, and the margin that it used."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Part, Stage

_daily = partial(Kpi, input=Input.DAILY_RETURNS, needs=("daily.r",))
_run = partial(_daily, group="streak", stage=Stage.DAY_RUNS, empty=0)
_margin = partial(
    Kpi,
    group="exposure",
    input=Input.EQUITY,
    needs=("daily.margin_used", "daily.equity"),
    stage=Stage.EQUITY,
)
_LENGTH, _SIGN = pl.col("length").cast(pl.Int64), pl.col("sign")

PARTS = (Part("_balance_end", Stage.EQUITY, pl.col("balance").last()),)

KPIS = (
    _run(
        "max_consecutive_winning_days",
        "Most winning days in a row",
        "count",
        pl.when(_SIGN > 0).then(_LENGTH).max().fill_null(0),
        "longest run of r>0; a day of 0 ends it",
        "0",
    ),
    _run(
        "max_consecutive_losing_days",
        "Most losing days in a row",
        "count",
        pl.when(_SIGN < 0).then(_LENGTH).max().fill_null(0),
        "longest run of r<0; a day of 0 ends it",
        "0",
    ),
    _run(
        "current_day_streak",
        "Current days in a row",
        "signed count",
        (_LENGTH * _SIGN).last(),
        "length of the last run of r of one sign, with that sign",
        "0; the last day is 0 -> 0",
        windows=ONLY_ALL,
    ),
    _daily(
        "active_days_ratio",
        "Share of active days",
        "ratio",
        ratio(pl.col("_up_count") + pl.col("_down_count"), pl.col("_n")),
        "count(r!=0)/n",
        "n=0 -> null",
        group="time",
        stage=Stage.DERIVED,
    ),
    _daily(
        "account_age_days",
        "Age of the account",
        "days",
        pl.when(pl.col("_days") > 0).then((pl.col("_as_of") - pl.col("_opened")).dt.total_days()),
        "as_of - date of the opening snapshot",
        "n=0 -> null",
        group="time",
        input=Input.EQUITY,
        needs=("daily.date", "daily.equity"),
        stage=Stage.DERIVED,
        windows=ONLY_ALL,
    ),
    _margin(
        "avg_margin_usage",
        "Average margin used",
        "ratio",
        pl.col("load").mean(),
        "mean(margin_used/equity)",
        "n=0 or no margin known -> null; days with equity<=0 are left out",
    ),
    _margin(
        "max_margin_usage",
        "Most margin used",
        "ratio",
        pl.col("load").max(),
        "max(margin_used/equity)",
        "n=0 or no margin known -> null; days with equity<=0 are left out",
    ),
    _margin(
        "min_margin_level",
        "Lowest margin level",
        "percent",
        100 * pl.col("level").min(),
        "100*min(equity/margin_used | margin_used>0)",
        "no margin used -> null",
    ),
    _margin(
        "floating_pnl_ratio",
        "Floating profit of the balance",
        "ratio",
        ratio(pl.col("_equity_end") - pl.col("_balance_end"), pl.col("_balance_end")),
        "(equity_n-balance_n)/balance_n",
        "n=0 or balance_n=0 -> null",
        needs=("daily.equity", "daily.balance"),
        stage=Stage.DERIVED,
        windows=ONLY_ALL,
    ),
)
