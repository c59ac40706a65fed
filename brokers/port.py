"""The port: what the executor asks of a terminal. Batches in, batches out.

A terminal is a MetaTrader 5 terminal with one account, or a simulated one with many.
Nothing here retries: the executor decides by the class of an answer.
"""

from dataclasses import dataclass
from typing import Protocol

from schema.wire import Records


@dataclass(frozen=True, kw_only=True)
class Happenings:
    """What came of the terminal since the last poll, in the order it happened.

    Deals that are no trade (a deposit, a charge) name order and position 0.
    """

    deals: Records  # DEAL, ascending ticket per account; order_id is nil, the executor fills it in
    orders: Records  # BROKER_ORDER, pending orders that left the book: filled, cancelled, expired


@dataclass(frozen=True, kw_only=True)
class History:
    """What the terminal remembers of the past."""

    orders: Records  # BROKER_ORDER, final states
    deals: Records  # DEAL


class Terminal(Protocol):
    """One connection to one terminal."""

    def submit(self, requests: Records) -> Records:
        """Send REQUEST records in order; return one ANSWER per request, in the same order.

        A request that fails does not stop those behind it. The terminal's book holds what
        an answer of class DONE says before this returns. Never sends a request twice.
        An order that was taken and is not executed yet (PLACED, for one at market too) names its
        order ticket, and position 0: its end is looked for in the books, by that ticket.

        Raises:
            Ambiguous: The link broke; any of the requests may have been executed.
            Transient: The terminal was surely not reached; nothing was executed.
            Fatal: The terminal cannot be used any more; the requests count as those of Ambiguous,
                as they do after any other error.
        """
        ...

    def poll(self) -> Happenings:
        """Return what happened since the last poll; after a restart, since `resume`'s place."""
        ...

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        """Say which deals are known: the highest ticket per account. Call once, before `poll`."""
        ...

    def open_orders(self) -> Records:
        """Return the pending orders (BROKER_ORDER)."""
        ...

    def positions(self) -> Records:
        """Return the open positions (POSITION). A failed query raises; it is never "flat"."""
        ...

    def history(self, since: int) -> History:
        """Return orders and deals since a time (microseconds, UTC); may lag behind positions."""
        ...

    def account(self) -> Records:
        """Return balance, equity and margin of each account (MARK)."""
        ...

    def symbols(self) -> list[dict[str, object]]:
        """Return the specification of each symbol, named as the columns of `instruments`."""
        ...

    def quotes(self) -> Records:
        """Return the current price of each symbol (QUOTE)."""
        ...

    def close(self) -> None:
        """Let go of the terminal; it lives on."""
        ...
