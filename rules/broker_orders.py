"""What the broker's books say of an order: its life in our words, from MT5's states."""

from typing import Any, NamedTuple

from rules.journal import Known
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from schema.mt5 import BrokerOrderState, BrokerOrderType

_ENDS = {
    BrokerOrderState.CANCELED: (Outcome.CANCELLED, ReasonCode.PENDING_CANCELLED),
    BrokerOrderState.REJECTED: (Outcome.REFUSED, ReasonCode.BROKER_REJECT),
    BrokerOrderState.EXPIRED: (Outcome.EXPIRED, ReasonCode.PENDING_EXPIRED),
}
# An order of the history in one of these states has ended; in any other it is on its way.
ENDED = frozenset({*_ENDS, BrokerOrderState.FILLED, BrokerOrderState.PARTIAL})


class Life(NamedTuple):
    """State, outcome and reason of an order."""

    state: OrderState
    outcome: Outcome
    reason: ReasonCode


WORKING = Life(OrderState.WORKING, Outcome.NONE, ReasonCode.NONE)


def is_pending(order: Any) -> bool:
    """Return whether an ORDER row waits in the book for its price, and its end is polled."""
    opens = int(order["kind"]) == LegKind.OPEN
    return opens and int(order["order_type"]) != OrderType.MARKET


def is_on_its_way(known: Known) -> bool:
    """Return whether the broker took an order that should have been executed at once.

    MT5 answers so where the exchange or a dealer decides; nobody tells the end unasked. Its last
    word has no outcome, whatever state an older version gave it.
    """
    if known.order is None or not known.results or is_pending(known.order):
        return False
    return int(known.results[-1].report["outcome"]) == Outcome.NONE


def asked_volume(known: Known) -> int:
    """Return the volume that the broker was asked, 1e-8 lots; a close may ask what is left."""
    source = known.order if known.request is None else known.request
    return 0 if source is None else int(source["volume"])


def filled_volume(outcome: int, told: int, asked: int) -> int:
    """Return what was filled; an order that was filled, and nobody says how far, was filled whole.

    Args:
        outcome: of the order.
        told: volume that the broker names, 1e-8 lots, 0 for none.
        asked: volume that was asked.
    """
    return told or (asked if outcome == Outcome.FILLED else 0)


def life_of(row: Any, filled: int, *, stands: bool) -> Life:
    """Return what an order of the broker's books has come to.

    MT5 leaves a filled volume on orders that were cancelled, rejected or ran out after a part
    was filled: a fill outranks how the rest ended. In the transitional states (started, and the
    requests to add, modify or cancel) nothing has ended yet, nor in one that is not known here.

    Args:
        row: A BROKER_ORDER row.
        filled: Volume filled by the deals that are known, 1e-8 lots.
        stands: Whether the row is of the open orders; these work, whatever their state.
    """
    state = int(row["state"])
    if stands or state not in ENDED:
        return WORKING
    filled = max(filled, int(row["filled"]))
    if filled >= row["volume"] > 0 or (state == BrokerOrderState.FILLED and not filled):
        return Life(OrderState.FINAL, Outcome.FILLED, ReasonCode.NONE)
    if filled or state in (BrokerOrderState.FILLED, BrokerOrderState.PARTIAL):
        return Life(OrderState.FINAL, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART)
    outcome, reason = _ENDS[BrokerOrderState(state)]
    pending = BrokerOrderType.BUY_LIMIT <= row["type"] <= BrokerOrderType.SELL_STOP_LIMIT
    if state == BrokerOrderState.CANCELED and not pending:
        reason = ReasonCode.BROKER_CANCEL
    return Life(OrderState.FINAL, outcome, reason)
