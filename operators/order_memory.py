"""What an executor knows of orders that it has read, sent or found."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.journal import JournalState
from rules.tokens import token
from schema.enums import LegKind, Outcome

NO_OUTCOME = 0
# What only an order of its own comes to: a change or cancel is done, refused or never sent.
_OWN_ENDS = (Outcome.FILLED, Outcome.PARTIALLY_FILLED, Outcome.CANCELLED, Outcome.EXPIRED)


@dataclass
class OrderMemory:
    """Outcomes, tickets and sister legs, by order id.

    Attributes:
        outcomes: Outcome of each order that has one.
        tickets: position and order ticket.
        by_ticket: order ticket -> id of the opening or close that the broker made it for.
        tokens: comment token -> order id.
        legs: signal and account -> order id -> number of the leg; only where there are several.
        strangers: order id -> since when nothing but this memory knows it, microseconds.
    """

    outcomes: dict[bytes, int] = field(default_factory=dict)
    tickets: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    by_ticket: dict[int, bytes] = field(default_factory=dict)
    tokens: dict[bytes, bytes] = field(default_factory=dict)
    legs: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    strangers: dict[bytes, int] = field(default_factory=dict)

    def recall(self, state: JournalState) -> None:
        """Remember what a journal holds."""
        for order_id, row in state.finished.items():
            # What is left of a finished order does not say of which kind it was.
            self.learn(order_id, row, owns=row["outcome"] in _OWN_ENDS)
        for order_id, known in state.known.items():
            self.tokens[token(order_id)] = order_id
            if known.said:
                self.learn(order_id, known.results[-1].report, owns=has_ticket(known.order))

    def learn(self, order_id: bytes, row: Any, *, owns: bool) -> None:
        """Remember the outcome and tickets that a report, or what is left of one, names.

        Args:
            order_id: that it is about.
            row: REPORT or FINISHED row.
            owns: whether the order ticket is its own (see has_ticket).
        """
        self.outcomes[order_id] = int(row["outcome"])
        self.tokens[token(order_id)] = order_id
        if row["order_ticket"] or row["position_ticket"]:
            self.tickets[order_id] = (int(row["position_ticket"]), int(row["order_ticket"]))
            if owns and row["order_ticket"]:
                self.by_ticket[int(row["order_ticket"])] = order_id

    def sisters(self, order: Any) -> None:
        """Remember which legs the pair of an ORDER row has."""
        if order["legs"] > 1:
            legs = self.legs.setdefault(_pair(order), {})
            legs[order["order_id"].tobytes()] = int(order["leg"])

    def earlier(self, order: Any) -> Mapping[bytes, int]:
        """Return the outcomes of the legs before this one."""
        legs = self.legs.get(_pair(order), {})
        return {
            key: self.outcomes.get(key, NO_OUTCOME)
            for key, leg in legs.items()
            if leg < order["leg"]
        }

    def old_strangers(
        self, now: int, known: Sequence[Container[bytes]], held: Container[int], keep: int
    ) -> list[bytes]:
        """Return orders that only this memory has known for a time.

        Others have closed them, or opened what they act on: no journal says when they may go.

        Args:
            now: Microseconds.
            known: Where orders are that somebody else remembers.
            held: Tickets of positions and orders that stand.
            keep: How long they stay, microseconds.
        """
        every = {
            *self.outcomes,
            *self.tickets,
            *(key for legs in self.legs.values() for key in legs),
        }
        mine = [key for key in every if not any(key in place for place in known)]
        self.strangers = {key: self.strangers.get(key, now) for key in mine}
        return [
            key
            for key, since in self.strangers.items()
            if now - since > keep and not any(t in held for t in self.tickets.get(key, ()) if t)
        ]

    def forget(self, order_ids: Iterable[bytes]) -> None:
        """Drop orders that are finished, and whose positions are gone."""
        gone = set(order_ids)
        for key in gone:
            self.outcomes.pop(key, None)
            self.strangers.pop(key, None)
            self.tokens.pop(token(key), None)
            _, ticket = self.tickets.pop(key, (0, 0))
            if self.by_ticket.get(ticket) == key:
                del self.by_ticket[ticket]
        self.legs = {pair: legs for pair, legs in self.legs.items() if not gone >= legs.keys()}


def has_ticket(order: Any | None) -> bool:
    """Return whether the broker gives an ORDER row's order a ticket of its own.

    The ticket that a change or cancel names is that of the order it is about.
    """
    return order is not None and int(order["kind"]) in (LegKind.OPEN, LegKind.CLOSE)


def _pair(order: Any) -> bytes:
    key: bytes = order["signal_id"].tobytes() + order["account_id"].tobytes()
    return key
