"""A prop firm's rules on closed trades and days, and the breaches of its rules."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Part, Stage
from rules.kpi.trade_expressions import count

_KPI = partial(
    Kpi,
    group="prop_firm",
    needs=("trades.exit_time", "trades.profit", "trades.commission", "trades.swap"),
)
_FROM_TRADES = partial(_KPI, input=Input.TRADES, stage=Stage.DERIVED)
_DAYS = partial(_KPI, input=Input.TRADES, stage=Stage.TRADE_DAYS)
_BREACHES = partial(_KPI, input=Input.BREACHES, stage=Stage.BREACHES)
_FROM_BREACHES = partial(_KPI, input=Input.BREACHES, stage=Stage.DERIVED)
_TRADES = partial(_KPI, input=Input.TRADES, stage=Stage.TRADES)

_BREACH_ROWS = ("breaches.rule", "breaches.date")
_BEST, _NET = pl.col("_top_day"), pl.col("net_profit")
_GAP = (_BEST / pl.col("_best_day") - _NET).clip(lower_bound=0)

PARTS: tuple[Part, ...] = (
    Part("_last_breach", Stage.BREACHES, pl.col("date").max()),
    Part("_first_breach", Stage.BREACHES, pl.col("date").min()),
)

KPIS: tuple[Kpi, ...] = (
    _FROM_TRADES(
        "min_trading_days_progress",
        "Progress to the minimum of trading days",
        "ratio",
        pl.min_horizontal(1.0, pl.col("active_days") / pl.col("_min_days")),
        formula="min(1, active_days/min_days)",
        edges="0",
        needs=("trades.exit_time",),
        windows=ONLY_ALL,
    ),
    _DAYS(
        "profitable_days_count",
        "Days that count as profitable",
        "count",
        count(pl.col("profitable").sum()),
        formula="days with day pnl >= 0.5% of initial, the balance at the account's opening",
        edges="0",
        empty=0,
    ),
    _FROM_TRADES(
        "best_day_profit_share",
        "Share of the best day",
        "ratio",
        pl.when(_NET > 0).then(_BEST / _NET),
        formula="max day pnl / net_profit",
        edges="net_profit<=0 -> null",
    ),
    _FROM_TRADES(
        "consistency_rule_gap",
        "Profit missing for the consistency rule",
        "currency",
        _GAP,
        formula="max(0, best day/0.40 - net_profit): extra profit needed",
        edges="0 trades -> null",
        windows=ONLY_ALL,
    ),
    _BREACHES(
        "breach_count",
        "Breaches",
        "count",
        count(pl.len()),
        formula="count of breach events",
        edges="0",
        needs=_BREACH_ROWS,
        empty=0,
    ),
    _BREACHES(
        "hard_breach_count",
        "Hard breaches",
        "count",
        count((pl.col("severity") == "hard").sum()),
        formula="count(severity=hard)",
        edges="0",
        needs=("breaches.severity",),
        empty=0,
    ),
    _BREACHES(
        "distinct_rules_breached",
        "Rules breached",
        "count",
        count(pl.col("rule").drop_nulls().n_unique()),
        formula="distinct rule",
        edges="0",
        needs=_BREACH_ROWS,
        empty=0,
    ),
    _FROM_BREACHES(
        "days_since_last_breach",
        "Days since the last breach",
        "days",
        (pl.col("_as_of") - pl.col("_last_breach")).dt.total_days(),
        formula="as_of - max(date)",
        edges="0 breaches -> null",
        needs=_BREACH_ROWS,
        windows=ONLY_ALL,
    ),
    _FROM_BREACHES(
        "days_to_first_breach",
        "Days to the first breach",
        "days",
        (pl.col("_first_breach") - pl.col("_opened")).dt.total_days(),
        formula="min(date) - opening date",
        edges="0 breaches -> null",
        needs=_BREACH_ROWS,
        windows=ONLY_ALL,
    ),
    _FROM_BREACHES(
        "breaches_per_100_trades",
        "Breaches per 100 trades",
        "number",
        ratio(100 * pl.col("breach_count"), pl.col("trade_count")),
        formula="100*breach_count/N",
        edges="0 trades -> null",
        needs=("breaches.date", "trades.exit_time"),
    ),
    _TRADES(
        "weekend_hold_count",
        "Trades held over a weekend",
        "count",
        count(pl.col("weekend").sum()),
        formula="trades open across a Saturday 00:00, UTC and in the zone",
        edges="0",
        needs=("trades.entry_time", "trades.exit_time"),
        empty=0,
    ),
)
