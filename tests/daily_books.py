"""Books of accounts for tests of snapshots: a few named values per row, the rest defaults."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl

from rules.daily.books import Books
from rules.daily.snapshots import snapshots
from schema import arrow
from schema import polars as registry
from schema.ids import make_id
from schema.registry import table

ANN = make_id("account", "ann")
BOB = make_id("account", "bob")
BROKER, INSTANCE = make_id("broker"), make_id("instance")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
_CHANGED = {"created_at": NOW, "updated_at": NOW, "deleted_at": None, "config_version": 1}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "brokers": {"broker_id": BROKER, "key": "broker", "name": "Broker"} | _CHANGED,
    "instances": {"instance_id": INSTANCE, "key": "i", "broker_id": BROKER, "driver": "mt5"}
    | _CHANGED,
    "prop_firm_templates": {"firm": "Firm"} | _CHANGED,
    "users": {"password_hash": "none"} | _CHANGED,
    "accounts": {
        "key": "a",
        "broker_id": BROKER,
        "instance_id": INSTANCE,
        "partition": 0,
        "currency": "USD",
        "leverage": 100.0,
        "created_at": NOW,
        "updated_at": NOW,
        "deleted_at": None,
        "config_version": 1,
    },
    "trades": {
        "account_id": ANN,
        "broker_id": BROKER,
        "partition": 0,
        "symbol": "EURUSD",
        "type": "buy",
        "quantity": Decimal(1),
        "closed_quantity": Decimal(1),
        "status": "executed",
        "version": 1,
    },
    "deals": {
        "account_id": ANN,
        "broker_id": BROKER,
        "partition": 0,
        "entry": "out",
        "type": "buy",
        "reason": "expert",
        "version": 1,
    },
    "account_marks": {
        "account_id": ANN,
        "partition": 0,
        "currency": "USD",
        "version": 1,
    },
    "orders": {
        "account_id": ANN,
        "broker_id": BROKER,
        "instance_id": INSTANCE,
        "partition": 3,
        "strategy_id": make_id("strategy"),
        "signal_id": make_id("signal"),
        "decision_id": "1-1",
        "leg": 1,
        "legs": 1,
        "kind": "open",
        "side": "buy",
        "order_type": "market",
        "symbol": "EURUSD",
        "volume": Decimal(1),
        "state": "final",
        "reason_code": "NONE",
        "fired_at": NOW,
        "received_at": NOW,
        "version": 1,
    },
    "result_metrics": {
        "account_id": ANN,
        "broker_id": BROKER,
        "instance_id": INSTANCE,
        "version": 1,
    },
    "trade_signal": {
        "strategy_id": make_id("strategy"),
        "strategy": "london",
        "symbol": "EURUSD",
        "action": "buy",
        "order_type": "market",
        "stream": 0,
        "entry_id": "1-0",
        "entry_row": 0,
        "fired_at": NOW,
        "received_at": NOW,
        "version": 1,
    },
    "signal_execution_status": {
        "strategy_id": make_id("strategy"),
        "partition": 3,
        "symbol": "EURUSD",
        "action": "buy",
        "legs": 1,
        "legs_final": 1,
        "received_at": NOW,
        "decided_at": NOW,
        "version": 1,
    },
    "armor_breaches": {
        "account_id": ANN,
        "rule": "daily_loss",
        "zone": "UTC",
        "version": 1,
        "date": date(2024, 1, 1),
    },
}


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def frame(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a table, in the registry's columns."""
    which = table(name)
    usual = {column.name: column.default for column in which.columns} | _DEFAULTS[name]
    whole = [usual | row for row in rows]
    columns = {column: [row[column] for row in whole] for column in which.names}
    return registry.frame(which, arrow.batch(which, columns))


def account(account_id: UUID = ANN, **more: Any) -> dict[str, Any]:
    return {"account_id": account_id, **more}


def trade(
    number: int, opened: str, closed: str | None, profit: float = 0, **more: Any
) -> dict[str, Any]:
    shut = at(closed) if closed else None
    return {
        "trade_id": make_id("trade", str(number)),
        "executed_at": at(opened),
        "created_at": at(opened),
        "closed_at": shut,
        "profit": Decimal(str(profit)),
        **more,
    }


def deal(number: int, time: str, profit: float = 0, **more: Any) -> dict[str, Any]:
    return {"deal_ticket": number, "time": at(time), "profit": Decimal(str(profit)), **more}


def deposit(number: int, time: str, amount: float, **more: Any) -> dict[str, Any]:
    return deal(number, time, amount, type="balance", entry="in", **more)


def mark(
    time: str,
    balance: float,
    equity: float,
    low: float | None = None,
    high: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    when = at(time)
    return {
        "minute": when.replace(second=0, microsecond=0),
        "marked_at": when,
        "balance": Decimal(str(balance)),
        "equity": Decimal(str(equity)),
        "equity_low": Decimal(str(equity if low is None else low)),
        "equity_high": Decimal(str(equity if high is None else high)),
        **more,
    }


def order(number: int, moment: str, outcome: str, waited: int) -> dict[str, Any]:
    return {
        "order_id": make_id("order", str(number)),
        "decided_at": at(moment),
        "sent_at": at(moment),
        "done_at": at(moment) + timedelta(milliseconds=waited),
        "outcome": outcome,
    }


def books(
    accounts: list[dict[str, Any]] | None = None,
    trades: list[dict[str, Any]] | None = None,
    deals: list[dict[str, Any]] | None = None,
    marks: list[dict[str, Any]] | None = None,
    breaches: list[dict[str, Any]] | None = None,
) -> Books:
    return Books.of(
        accounts=frame("accounts", *(accounts or [account()])),
        trades=frame("trades", *(trades or [])),
        deals=frame("deals", *(deals or [])),
        marks=frame("account_marks", *(marks or [])),
        breaches=frame("armor_breaches", *(breaches or [])),
    )


def no_rows() -> pl.DataFrame:
    days = table("daily_snapshots")
    return registry.frame(days, arrow.empty(days))


def made(
    found: Books,
    first: str,
    last: str,
    *,
    before: pl.DataFrame | None = None,
    zone: str = "UTC",
    account_id: UUID = ANN,
) -> list[dict[str, Any]]:
    """The rows of one account and zone as dictionaries, money as floats."""
    rows = snapshots(
        found,
        date.fromisoformat(first),
        date.fromisoformat(last),
        before=no_rows() if before is None else before,
        now=NOW,
        version=1,
    )
    own = rows.filter(pl.col("zone") == zone, pl.col("account_id") == account_id.bytes)
    plain = own.with_columns(pl.selectors.decimal().cast(pl.Float64))
    return plain.sort("date").to_dicts()
