"""The fold of trades: what reports of their orders and foreign closings do to them."""

import numpy as np
from numpy.typing import NDArray

from rules.order_life import EXECUTED, RANK
from rules.state import State, TradeState, live
from rules.tables import Part, Rows
from rules.touched import Touched, raise_version
from schema.enums import LegKind, Outcome
from schema.wire import Records


def apply_to_trades(
    state: State,
    rows: Rows,
    was: NDArray[np.uint8],
    was_filled: NDArray[np.int64],
    versions: NDArray[np.int64],
    touched: Touched,
) -> None:
    """Change the trades of orders that reported, and note them as touched.

    Args:
        state: Whose orders have the reports already.
        rows: Of the orders.
        was: Their outcomes before.
        was_filled: Their filled volumes before, 1e-8 lots.
        versions: That the trades rise to.
        touched: Takes the trades.
    """
    orders = state.orders.rows[rows]
    has_trade = orders["trade"] >= 0
    done = RANK[orders["outcome"]] == EXECUTED
    over = RANK[orders["outcome"]] > RANK[Outcome.UNRESOLVED]
    was_over = RANK[was] > RANK[Outcome.UNRESOLVED]
    opens = has_trade & (orders["kind"] == LegKind.OPEN)
    closes = has_trade & (orders["kind"] == LegKind.CLOSE)
    modifies = has_trade & (orders["kind"] == LegKind.MODIFY) & done
    _opened(state, orders[opens & done])
    _not_opened(state, orders[opens & over & ~done & ~was_over])
    placed = orders[opens & ~done]
    hold(state, placed["trade"], placed["position_ticket"])
    # A closing order may report more than once as it fills: only what is new counts.
    counted = np.where(RANK[was] == EXECUTED, was_filled, 0)
    _closed(state, orders[closes & done], counted[closes & done])
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


def _closed(state: State, orders: Part, earlier: NDArray[np.int64]) -> None:
    reduce_volume(state, orders["trade"], orders["filled"] - earlier, orders["fill_price"])
    close_empty(state, orders["trade"], orders["done_at"])


def reduce_volume(
    state: State, rows: Rows, volume: NDArray[np.int64], price: NDArray[np.int64]
) -> None:
    """Take closed volume off positions, and keep the mean exit price."""
    trades = state.trades.rows
    for row, amount, at in zip(rows.tolist(), volume.tolist(), price.tolist(), strict=True):
        closed = int(trades["closed"][row])
        total = closed + amount
        if amount <= 0:
            continue
        mean = (int(trades["exit_price"][row]) * closed + at * amount) / total
        trades["exit_price"][row] = round(mean)
        trades["closed"][row] = total
        trades["volume"][row] = max(int(trades["volume"][row]) - amount, 0)


def close_empty(state: State, rows: Rows, when: Records) -> None:
    """Close the open trades among these that have no volume left, each at its time."""
    trades = state.trades.rows
    rows, where = np.unique(rows, return_index=True)
    empty = (trades["state"][rows] == TradeState.OPEN) & (trades["volume"][rows] == 0)
    rows, when = rows[empty], when[where][empty]
    trades["state"][rows] = TradeState.CLOSED
    trades["closed_at"][rows] = when
    np.subtract.at(state.accounts.rows["open_trades"], trades["account"][rows], 1)
