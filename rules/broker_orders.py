"""What the broker's books say of an order: its life in our words, from MT5's states."""

from typing import Any, NamedTuple

from schema.codes import ReasonCode
from schema.enums import OrderState, Outcome
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


def life_of(row: Any, filled: int, *, stands: bool) -> Life:
    """Return what an order of the broker's books has come to.

    MT5 leaves a filled volume on orders that were cancelled, rejected or ran out after a part
    was filled: a fill outranks how the rest ended. In the transitional states (started, and the
    requests to add, modify or cancel) nothing has ended yet.

    Args:
        row: A BROKER_ORDER row.
        filled: Volume filled by the deals that are known, 1e-8 lots.
        stands: Whether the row is of the open orders; these work, whatever their state.
    """
    state = BrokerOrderState(int(row["state"]))
    if stands or state not in ENDED:
        return WORKING
    filled = max(filled, int(row["filled"]))
    if filled >= row["volume"] > 0 or (state is BrokerOrderState.FILLED and not filled):
        return Life(OrderState.FINAL, Outcome.FILLED, ReasonCode.NONE)
    if filled or state in (BrokerOrderState.FILLED, BrokerOrderState.PARTIAL):
        return Life(OrderState.FINAL, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART)
    outcome, reason = _ENDS[state]
    if state is BrokerOrderState.CANCELED and not BrokerOrderType(int(row["type"])).pending:
        reason = ReasonCode.BROKER_CANCEL
    return Life(OrderState.FINAL, outcome, reason)
