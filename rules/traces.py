"""What the broker's books show of our orders: looked up by ticket, comment token and magic.

A comment may be shortened or rewritten and a magic number lost, and the history may lag behind
the positions; so all of orders, deals and positions are looked through (design, law 2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rules.broker_orders import is_pending
from rules.tokens import is_token, magic, token, token_in
from schema.broker import BROKER_ORDER
from schema.enums import DealType, LegKind, Side
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import Records


class Trace(NamedTuple):
    """A row of the books that may be an order's.

    Attributes:
        row: BROKER_ORDER row.
        stands: Whether it is of the open orders.
        booked: Whether the broker's orders show it, not only deals or a position.
    """

    row: Any
    stands: bool
    booked: bool


@dataclass
class Traces:
    """One look at the books.

    Attributes:
        standing: BROKER_ORDER rows of pending orders.
        history: BROKER_ORDER rows of orders of the past.
        deals: DEAL rows.
        positions: POSITION rows.
    """

    standing: Records
    history: Records
    deals: Records
    positions: Records
    _by_token: dict[bytes, list[int]] = field(default_factory=dict)
    _by_magic: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        told = set(self.standing["order_ticket"].tolist()) | set(
            self.history["order_ticket"].tolist()
        )
        by_deals = _orders_of(self.deals, told)
        told |= set(by_deals["order_ticket"].tolist())
        parts = (self.standing, self.history, by_deals, _openers_of(self.positions, told))
        self.orders = np.concatenate(parts)
        for row, (comment, number) in enumerate(
            zip(self.orders["comment"].tolist(), self.orders["magic"].tolist(), strict=True)
        ):
            self._by_token.setdefault(token_in(comment), []).append(row)
            self._by_magic.setdefault(number, []).append(row)

    def of(self, order: Any, ticket: int = 0) -> Iterator[Trace]:
        """Yield the rows that may be an order's, and whether each still stands in the book.

        The token is a word of its own; the magic number counts only where the comment is not
        the token of another order, and account and symbol agree. A stop loss carries the magic
        number of its position, and at some brokers the comment: it is of the other side.

        Args:
            order: ORDER row.
            ticket: that an answer named, 0 for none.
        """
        key = order["order_id"].tobytes()
        mine = token(key)
        named = (self.orders["order_ticket"] == ticket) & (ticket != 0)
        found = np.flatnonzero(named).tolist()
        for row in self._by_token.get(mine, ()):
            if row not in found and self._fits(order, row):
                found.append(row)
        for row in self._by_magic.get(magic(int(order["magic"]), key), ()):
            fits = row not in found and self._fits(order, row)
            if fits and self._may_be(order, self.orders[row], mine):
                found.append(row)
        for row in found:
            yield Trace(self.orders[row], row < len(self.standing), self._is_booked(row))

    def _is_booked(self, row: int) -> bool:
        return row < len(self.standing) + len(self.history)

    def _fits(self, order: Any, row: int) -> bool:
        """Return whether a row has the order's side, and an opening's its way to the market."""
        try:
            kind = BrokerOrderType(int(self.orders["type"][row]))
        except ValueError:
            return False  # none of ours
        if kind is BrokerOrderType.CLOSE_BY:
            return bool(order["kind"] == LegKind.CLOSE)
        # What deals and positions tell of an order is its side only.
        opens = order["kind"] == LegKind.OPEN
        right = not (self._is_booked(row) and opens) or kind.pending == is_pending(order)
        return bool(kind.side == order["side"] and right)

    def _may_be(self, order: Any, row: Any, mine: bytes) -> bool:
        word = token_in(row["comment"])
        return bool(
            (word == mine or not is_token(word))
            and row["account_id"] == order["account_id"]
            and row["symbol"] == order["symbol"]
        )

    def deals_of(self, ticket: int) -> Records:
        """Return the deals of an order ticket."""
        found: Records = self.deals[self.deals["order_ticket"] == ticket]
        return found

    def ended(self, ticket: int) -> Any | None:
        """Return the order of the history with this ticket."""
        rows = self.history[self.history["order_ticket"] == ticket]
        return rows[-1] if len(rows) else None

    def holds(self, request_kind: int, position: int, ticket: int) -> Any | None:
        """Return the position or pending order that a change is about, if it still stands."""
        if request_kind != LegKind.CANCEL and position:
            rows = self.positions[self.positions["position_ticket"] == position]
        else:
            rows = self.standing[self.standing["order_ticket"] == ticket]
        return rows[0] if len(rows) else None


def _orders_of(deals: Records, told: set[int]) -> Records:
    """Return filled orders that only deals tell of, for orders reach the history later."""
    deals = deals[np.isin(deals["type"], (DealType.BUY, DealType.SELL))]
    rows = []
    for ticket in dict.fromkeys(deals["order_ticket"].tolist()):
        if ticket and ticket not in told:
            mine = deals[deals["order_ticket"] == ticket]
            sells = mine[0]["type"] == DealType.SELL
            rows.append(_filled(mine[0], ticket, int(mine["volume"].sum()), "time", sells=sells))
    return np.concatenate(rows) if rows else np.zeros(0, BROKER_ORDER)


def _openers_of(positions: Records, told: set[int]) -> Records:
    """Return filled orders that only their positions tell of.

    MT5 gives a position the ticket of the order that opened it.
    """
    rows = [
        _filled(
            *(row, int(row["position_ticket"]), int(row["volume"]), "opened_at"),
            sells=row["side"] == Side.SELL,
        )
        for row in positions
        if row["position_ticket"] not in told
    ]
    return np.concatenate(rows) if rows else np.zeros(0, BROKER_ORDER)


def _filled(source: Any, ticket: int, volume: int, time: str, *, sells: bool) -> Records:
    out = np.zeros(1, BROKER_ORDER)
    for name in ("account_id", "position_ticket", "symbol", "magic", "comment"):
        out[name] = source[name]
    out["order_ticket"], out["state"] = ticket, BrokerOrderState.FILLED
    out["type"] = BrokerOrderType.SELL if sells else BrokerOrderType.BUY
    out["volume"] = out["filled"] = volume
    out["price"] = source["price" if "price" in source.dtype.names else "price_open"]
    out["done_at"] = out["placed_at"] = source[time]
    return out
