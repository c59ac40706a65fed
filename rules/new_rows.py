"""The fold of a decision: pairs, orders and the trades that they are to open, as new rows.

Deciding itself writes its rows straight into the state and knows where everything is; what is
read from a log is looked up first. Both then go through the same functions.
"""

import numpy as np
from numpy.typing import NDArray

from rules.state import State, TradeState
from rules.tables import Rows, raw, taken
from rules.touched import Touched
from schema.enums import LegKind, OrderType, Outcome
from schema.wire import Records

_OPEN, _CLOSE = int(LegKind.OPEN), int(LegKind.CLOSE)
_MARKET, _STOP = int(OrderType.MARKET), int(OrderType.STOP)
_PENDING, _OPENING = np.uint8(TradeState.PENDING), np.uint8(TradeState.OPENING)
_ONE = np.int32(1)  # of the column's own type: NumPy adds it thirty times as fast
_TRADE_FIELDS = (
    *("signal_id", "account_id", "strategy_id", "instance_id", "broker_id"),
    *("symbol", "order_type"),
    *("stop_loss", "take_profit", "decided_at", "expires_at"),
)


def fold_decision(
    state: State, orders: Records, verdicts: Records, partitions: NDArray[np.int32]
) -> Touched:
    """Fold orders and verdicts that were read from a decisions log; what is known is dropped.

    Args:
        state: Changed in place.
        orders: ORDER records; the legs of one (signal, account) follow each other.
        verdicts: VERDICT records, one per (signal, account).
        partitions: Partition of each verdict.

    Returns:
        The new rows. Their decision id is not known here: see `rules.touched.stamp`.
    """
    new = state.pairs.find(verdicts["signal_id"], verdicts["account_id"]) < 0
    pairs = state.pairs.extend(int(new.sum()))
    raw(state.pairs.head)[pairs] = raw(verdicts)[new]
    settle_pairs(state, pairs, partitions[new])
    orders = taken(orders, state.orders.find(orders["order_id"]) < 0)
    pair = state.pairs.find(orders["signal_id"], orders["account_id"])
    partition = state.pairs["partition"][pair]
    opens = orders["kind"] == _OPEN
    opening = taken(orders, opens)
    opened = expose(
        state,
        state.account_rows(opening["account_id"], partition[opens]),
        opening["side"],
        opening["order_type"],
        opening["volume"],
        np.where(opening["order_type"] == _STOP, opening["stop_price"], opening["price"]),
    )
    name_trades(state, opened, opening, partition[opens])
    # Only now: a close may be of a trade that the same decision opens.
    trade = np.empty(len(orders), np.int64)
    trade[opens] = np.arange(opened.start, opened.stop)
    trade[~opens] = state.trades.find(orders["position"][~opens])
    closes = (orders["kind"] == _CLOSE) & (trade >= 0)
    begin_closing(state, trade[closes], orders["volume"][closes])
    added = state.orders.extend(len(orders))
    raw(state.orders.head)[added] = raw(orders)
    link_orders(state, added, pair, trade, partition)
    return touched_by(pairs, added, opened, trade[closes])


def touched_by(pairs: slice, orders: slice, opened: slice, closing: Rows) -> Touched:
    """Return what a fold of new rows touched."""
    new = [np.arange(part.start, part.stop) for part in (orders, pairs, opened)]
    trades = np.concatenate([new[2], closing]) if len(closing) else new[2]
    return Touched(orders=[new[0]], pairs=[new[1]], trades=[trades])


def expose(
    state: State,
    accounts: Rows,
    side: NDArray[np.uint8],
    order_type: NDArray[np.uint8],
    volume: NDArray[np.int64],
    price: NDArray[np.int64],
) -> slice:
    """Add trades that are to be opened: from now on they count as exposure."""
    added = state.trades.extend(len(accounts))
    trades = state.trades
    trades["account"][added] = accounts
    trades["side"][added] = side
    trades["asked"][added] = volume
    trades["volume"][added] = volume
    trades["order_price"][added] = np.where(order_type != _MARKET, price, 0)
    trades["state"][added] = np.where(order_type != _MARKET, _PENDING, _OPENING)
    np.add.at(state.accounts["open_trades"], accounts, _ONE)
    return added


def name_trades(state: State, added: slice, orders: Records, partitions: NDArray[np.int32]) -> None:
    """Say which orders, aligned to them, are to open new trades."""
    trades = state.trades
    trades["trade_id"][added] = orders["order_id"]
    trades["partition"][added] = partitions
    for name in _TRADE_FIELDS:
        trades[name][added] = orders[name]


def begin_closing(state: State, trades: Rows, volume: NDArray[np.int64]) -> None:
    """Note volume that was ordered to be closed."""
    np.add.at(state.trades["closing"], trades, volume)


def settle_pairs(state: State, added: slice, partitions: NDArray[np.int32]) -> None:
    """Fill in the columns of new pairs, whose verdicts stand in the table."""
    pairs = state.pairs
    outcome, reason, legs, at = (
        pairs[name][added] for name in ("outcome", "reason", "legs", "decided_at")
    )
    over = legs == 0
    # A pair without an order has its outcome now, or it would never have one.
    assert not (over & (outcome == int(Outcome.NONE))).any()
    pairs["partition"][added] = partitions
    pairs["first"][added] = -1
    pairs["status"][added] = outcome * over
    pairs["status_reason"][added] = reason
    pairs["finished_at"][added] = at * over


def link_orders(
    state: State, added: slice, pair: Rows, trade: Rows, partitions: NDArray[np.int32]
) -> None:
    """Fill in the columns of new orders, whose records stand in the table."""
    orders = state.orders
    orders["pair"][added] = pair
    orders["trade"][added] = trade
    orders["partition"][added] = partitions
    first = np.flatnonzero(orders["leg"][added] == 1)
    state.pairs["first"][pair[first]] = first + added.start
