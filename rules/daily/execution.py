"""How orders were executed: `broker_performance` and `instance_performance`, by day and month.

Longer periods are not told: their percentiles would need every order of the year each night.
"""

from datetime import datetime

import polars as pl

from rules.daily.books import CHARGES, CREDIT, FLOWS, units
from rules.daily.performance import finished
from schema.registry import table

BROKERS, INSTANCES = table("broker_performance"), table("instance_performance")
PERIODS = {"day": "1d", "month": "1mo"}
_REQUOTE = 10004  # MT5's TRADE_RETCODE_REQUOTE
_USD = "USD"
_OUTCOMES = {
    "filled": ("filled", "done"),
    "partially_filled": ("partially_filled",),
    "refused": ("refused",),
    "failed": ("expired", "failed", "unresolved"),
}


def broker_rows(
    orders: pl.DataFrame,
    metrics: pl.DataFrame,
    deals: pl.DataFrame,
    accounts: pl.DataFrame,
    *,
    now: datetime,
    version: int,
) -> pl.DataFrame:
    """Return a row for each broker and period in which orders were decided.

    Costs are added only where all accounts that had deals are in USD: there are no rates of that
    day here, and amounts of two currencies are never added.

    Args:
        orders: rows of `orders`, whole periods of them.
        metrics: rows of `result_metrics` of these orders.
        deals: rows of `deals` of these periods.
        accounts: account_id and currency of all accounts.
        now: when it is built.
        version: of the rows.
    """
    told = _told(orders, metrics)
    parts = []
    for period in PERIODS:
        made = told.group_by(_periods("broker_id", "decided_at", period)).agg(
            *_figures(),
            requotes=(pl.col("retcode") == _REQUOTE).sum(),
            volume=pl.col("filled_volume").sum(),
            slippage_p99_points=pl.col("slippage_points").quantile(0.99, "linear"),
        )
        costs = _costs(deals, accounts, period)
        parts.append(made.join(costs, on=["broker_id", "period_start"], how="left"))
    return _rows(BROKERS, parts, now, version)


def instance_rows(
    orders: pl.DataFrame, metrics: pl.DataFrame, *, now: datetime, version: int
) -> pl.DataFrame:
    """Return a row for each instance and period in which orders were decided."""
    told = _told(orders, metrics)
    parts = [
        told.group_by(_periods("instance_id", "decided_at", period)).agg(
            *_figures(), pl.col("broker_id").last(), accounts=pl.col("account_id").n_unique()
        )
        for period in PERIODS
    ]
    return _rows(INSTANCES, parts, now, version)


def _told(orders: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    ended = orders.filter(pl.col("outcome").cast(pl.String) != "none")
    measured = metrics.select("result_id", "slippage_points", "sent_to_done_ms")
    rows = ended.join(measured, left_on="order_id", right_on="result_id", how="left")
    return rows.with_columns(units("filled_volume"), pl.col("outcome").cast(pl.String)).sort(
        "decided_at", "order_id"
    )


def _figures() -> list[pl.Expr]:
    counts = [
        pl.col("outcome").is_in(list(words)).sum().alias(name) for name, words in _OUTCOMES.items()
    ]
    waited = pl.col("sent_to_done_ms")
    return [
        pl.len().alias("orders"),
        *counts,
        pl.col("slippage_points").mean(),
        waited.median().alias("latency_p50_ms"),
        waited.quantile(0.99, "linear").alias("latency_p99_ms"),
    ]


def _costs(deals: pl.DataFrame, accounts: pl.DataFrame, period: str) -> pl.DataFrame:
    kind, names = pl.col("type").cast(pl.String), ["commission", "swap", "fee"]
    known = deals.join(accounts.select("account_id", "currency"), on="account_id", how="left")
    known = known.with_columns(units("profit", *names)).filter(~kind.is_in([*FLOWS, CREDIT]))
    charged = pl.when(kind.is_in(CHARGES)).then(pl.col("profit")).otherwise(0)
    known = known.with_columns(fee=pl.col("fee") + charged)
    in_usd = (pl.col("currency") == _USD).fill_null(value=False).all()
    return (
        known.group_by(_periods("broker_id", "time", period))
        .agg(pl.when(in_usd).then(pl.col(name).sum()).alias(name) for name in names)
        .drop("period_end", "period")
    )


def _periods(whose: str, time: str, period: str) -> list[pl.Expr]:
    start = pl.col(time).dt.truncate(PERIODS[period])
    return [
        pl.col(whose),
        start.alias("period_start"),
        start.dt.offset_by(PERIODS[period]).alias("period_end"),
        pl.lit(period).alias("period"),
    ]


def _rows(which: object, parts: list[pl.DataFrame], now: datetime, version: int) -> pl.DataFrame:
    rows = pl.concat(parts)
    key = "broker_id" if which is BROKERS else "instance_id"
    known = BROKERS if which is BROKERS else INSTANCES
    return finished(known, rows, now, version).sort(key, "period_start", "period")
