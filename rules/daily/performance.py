"""Figures of accounts and trades: `account_performance` and `trade_performance`.

Periods are those of the calendar in UTC. A period's return is what its days' returns compound to;
it is unknown where a day's return is. Its drawdown is counted from equity at days' ends, so that
it is known without marks.
"""

from datetime import datetime

import polars as pl

from rules.daily.books import UNIT, once, units
from rules.daily.snapshots import money
from schema import polars as registry
from schema.registry import table
from schema.table import Table
from schema.types import MONEY

ACCOUNTS, TRADES = table("account_performance"), table("trade_performance")
PERIODS = {"day": "1d", "month": "1mo", "quarter": "1q", "year": "1y"}
_WHOSE = ["account_id", "period_start"]
_SUMS = ("trades", "wins", "losses", "volume", "profit", "gross_profit", "gross_loss", "flow")


def account_rows(days: pl.DataFrame, *, now: datetime, version: int) -> pl.DataFrame:
    """Return a row for each account and period that has a day.

    Args:
        days: rows of `daily_snapshots` in UTC, whole periods of them.
        now: when it is built.
        version: of the rows.
    """
    parts = [_account_period(days, name) for name in PERIODS]
    return finished(ACCOUNTS, pl.concat(parts), now, version)


def _account_period(days: pl.DataFrame, period: str) -> pl.DataFrame:
    exact = days.sort("account_id", "date").with_columns(
        units("volume", "profit", "gross_profit", "gross_loss", "flow"),
        units("commission", "swap", "fee", "balance_open", "balance", "equity_low", "equity_high"),
        start=pl.col("date").dt.truncate(PERIODS[period]),
    )
    exact = exact.with_columns(
        period_start=_midnight(pl.col("start")),
        period_end=_midnight(pl.col("start").dt.offset_by(PERIODS[period])),
        wealth=(1 + pl.col("daily_return")).cum_prod().over("account_id", "start"),
    )
    wealth = pl.col("wealth")
    peak = wealth.cum_max().clip(lower_bound=1.0)
    whole = pl.col("daily_return").is_not_null().all()
    return exact.group_by(_WHOSE, maintain_order=True).agg(
        pl.col("period_end", "user_id", "currency").last(),
        pl.col(_SUMS).sum(),
        costs=pl.sum_horizontal(pl.col("commission", "swap", "fee")).sum(),
        balance_open=pl.col("balance_open").first(),
        balance=pl.col("balance").last(),
        equity_low=pl.col("equity_low").min(),
        equity_high=pl.col("equity_high").max(),
        period_return=pl.when(whole).then(wealth.last() - 1),
        max_drawdown=pl.when(whole).then((wealth / peak - 1).min()),
        period=pl.lit(period),
    )


def trade_rows(
    trades: pl.DataFrame, days: pl.DataFrame, *, now: datetime, version: int
) -> pl.DataFrame:
    """Return a row for each trade that closed.

    The balance before a trade is that of the start of the day on which it closed, and what trades
    that closed earlier on that day brought. Slippage is told in points by who knows the symbol's
    point; where it is known in pips alone, it is left out.

    Args:
        trades: rows of `trades`.
        days: rows of `daily_snapshots` in UTC, of the days on which they closed.
        now: when it is built.
        version: of the rows.
    """
    names = ["profit", "commission", "swap", "closed_quantity", "mfe"]
    rows = once(trades).filter(pl.col("closed_at").is_not_null()).with_columns(units(*names))
    rows = rows.with_columns(
        net=pl.col("profit") + pl.col("commission") + pl.col("swap"),
        date=pl.col("closed_at").dt.date(),
    ).sort("account_id", "closed_at", "trade_id")
    opening = days.select("account_id", "date", units("balance_open"))
    rows = rows.join(opening, on=["account_id", "date"], how="left", maintain_order="left")
    net, earned = pl.col("net"), pl.col("net").cum_sum().over("account_id", "date")
    before = pl.col("balance_open") + earned - net
    risk = pl.col("sl_pips") * pl.col("pip_value") * pl.col("closed_quantity") / UNIT
    lasted = (pl.col("closed_at") - pl.col("executed_at")).dt.total_microseconds() / 1e6
    # What both ends slipped, in money: pips are worth the same on either.
    slipped = pl.col("slippage_entry").fill_null(0.0) + pl.col("slippage_exit").fill_null(0.0)
    worth = slipped * pl.col("pip_value") * pl.col("closed_quantity")
    made = rows.select(
        *("trade_id", "account_id", "strategy_id", "broker_id", "symbol", "pips", "closed_at"),
        volume="closed_quantity",
        gross_profit="profit",
        costs=pl.col("commission") + pl.col("swap"),
        net_profit="net",
        r_multiple=pl.when(risk > 0).then(net / UNIT / risk),
        return_on_balance=pl.when(before > 0).then(net / before),
        duration_seconds=pl.when(lasted >= 0).then(lasted),
        slippage_cost=worth.fill_null(0.0).round(0).cast(pl.Int64),
        exit_efficiency=pl.when(pl.col("mfe") > 0).then(pl.col("profit") / pl.col("mfe")),
        opened_at="executed_at",
    )
    return finished(TRADES, made, now, version)


def _midnight(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def finished(known: Table, rows: pl.DataFrame, now: datetime, version: int) -> pl.DataFrame:
    """Return rows in a table's columns: money from whole numbers, null or default where absent."""
    rows = rows.with_columns(created_at=pl.lit(now), version=pl.lit(version, pl.UInt64))
    columns = []
    for column in known.columns:
        name, kind = column.name, registry.schema(known)[column.name]
        if name not in rows.columns:
            columns.append(pl.lit(column.default).cast(kind).alias(name))
        elif kind == MONEY.polars and rows.schema[name] == pl.Int64:
            columns.append(money(pl.col(name)).alias(name))
        else:
            columns.append(pl.col(name).cast(kind))
    return rows.select(columns)
