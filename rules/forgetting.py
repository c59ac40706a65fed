"""Dropping from a state what has long been finished."""

import numpy as np

from rules.state import State, live
from rules.tables import Rows


def forget(state: State, before: int) -> None:
    """Drop what is finished and was decided before a time (microseconds): bounds the memory."""
    pairs, orders, trades = state.pairs.rows, state.orders.rows, state.trades.rows
    old_trade = ~live(trades) & (trades["closed_at"] < before) & (trades["decided_at"] < before)
    keep_trade = ~old_trade
    over = (pairs["legs_final"] == pairs["legs"]) & (pairs["finished_at"] < before)
    acts = orders["trade"] >= 0
    # An order whose position lives on stays with all its sisters.
    held = np.unique(orders["pair"][acts][keep_trade[orders["trade"][acts]]])
    over[held] = False
    # And a trade stays as long as an order points to it.
    keep_order = ~over[orders["pair"]]
    pointed = orders["trade"][keep_order & acts]
    keep_trade[pointed] = True
    pair_at = state.pairs.keep(~over)
    order_at = state.orders.keep(keep_order)
    trade_at = state.trades.keep(keep_trade)
    orders = state.orders.rows
    orders["pair"] = pair_at[orders["pair"]]
    orders["trade"] = _moved(orders["trade"], trade_at)
    state.pairs.rows["first"] = _moved(state.pairs.rows["first"], order_at)
    moved = ((key, int(trade_at[row])) for key, row in state.positions.items())
    state.positions = {key: row for key, row in moved if row >= 0}


def _moved(rows: Rows, places: Rows) -> Rows:
    """Return where rows are now, -1 where there was none; a table may be empty."""
    out = np.full(len(rows), -1, np.int64)
    there = rows >= 0
    out[there] = places[rows[there]]
    return out
