"""The fold of deals: money of orders and trades, and closings that were not ours."""

import numpy as np
from numpy.typing import NDArray

from rules.fold_trades import close_empty, hold, reduce_volume
from rules.order_life import EXECUTED, RANK
from rules.signals import Flags
from rules.state import State
from rules.tables import Rows
from rules.touched import Touched, raise_version
from schema.enums import DealEntry, DealType, LegKind
from schema.wire import Records


def fold_deals(
    state: State, deals: Records, partitions: NDArray[np.int32], version: int | NDArray[np.int64]
) -> Touched:
    """Fold DEAL records: money of trades, and closings that were not ours (SL, TP, by hand)."""
    touched = Touched()
    if not len(deals):
        return touched
    versions = np.broadcast_to(np.asarray(version, dtype=np.int64), len(deals))
    accounts = state.account_rows(deals["account_id"], partitions)
    fresh = _fresh(state, accounts, deals["deal_ticket"])
    deals, versions = deals[fresh], versions[fresh]
    np.maximum.at(state.accounts.rows["last_deal"], accounts[fresh], deals["deal_ticket"])
    # A deposit, a credit or a charge is the account's, whatever it names.
    traded = np.isin(deals["type"], (DealType.BUY, DealType.SELL))
    order = np.where(traded, state.orders.find(deals["order_id"]), -1)
    _learn_positions(state, order, deals)
    _learn_prices(state, order, deals)
    keys = zip(deals["account_id"].tolist(), deals["position_ticket"].tolist(), strict=True)
    by_ticket = np.array([state.positions.get(key, -1) for key in keys], dtype=np.int64)
    ours = order >= 0
    trade = np.where(ours, _trade_of(state, order), np.where(traded, by_ticket, -1))
    booked = trade >= 0
    trades, orders = state.trades.rows, state.orders.rows
    for name in ("profit", "commission", "swap", "fee"):
        np.add.at(trades[name], trade[booked], deals[name][booked])
    for name in ("profit", "commission", "swap"):
        np.add.at(orders[name], order[ours], deals[name][ours])
    out = booked & (deals["entry"] != 0)
    trades["ended_by"][trade[out]] = deals["reason"][out] + 1
    foreign = out & ~_is_told(state, order, deals["entry"])
    volume, price = deals["volume"][foreign], deals["price"][foreign]
    nothing = np.zeros_like(volume)
    reduce_volume(state, trade[foreign], (nothing, nothing), (volume, price))
    close_empty(state, trade[foreign], deals["time"][foreign])
    rows, where = np.unique(trade[booked], return_index=True)
    raise_version(trades, rows, versions[booked][where])
    touched.trades.append(rows)
    mine, first = np.unique(order[ours], return_index=True)
    raise_version(orders, mine, versions[ours][first])
    touched.orders.append(mine)
    touched.deals.append(deals)
    return touched


def _learn_positions(state: State, order_rows: Rows, deals: Records) -> None:
    """Learn which position an opening became from its deal; the report may come long after it."""
    entries = np.flatnonzero((order_rows >= 0) & (deals["entry"] == 0))
    kinds = state.orders.rows["kind"][order_rows[entries]]
    entries = entries[kinds == LegKind.OPEN]
    trade = state.orders.rows["trade"][order_rows[entries]]
    known = trade >= 0
    trade, entries = trade[known], entries[known]
    fresh = state.trades.rows["position_ticket"][trade] == 0
    hold(state, trade[fresh], deals["position_ticket"][entries[fresh]])


def _learn_prices(state: State, order_rows: Rows, deals: Records) -> None:
    """Learn at which price orders were filled whose reports name none: the mean of their deals."""
    if not state.orders.count:
        return
    orders, trades = state.orders.rows, state.trades.rows
    ours = np.maximum(order_rows, 0)
    learns = (order_rows >= 0) & (deals["volume"] > 0) & (deals["price"] > 0)
    learns &= (orders["fill_price"][ours] == 0) | (orders["dealt"][ours] > 0)
    opens = orders["kind"][ours] == LegKind.OPEN
    learns &= np.where(opens, _opens(deals["entry"]), deals["entry"] != DealEntry.IN)
    for place in np.flatnonzero(learns).tolist():
        row, volume = int(order_rows[place]), int(deals["volume"][place])
        before, dealt = int(orders["fill_price"][row]), int(orders["dealt"][row])
        price = round((before * dealt + int(deals["price"][place]) * volume) / (dealt + volume))
        orders["fill_price"][row], orders["dealt"][row] = price, dealt + volume
        trade, filled = orders["trade"][row], orders["filled"][row]
        if trade < 0 or RANK[orders["outcome"][row]] != EXECUTED:
            continue
        if orders["kind"][row] == LegKind.OPEN:
            trades["entry_price"][trade] = price
        elif orders["kind"][row] == LegKind.CLOSE:
            one = np.array([filled])
            reduce_volume(
                state, np.array([trade]), (one, np.array([before])), (one, np.array([price]))
            )


def _opens(entries: NDArray[np.uint8]) -> Flags:
    return np.isin(entries, (DealEntry.IN, DealEntry.INOUT))


def _fresh(state: State, accounts: Rows, tickets: Records) -> Flags:
    """Return which deals are above their account's highest one; tickets ascend per account."""
    seen: set[tuple[int, int]] = set()
    known = state.accounts.rows["last_deal"][accounts]
    fresh = np.asarray(tickets > known)
    for place, key in enumerate(zip(accounts.tolist(), tickets.tolist(), strict=True)):
        fresh[place] &= key not in seen
        seen.add(key)
    return fresh


def _is_told(state: State, order_rows: Rows, entries: NDArray[np.uint8]) -> Flags:
    """Return which deals our own orders tell of in their reports.

    A broker may copy the comment of the opening, and so its token, to a deal that closes it: such
    a deal is not the opening's, unless it turned a position around.
    """
    if not state.orders.count:
        return np.zeros(len(order_rows), np.bool_)
    kinds = state.orders.rows["kind"][np.maximum(order_rows, 0)]
    told = (kinds == LegKind.CLOSE) | (entries == DealEntry.INOUT)
    return np.asarray((order_rows >= 0) & told)


def _trade_of(state: State, order_rows: Rows) -> Rows:
    if not state.orders.count:
        return np.full(len(order_rows), -1)
    return np.where(order_rows >= 0, state.orders.rows["trade"][np.maximum(order_rows, 0)], -1)
