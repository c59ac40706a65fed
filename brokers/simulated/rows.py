"""The book's things as rows of its tables and as records of the port."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from brokers.simulated.book import Account, Deal, Order, Position
from schema.broker import BROKER_ORDER
from schema.ids import NIL
from schema.simulated import DEALS, ORDERS, POSITIONS
from schema.wire import DEAL, Records

Row = tuple[Any, ...]
POSITION_COLUMNS = tuple(POSITIONS.columns)
DEAL_ACCOUNT, DEAL_TICKET = (tuple(DEALS.columns).index(c) for c in ("account_id", "deal_ticket"))
ORDER_ACCOUNT, ORDER_TICKET = (
    tuple(ORDERS.columns).index(c) for c in ("account_id", "order_ticket")
)


def account_row(account: Account) -> Row:
    """Return the row of ACCOUNTS."""
    terms = account.terms
    return terms.account_id, terms.currency, account.balance, terms.leverage


def order_row(o: Order) -> Row:
    """Return the row of ORDERS."""
    return (
        o.request_id,
        o.account_id,
        o.ticket,
        o.position_ticket,
        o.instrument.symbol,
        o.type.value,
        o.state.value,
        o.volume,
        o.filled,
        o.price,
        o.stop_loss,
        o.take_profit,
        o.magic,
        o.comment.decode("latin-1"),
        o.placed_at,
        o.done_at,
        o.expires_at,
    )


def deal_row(d: Deal) -> Row:
    """Return the row of DEALS."""
    return (
        d.account_id,
        d.ticket,
        d.order_ticket,
        d.position_ticket,
        d.symbol.decode("latin-1"),
        d.type.value,
        d.entry.value,
        d.reason.value,
        d.volume,
        d.price,
        d.profit,
        d.commission,
        0,
        0,
        d.magic,
        d.time,
        d.comment.decode("latin-1"),
    )


def position_row(p: Position) -> Row:
    """Return the row of POSITIONS."""
    return (
        p.account_id,
        p.ticket,
        p.instrument.symbol,
        p.side.value,
        p.volume,
        p.price_open,
        p.stop_loss,
        p.take_profit,
        0,
        p.magic,
        p.comment.decode("latin-1"),
        p.opened_at,
        p.margin,
    )


def deal_records(rows: Iterable[Row]) -> Records:
    """Return rows of DEALS as DEAL records; they do not know our order's id."""
    return _records(rows, tuple(DEALS.columns), DEAL, {"order_id": NIL})


def order_records(rows: Iterable[Row]) -> Records:
    """Return rows of ORDERS as BROKER_ORDER records."""
    return _records(rows, tuple(ORDERS.columns), BROKER_ORDER, {})


def _records(
    rows: Iterable[Row], columns: tuple[str, ...], dtype: np.dtype[Any], fixed: dict[str, Any]
) -> Records:
    names = dtype.names or ()
    texts = {n for n in names if dtype[n].kind == "S"}
    places = [(n, columns.index(n) if n in columns else -1) for n in names]
    out = [
        tuple(
            fixed[n] if i < 0 else row[i].encode("latin-1") if n in texts else row[i]
            for n, i in places
        )
        for row in rows
    ]
    return np.array(out, dtype=dtype)
