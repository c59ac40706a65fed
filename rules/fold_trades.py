"""The fold of trades: what reports of their orders and foreign closings do to them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.order_life import EXECUTED, RANK
from rules.state import State, TradeState, live
from rules.tables import Part, Rows
from rules.touched import Touched, raise_version
from schema.enums import LegKind, Outcome
from schema.wire import Records

Volumes = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Volumes, 1e-8 lots, each at its price."""


class Before(NamedTuple):
    """What orders said before a report came."""

    outcome: NDArray[np.uint8]
    filled: NDArray[np.int64]
    fill_price: NDArray[np.int64]


def apply_to_trades(
    state: State,
    rows: Rows,
    was: Before,
    versions: NDArray[np.int64],
    touched: Touched,
) -> None:
    """Change the trades of orders that reported, and note them as touched.

    Args:
        state: Whose orders have the reports already.
        rows: Of the orders.
        was: What they said before.
        versions: That the trades rise to.
        touched: Takes the trades.
    """
    orders = state.orders.rows[rows]
    has_trade = orders["trade"] >= 0
    done = RANK[orders["outcome"]] == EXECUTED
    over = RANK[orders["outcome"]] > RANK[Outcome.UNRESOLVED]
    was_over = RANK[was.outcome] > RANK[Outcome.UNRESOLVED]
    opens = has_trade & (orders["kind"] == LegKind.OPEN)
    closes = has_trade & (orders["kind"] == LegKind.CLOSE)
    modifies = has_trade & (orders["kind"] == LegKind.MODIFY) & done
    _opened(state, orders[opens & done])
    _not_opened(state, orders[opens & over & ~done & ~was_over])
    placed = orders[opens & ~done]
    hold(state, placed["trade"], placed["position_ticket"])
    closed = orders[closes & done]
    # A closing order may report more than once as it fills: only what is new counts.
    counted = np.where(RANK[was.outcome] == EXECUTED, was.filled, 0)[closes & done]
    reduce_volume(
        state,
        closed["trade"],
        (counted, was.fill_price[closes & done]),
        (closed["filled"], closed["fill_price"]),
    )
    close_empty(state, closed["trade"], closed["done_at"])
    released = orders[closes & over & ~was_over]
    trades = state.trades.rows
    np.subtract.at(trades["closing"], released["trade"], released["volume"])
    for name in ("stop_loss", "take_profit"):
        changed = orders[modifies & (orders[name] != 0)]
        trades[name][changed["trade"]] = changed[name]
    touched_rows, where = np.unique(orders["trade"][has_trade], return_index=True)
    raise_version(trades, touched_rows, versions[has_trade][where])
    touched.trades.append(touched_rows)


def _opened(state: State, orders: Part) -> None:
    trades, rows = state.trades.rows, orders["trade"]
    revived = ~live(trades[rows])
    trades["closed_at"][rows[revived]] = 0
    np.add.at(state.accounts.rows["open_trades"], trades["account"][rows[revived]], 1)
    trades["volume"][rows] = np.maximum(orders["filled"] - trades["closed"][rows], 0)
    trades["entry_price"][rows] = orders["fill_price"]
    trades["opened_at"][rows] = orders["done_at"]
    trades["state"][rows] = TradeState.OPEN
    hold(state, rows, orders["position_ticket"])
    close_empty(state, rows, orders["done_at"])


def hold(state: State, rows: Rows, tickets: NDArray[np.int64]) -> None:
    """Note the positions of trades. One that several trades share is the newest trade's."""
    trades = state.trades.rows
    told = tickets != 0
    rows, tickets = rows[told], tickets[told]
    trades["position_ticket"][rows] = tickets
    accounts = trades["account_id"][rows].tolist()
    for account, ticket, row in zip(accounts, tickets.tolist(), rows.tolist(), strict=True):
        key = (account, ticket)
        state.positions[key] = max(row, state.positions.get(key, row))


def _not_opened(state: State, orders: Part) -> None:
    trades, rows = state.trades.rows, orders["trade"]
    trades["state"][rows] = TradeState.NEVER
    trades["volume"][rows] = 0
    trades["closed_at"][rows] = orders["reported_at"]
    np.subtract.at(state.accounts.rows["open_trades"], trades["account"][rows], 1)


def reduce_volume(state: State, rows: Rows, before: Volumes, after: Volumes) -> None:
    """Take closed volume off positions, and keep the mean exit price.

    Args:
        state: Whose trades are changed.
        rows: Trades, one for each closing order or deal.
        before: What of it has been taken off already, and at which price; 0 is not known.
        after: What of it was closed in all, likewise.
    """
    trades = state.trades.rows
    columns = (rows, *before, *after)
    for row, old, old_price, new, price in zip(*(c.tolist() for c in columns), strict=True):
        if new < old or (new, price) == (old, old_price):
            continue
        priced = int(trades["priced"][row])
        money = int(trades["exit_price"][row]) * priced - old * old_price + new * price
        priced += new * (price > 0) - old * (old_price > 0)
        trades["exit_price"][row] = round(money / priced) if priced else 0
        trades["priced"][row] = priced
        trades["closed"][row] += new - old
        trades["volume"][row] = max(int(trades["volume"][row]) - (new - old), 0)


def close_empty(state: State, rows: Rows, when: Records) -> None:
    """Close the open trades among these that have no volume left, each at its time."""
    trades = state.trades.rows
    rows, where = np.unique(rows, return_index=True)
    empty = (trades["state"][rows] == TradeState.OPEN) & (trades["volume"][rows] == 0)
    rows, when = rows[empty], when[where][empty]
    trades["state"][rows] = TradeState.CLOSED
    trades["closed_at"][rows] = when
    np.subtract.at(state.accounts.rows["open_trades"], trades["account"][rows], 1)
