"""What KPIs are computed from, as the stores keep it: days, trades, orders, emotions, breaches."""

from datetime import date

import polars as pl

from rules.daily import firm
from rules.daily.books import once
from rules.kpi.inputs import Inputs, inputs

_FLOAT = pl.Float64
REQUOTE = 10004  # MT5's TRADE_RETCODE_REQUOTE
# Of our outcomes, those that a broker was asked for; "requote" is told by its return code.
_STATUS = {
    "filled": "filled",
    "done": "filled",
    "partially_filled": "partial",
    "refused": "rejected",
    "cancelled": "canceled",
}


def kpi_inputs(
    accounts: pl.DataFrame,
    *,
    days: pl.DataFrame,
    trades: pl.DataFrame,
    orders: pl.DataFrame,
    emotions: pl.DataFrame,
    breaches: pl.DataFrame,
    rules: pl.DataFrame | None = None,
) -> Inputs:
    """Return the inputs of KPIs, as of each account's day.

    The initial balance is that of an account's first day, after its deposits; its currency is that
    of its days. Slippage of orders is not among them: an order does not say what a pip of its
    symbol is; trades do.

    Args:
        accounts: account (any number of its own), account_id and as_of; and opened, initial and
            currency, where the days do not tell them: not all of them are given.
        days: rows of `daily_snapshots` in one zone.
        trades: rows of `trades`.
        orders: rows of `orders`.
        emotions: rows of `emotion_logs`.
        breaches: rows of `armor_breaches`.
        rules: of the accounts' firms that hold on the day; those that are not stated, and those
            of other accounts, are the settings' own.
    """
    place = accounts.select("account", "account_id")
    told = {
        "initial": pl.col("balance_open").first().cast(_FLOAT),
        "currency": pl.col("currency").last(),
    }
    begins = (
        days.sort("date")
        .group_by("account_id")
        .agg(value.alias(name) for name, value in told.items() if name not in accounts.columns)
    )
    known = accounts.join(begins, on="account_id", how="left")
    if rules is not None:
        stated = rules.select("account_id", *firm.SETTINGS)
        known = known.join(stated, on="account_id", how="left")
    known = known.drop("account_id")
    return inputs(
        accounts=known,
        daily=_daily(days.join(place, on="account_id")),
        trades=_trades(trades.join(place, on="account_id")),
        executions=_executions(orders.join(place, on="account_id")),
        emotions=_emotions(emotions.join(place, on="account_id")),
        breaches=breaches.join(place, on="account_id").select(
            "account", "date", "rule", pl.col("severity").cast(pl.String)
        ),
    )


def _daily(days: pl.DataFrame) -> pl.DataFrame:
    return days.select(
        "account",
        "date",
        r="daily_return",
        bench="benchmark_return",
        **_floats(
            *("flow", "equity_open", "equity", "equity_low", "equity_high"),
            *("balance", "balance_open", "margin_used"),
        ),
    )


def _trades(trades: pl.DataFrame) -> pl.DataFrame:
    closed = once(trades).filter(pl.col("closed_at").is_not_null())
    return closed.select(
        "account",
        "symbol",
        trade_id=_text("trade_id"),
        strategy=_text("strategy_id"),
        side=pl.when(pl.col("type") == "buy").then(1).otherwise(-1),
        lots=pl.col("closed_quantity").cast(_FLOAT),
        entry_time="executed_at",
        exit_time="closed_at",
        # Signs of excursions are those of their names, however they were written.
        mfe=pl.col("mfe").cast(_FLOAT).abs(),
        mae=-pl.col("mae").cast(_FLOAT).abs(),
        reason=pl.col("close_reason").cast(pl.String),
        **_floats(
            *("entry_price", "exit_price", "sl_pips", "tp_pips", "pips", "pip_value", "contract"),
            *("profit", "commission", "swap", "nights", "slippage_entry", "slippage_exit"),
            *("latency_ms", "spread_pips"),
        ),
    )


def _executions(orders: pl.DataFrame) -> pl.DataFrame:
    asked = orders.filter(
        pl.col("sent_at").is_not_null(), pl.col("outcome").cast(pl.String).is_in(list(_STATUS))
    )
    requoted = pl.col("retcode") == REQUOTE
    status = pl.col("outcome").cast(pl.String).replace_strict(_STATUS, return_dtype=pl.String)
    waited = pl.col("done_at") - pl.col("sent_at")
    return asked.select(
        "account",
        order_id=_text("order_id"),
        requested_volume=pl.col("volume").cast(_FLOAT),
        status=pl.when(requoted).then(pl.lit("requote")).otherwise(status),
        slippage_pips=pl.lit(None, _FLOAT),
        latency_ms=waited.dt.total_microseconds() / 1000,
        filled_volume=pl.col("filled_volume").cast(_FLOAT),
    )


def _emotions(emotions: pl.DataFrame) -> pl.DataFrame:
    return emotions.filter(pl.col("trade_id").is_not_null()).select(
        "account",
        "followed_plan",
        trade_id=_text("trade_id"),
        emotion=pl.col("emotion").cast(pl.String),
        **_floats("intensity", "confidence"),
    )


def _text(name: str) -> pl.Expr:
    return pl.col(name).bin.encode("hex")


def _floats(*names: str) -> dict[str, pl.Expr]:
    return {name: pl.col(name).cast(_FLOAT) for name in names}


def accounts_of(members: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return account, account_id and as_of of some accounts."""
    numbered = members.select("account_id").unique().sort("account_id").with_row_index("account")
    return numbered.with_columns(as_of=pl.lit(as_of))
