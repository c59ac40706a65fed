"""Rows of live state: what a dashboard shows of trades, accounts and executions now."""

import numpy as np

from rules.order_life import is_final
from rules.rows import ColumnValues
from rules.state import LIVE_STATES, State, TradeState
from rules.tables import Rows
from schema.enums import Outcome, Side
from schema.ids import NIL

_WORDS = np.array([state.name.lower() for state in TradeState], dtype=object)


def trade_rows(state: State, rows: Rows) -> ColumnValues:
    """Return columns of `trade_state`."""
    trades = state.trades.rows[rows]
    names = (
        *("trade_id", "account_id", "strategy_id", "signal_id", "symbol", "entry_price"),
        *("stop_loss", "take_profit", "profit", "position_ticket", "opened_at", "version"),
    )
    columns: ColumnValues = {name: trades[name] for name in names}
    columns["side"] = [Side(side).word for side in trades["side"].tolist()]
    columns["state"] = _WORDS[trades["state"]].tolist()
    columns["volume"] = np.maximum(trades["asked"], trades["volume"] + trades["closed"])
    columns["open_volume"] = np.where(trades["state"] == TradeState.OPEN, trades["volume"], 0)
    columns["updated_at"] = _updated(trades["version"])
    return columns


def live_trades(state: State, rows: Rows) -> list[bool]:
    """Return which trades go on."""
    return list(np.isin(state.trades.rows["state"][rows], LIVE_STATES).tolist())


def ended_orders(state: State, rows: Rows) -> list[bool]:
    """Return which orders have an outcome that stays."""
    orders = state.orders.rows
    return list(is_final(orders["state"][rows], orders["outcome"][rows]).tolist())


def account_rows(state: State, rows: Rows) -> ColumnValues:
    """Return columns of `account_state`, of accounts that were marked."""
    accounts = state.accounts.rows[rows]
    names = (
        *("account_id", "partition", "balance", "equity", "margin", "margin_free", "leverage"),
        *("open_positions", "currency", "marked_at", "version"),
    )
    return {name: accounts[name] for name in names}


def execution_rows(state: State, rows: Rows) -> ColumnValues:
    """Return columns of `execution_state`: one row per trade, of the orders given."""
    orders = state.orders.rows[rows]
    names = (
        *("order_id", "account_id", "kind", "state", "outcome", "volume", "retcode", "message"),
        *("version",),
    )
    columns: ColumnValues = {name: orders[name] for name in names}
    opens = orders["position"] == np.void(NIL)
    columns["trade_id"] = np.where(opens, orders["order_id"], orders["position"])
    columns["reason_code"] = orders["reason"]
    columns["filled_volume"] = np.where(orders["outcome"] == Outcome.NONE, 0, orders["filled"])
    columns["updated_at"] = _updated(orders["version"])
    return columns


def _updated(version: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Rows:
    # A version is the id of the entry that made it: milliseconds above, a sequence below.
    return np.asarray((version >> 20) * 1000)
