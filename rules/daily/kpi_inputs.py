"""What KPIs are computed from, as the stores keep it: days, trades, orders, emotions, breaches.

A store has a row for each day of the calendar. Observations are weekdays, of which a year has some
252; a Saturday or Sunday is one only if something happened on it. Of accounts that trade on both, a
year has 365.
"""

from datetime import date

import polars as pl

from rules.daily import firm
from rules.daily.books import UTC, once
from rules.kpi.inputs import Inputs, inputs

_FLOAT = pl.Float64
REQUOTE = 10004  # MT5's TRADE_RETCODE_REQUOTE
_FRIDAY, _SATURDAY, _SUNDAY = 5, 6, 7
EVERY_DAY = 365.0
# Of an account's days, from which share of Saturdays, and of Sundays, on it trades on every day of
# the week; it is 1 of 7 where all are used. Of what closes on Friday evening in New York, only one
# of them ever has a few hours, in any zone.
_OFTEN = 0.05
# What tells whether something happened on a day.
TELLING = (
    *("balance_open", "balance", "equity_open", "equity", "equity_low", "flow"),
    *("trades", "opened", "operations"),
)
# Of our outcomes, those that a broker was asked for; "requote" is told by its return code. What
# failed, expired or was never resolved was not filled: it is an order like any other.
_STATUS = {
    "filled": "filled",
    "done": "filled",
    "partially_filled": "partial",
    "refused": "rejected",
    "cancelled": "canceled",
    "failed": "failed",
    "expired": "expired",
    "unresolved": "unresolved",
}
# A change of a stop, or the end of an order that waits, trades nothing that could be filled.
_TRADING = ("open", "close")


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
    of its days, and `days_per_year` follows from them. Slippage of orders is not among them: an
    order does not say what a pip of its symbol is; trades do. Days of weekends on which nothing
    happened are left out.

    Args:
        accounts: account (any number of its own), account_id and as_of; and opened, initial,
            currency and days_per_year, where the days do not tell them: not all of them are given.
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
    days = days.filter(observed())
    if "days_per_year" not in accounts.columns:
        known = known.join(days_per_year(days), on="account_id", how="left")
    if rules is not None:
        stated = rules.select("account_id", *firm.STATED)
        known = known.join(stated, on="account_id", how="left")
    known = known.drop("account_id")
    return inputs(
        accounts=known,
        daily=_daily(days.join(place, on="account_id")),
        trades=_trades(trades.join(place, on="account_id"), days),
        executions=_executions(orders.join(place, on="account_id")),
        emotions=_emotions(emotions.join(place, on="account_id")),
        breaches=breaches.join(place, on="account_id").select(
            "account", "date", "rule", pl.col("severity").cast(pl.String)
        ),
    )


def observed() -> pl.Expr:
    """Say of each stored day whether it is an observation: any weekday, and what had something.

    Of a weekend's day that is a result, a flow, an operation, a trade that opened or closed, or an
    equity below that of its two ends. It is asked of each row by itself, with `TELLING`, so that a
    day that is added to a history counts as it does in the whole.
    """
    happened = [
        pl.col(name).fill_null(0) != 0 for name in ("flow", "trades", "opened", "operations")
    ]
    changed = [pl.col(kind) != pl.col(f"{kind}_open") for kind in ("balance", "equity")]
    fell = pl.col("equity_low") < pl.col("equity")
    return (pl.col("date").dt.weekday() <= _FRIDAY) | pl.any_horizontal(
        *happened, *(each.fill_null(value=False) for each in (*changed, fell))
    )


def days_per_year(days: pl.DataFrame) -> pl.DataFrame:
    """Return account_id and days_per_year of accounts that trade on Saturdays and on Sundays.

    Args:
        days: rows of `daily_snapshots` that are observations, of all their history.
    """
    traded = (pl.col("equity") != pl.col("equity_open")) | (pl.col("trades") + pl.col("opened") > 0)
    each = [(traded & (pl.col("date").dt.weekday() == n)).mean() for n in (_SATURDAY, _SUNDAY)]
    rarer = pl.min_horizontal(each)
    shares = days.group_by("account_id").agg(rarer=rarer)
    often = shares.filter(pl.col("rarer") >= _OFTEN)
    return often.select("account_id", days_per_year=pl.lit(EVERY_DAY))


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


def _trades(trades: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    closed = once(trades).filter(pl.col("closed_at").is_not_null())
    return _with_balance(closed, days).select(
        "account",
        "symbol",
        "balance",
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


def _with_balance(closed: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Add the balance before each trade, null where its day is not among the days.

    It is that of the start of the day on which the trade closed, after the day's deposits and
    withdrawals, and what trades that closed earlier on that day brought.
    """
    zone = str(days["zone"].first()) if days.height else UTC
    net = pl.sum_horizontal(pl.col("profit", "commission", "swap").cast(_FLOAT))
    rows = closed.with_columns(
        date=pl.col("closed_at").dt.convert_time_zone(zone).dt.date(), net=net
    ).sort("account_id", "closed_at", "trade_id")
    opening = days.select("account_id", "date", opening=pl.col("balance_open").cast(_FLOAT))
    rows = rows.join(opening, on=["account_id", "date"], how="left", maintain_order="left")
    earned = pl.col("net").cum_sum().over("account_id", "date") - pl.col("net")
    return rows.with_columns(balance=pl.col("opening") + earned)


def _executions(orders: pl.DataFrame) -> pl.DataFrame:
    asked = orders.filter(
        pl.col("sent_at").is_not_null(),
        pl.col("kind").cast(pl.String).is_in(_TRADING),
        pl.col("outcome").cast(pl.String).is_in(list(_STATUS)),
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
        sent_at="sent_at",
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
