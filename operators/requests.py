"""What a terminal is asked for: an order, its marks, and what it acts on as that stands now."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from operators.execution import Executor
from rules.signals import Flags
from rules.tables import Rows
from rules.tokens import magic, token
from schema.broker import BROKER_ORDER, POSITION, REQUEST
from schema.enums import LegKind, OrderType
from schema.wire import Records

_COPIED = (
    *("order_id", "account_id", "kind", "side", "order_type", "symbol", "volume", "price"),
    *("stop_price", "stop_loss", "take_profit", "expires_at"),
)
Terminal = Any  # see brokers.port


@dataclass(frozen=True)
class Held:
    """What stands at the broker now: POSITION and BROKER_ORDER records."""

    positions: Records
    orders: Records


NOTHING = Held(np.zeros(0, POSITION), np.zeros(0, BROKER_ORDER))


def needs_books(orders: Records) -> Flags:
    """Return which orders can be asked for only by who knows what stands at the broker."""
    return np.asarray(orders["whole"].astype(bool) | (orders["kind"] == LegKind.MODIFY))


def look(terminal: Terminal) -> Held:
    """Ask what stands at the broker.

    Raises:
        Transient, Ambiguous: The terminal did not answer.
    """
    return Held(terminal.positions(), terminal.open_orders())


def build_requests(executor: Executor, orders: Records, held: Held) -> Records:
    """Return what the broker is asked for each order (REQUEST).

    Args:
        executor: Whose.
        orders: ORDER records; what they act on has a ticket.
        held: Needed where `needs_books` says so.
    """
    requests = np.zeros(len(orders), REQUEST)
    for name in _COPIED:
        requests[name] = orders[name]
    keys = orders["order_id"].tolist()
    requests["magic"] = list(map(magic, orders["magic"].tolist(), keys))
    requests["comment"] = list(map(token, keys))
    requests["deviation"] = executor.deviation
    opens = orders["kind"] == LegKind.OPEN
    at_market = opens & (orders["order_type"] == OrderType.MARKET)
    requests["price"] = np.where(at_market, orders["quote_price"], requests["price"])
    acting = np.flatnonzero(~opens)
    if len(acting):
        _aim(executor, requests, orders, acting, held)
    return requests


def _aim(executor: Executor, requests: Records, orders: Records, acting: Rows, held: Held) -> None:
    """Name the position or pending order that a close, change or cancel is about."""
    tickets = [executor.memory.tickets[key] for key in orders["position"][acting].tolist()]
    position, order = np.array(tickets, dtype=np.int64).T
    pending = (orders["kind"][acting] == LegKind.CANCEL) | (position == 0)
    requests["position_ticket"][acting] = np.where(pending, 0, position)
    requests["order_ticket"][acting] = np.where(pending, order, 0)
    whole = acting[orders["whole"][acting].astype(bool)]
    modify = acting[orders["kind"][acting] == LegKind.MODIFY]
    _take_whole(requests, whole, held.positions)
    _keep_stops(requests, modify, held)


def _take_whole(requests: Records, rows: Rows, held: Records) -> None:
    """Close all that a position has now, which is one trade's alone on a hedging account.

    That is less than was decided where a part was closed by hand, and more where the report of its
    opening missed one.
    """
    volumes = dict(zip(held["position_ticket"].tolist(), held["volume"].tolist(), strict=True))
    for row in rows.tolist():
        ticket = int(requests["position_ticket"][row])
        requests["volume"][row] = volumes.get(ticket) or requests["volume"][row]


def _keep_stops(requests: Records, rows: Rows, held: Held) -> None:
    """Leave a stop as it is where a change names only the other: MT5 takes 0 for "remove"."""
    now = {int(p["position_ticket"]): p for p in held.positions}
    pending = {int(o["order_ticket"]): o for o in held.orders}
    for row in rows.tolist():
        request = requests[row]
        stands = now.get(int(request["position_ticket"]))
        if stands is None:
            stands = pending.get(int(request["order_ticket"]))
        if stands is not None:
            for name in ("stop_loss", "take_profit"):
                requests[name][row] = request[name] or stands[name]
