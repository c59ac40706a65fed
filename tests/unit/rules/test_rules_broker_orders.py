"""What MT5's order states mean, one by one."""

import numpy as np
import pytest

from rules.broker_orders import life_of
from schema.broker import BROKER_ORDER
from schema.codes import ReasonCode
from schema.enums import OrderState, Outcome
from schema.mt5 import BrokerOrderState, BrokerOrderType


def row(state: BrokerOrderState, filled: int = 0, *, market: bool = False) -> np.void:
    out = np.zeros(1, BROKER_ORDER)[0]
    out["state"], out["volume"], out["filled"] = state, 100, filled
    out["type"] = BrokerOrderType.BUY if market else BrokerOrderType.BUY_LIMIT
    return out


@pytest.mark.parametrize(
    "state",
    [
        BrokerOrderState.STARTED,
        BrokerOrderState.PLACED,
        BrokerOrderState.REQUEST_ADD,
        BrokerOrderState.REQUEST_MODIFY,
        BrokerOrderState.REQUEST_CANCEL,
    ],
)
def test_an_order_on_its_way_is_working(state: BrokerOrderState) -> None:
    assert life_of(row(state), 0, stands=False)[:2] == (OrderState.WORKING, Outcome.NONE)


@pytest.mark.parametrize("state", list(BrokerOrderState))
def test_an_order_that_stands_in_the_book_is_working_whatever_its_state(
    state: BrokerOrderState,
) -> None:
    assert life_of(row(state, 50), 50, stands=True)[:2] == (OrderState.WORKING, Outcome.NONE)


@pytest.mark.parametrize(
    ("state", "filled", "outcome", "reason"),
    [
        (BrokerOrderState.FILLED, 100, Outcome.FILLED, ReasonCode.NONE),
        (BrokerOrderState.FILLED, 0, Outcome.FILLED, ReasonCode.NONE),
        (BrokerOrderState.FILLED, 40, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
        (BrokerOrderState.PARTIAL, 40, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
        (BrokerOrderState.CANCELED, 0, Outcome.CANCELLED, ReasonCode.PENDING_CANCELLED),
        (BrokerOrderState.CANCELED, 40, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
        (BrokerOrderState.REJECTED, 0, Outcome.REFUSED, ReasonCode.BROKER_REJECT),
        (BrokerOrderState.REJECTED, 40, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
        (BrokerOrderState.EXPIRED, 0, Outcome.EXPIRED, ReasonCode.PENDING_EXPIRED),
        (BrokerOrderState.EXPIRED, 40, Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
    ],
)
def test_how_an_order_of_the_history_ended(
    state: BrokerOrderState, filled: int, outcome: Outcome, reason: ReasonCode
) -> None:
    expected = (OrderState.FINAL, outcome, reason)
    assert life_of(row(state, filled), 0, stands=False) == expected
    assert life_of(row(state), filled, stands=False) == expected, "the deals tell it first"


def test_a_market_order_that_was_cancelled_is_no_pending_order() -> None:
    life = life_of(row(BrokerOrderState.CANCELED, market=True), 0, stands=False)
    assert life.reason == ReasonCode.BROKER_CANCEL
