"""Rows for the archive: the state's records in the columns of the registry's tables.

Values are NumPy columns as `schema.arrow.batch` takes them; a zero stands for "not there"
where the column may be missing.
"""

from typing import Any

import numpy as np

from rules.names import Names
from rules.slippage import slippage
from rules.state import State, TradeState
from rules.tables import Fields, Rows
from rules.trade_measures import measures
from schema.enums import Outcome, Side
from schema.wire import UNITS, Records

ColumnValues = dict[str, Any]
_MILLISECOND = 1000


def _entry_ids(ms: Records, seq: Records) -> list[str]:
    return [f"{a}-{b}" for a, b in zip(ms.tolist(), seq.tolist(), strict=True)]


def _pick(records: Fields | Records, *names: str, **renamed: str) -> ColumnValues:
    columns: ColumnValues = {name: records[name] for name in names}
    columns.update({new: records[old] for new, old in renamed.items()})
    return columns


def order_rows(state: State, rows: Rows, names: Names) -> ColumnValues:
    """Return columns of `orders`."""
    orders = state.orders.rows[rows]
    columns = _pick(
        orders,
        *("order_id", "signal_id", "account_id", "strategy_id", "instance_id", "partition"),
        *("leg", "legs", "kind", "side", "order_type", "symbol", "volume", "price", "stop_price"),
        *("stop_loss", "take_profit", "state", "outcome", "retcode", "order_ticket"),
        *("position_ticket", "fill_price", "asked_price", "provider_price", "quote_price"),
        *("message", "magic", "owner", "term", "fired_at", "received_at", "decided_at"),
        *("claimed_at", "sent_at", "done_at", "reported_at", "expires_at", "valid_until"),
        *("version",),
        filled_volume="filled",
        reason_code="reason",
    )
    opens = orders["position"] == np.zeros(1, "V16")
    columns["trade_id"] = np.where(opens, orders["order_id"], orders["position"])
    columns["broker_id"] = names.brokers_of(orders)
    columns["decision_id"] = _entry_ids(orders["decision_ms"], orders["decision_seq"])
    columns["slippage"] = slippage(orders)
    return columns


def status_rows(state: State, rows: Rows) -> ColumnValues:
    """Return columns of `signal_execution_status`."""
    pairs = state.pairs.rows[rows]
    return _pick(
        pairs,
        *("signal_id", "account_id", "strategy_id", "partition", "symbol", "action", "legs"),
        *("legs_final", "received_at", "decided_at", "finished_at", "version"),
        outcome="status",
        reason_code="status_reason",
    )


def finished(state: State, rows: Rows) -> Rows:
    """Return those order rows that have an outcome."""
    orders = state.orders.rows[rows]
    return np.asarray(rows[orders["outcome"] != Outcome.NONE])


def result_rows(state: State, rows: Rows) -> ColumnValues:
    """Return columns of `trade_result` for orders that have an outcome."""
    orders = state.orders.rows[rows]
    columns = _pick(
        orders,
        *("order_id", "signal_id", "account_id", "strategy_id", "outcome", "kind", "side"),
        *("symbol", "profit", "commission", "swap", "decided_at", "version"),
        result_id="order_id",
        reason_code="reason",
        volume="filled",
        price="fill_price",
        finished_at="reported_at",
    )
    opens = orders["position"] == np.zeros(1, "V16")
    columns["trade_id"] = np.where(opens, orders["order_id"], orders["position"])
    columns["slippage"] = slippage(orders)
    return columns


def metric_rows(state: State, rows: Rows, names: Names) -> ColumnValues:
    """Return columns of `result_metrics` for orders that have an outcome; NaN: no such stage."""
    orders = state.orders.rows[rows]
    columns = _pick(orders, "account_id", "instance_id", "decided_at", "version")
    columns["result_id"] = orders["order_id"]
    columns["broker_id"] = names.brokers_of(orders)
    columns["finished_at"] = orders["reported_at"]
    for start, end in (
        ("received", "decided"),
        ("decided", "claimed"),
        ("claimed", "sent"),
        ("sent", "done"),
        ("done", "reported"),
        ("received", "claimed"),
        ("received", "done"),
    ):
        a, b = orders[f"{start}_at"], orders[f"{end}_at"]
        columns[f"{start}_to_{end}_ms"] = np.where(
            (a > 0) & (b > 0), (b - a) / _MILLISECOND, np.nan
        )
    point = names.points(names.instruments(orders["account_id"], orders["symbol"]))
    columns["slippage_points"] = slippage(orders) / UNITS / point
    return columns


def opened(state: State, rows: Rows) -> Rows:
    """Return those trade rows that became a position."""
    trades = state.trades.rows[rows]
    is_position = (trades["state"] == TradeState.OPEN) | (trades["state"] == TradeState.CLOSED)
    return np.asarray(rows[is_position])


def trade_rows(state: State, rows: Rows, names: Names) -> ColumnValues:
    """Return columns of `trades` for positions."""
    trades = state.trades.rows[rows]
    columns = _pick(
        trades,
        *("trade_id", "strategy_id", "signal_id", "account_id", "instance_id", "partition"),
        *("symbol", "order_type", "entry_price", "exit_price", "stop_loss", "take_profit"),
        *("commission", "swap", "profit", "position_ticket", "expires_at", "closed_at", "version"),
        closed_quantity="closed",
        executed_at="opened_at",
        created_at="decided_at",
    )
    columns["closed_at"] = np.where(trades["state"] == TradeState.CLOSED, trades["closed_at"], 0)
    columns["quantity"] = trades["volume"] + trades["closed"]
    columns["commission"] = trades["commission"] + trades["fee"]
    columns["broker_id"] = names.brokers_of(trades)
    columns["type"] = [Side(side).word for side in trades["side"].tolist()]
    columns["status"] = ["executed"] * len(rows)
    columns["broker_trade_id"] = [str(ticket) for ticket in trades["position_ticket"].tolist()]
    columns["updated_at"] = np.maximum(trades["opened_at"], trades["closed_at"])
    return columns | measures(state, rows, names)


def deal_rows(state: State, deals: Records, names: Names) -> ColumnValues:
    """Return columns of `deals` for DEAL records that the state has folded."""
    columns = _pick(
        deals,
        *("account_id", "deal_ticket", "order_id", "order_ticket", "position_ticket", "symbol"),
        *("type", "entry", "reason", "volume", "price", "profit", "commission", "swap", "fee"),
        *("magic", "comment", "time"),
    )
    keys = zip(deals["account_id"].tolist(), deals["position_ticket"].tolist(), strict=True)
    trade = np.array([state.positions.get(key, -1) for key in keys], dtype=np.int64)
    known = trade >= 0
    for name in ("trade_id", "strategy_id"):
        ids = np.zeros(len(deals), "V16")
        ids[known] = state.trades.rows[name][trade[known]]
        columns[name] = ids
    account = state.accounts.find(deals["account_id"])
    columns["partition"] = state.accounts.rows["partition"][account]
    columns["broker_id"] = names.brokers(deals["account_id"])
    columns["version"] = deals["deal_ticket"].astype(np.uint64)
    return columns


def mark_rows(accounts: Records) -> ColumnValues:
    """Return columns of `account_marks`: of each ACCOUNT_STATE row the minute that it is in."""
    return _pick(
        accounts,
        *("account_id", "minute", "partition", "balance", "equity", "equity_low", "equity_high"),
        *("margin", "margin_free", "open_positions", "currency", "marked_at", "version"),
    )
