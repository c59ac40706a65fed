"""Prices of orders and trades: what reports name, and where they name none, what deals tell."""

from itertools import permutations
from typing import Any

import pytest

from schema.enums import DealEntry, Outcome
from tests.model.memory import Memory
from tests.model.naive import Facts
from tests.model.test_model_crashes import FIRST, LOT, OPEN, SECOND, leg, pair, word
from tests.unit.rules.test_rules_fold import deal, trades

QUARTER = LOT // 4
CLOSE = pair([leg(SECOND, 2, 1, 1, kind=1, position=FIRST, volume=LOT)])
BOUGHT = [
    deal(1, order_id=FIRST, volume=QUARTER, price=2 * LOT),
    deal(2, order_id=FIRST, volume=3 * QUARTER, price=4 * LOT),
]
SOLD = [
    deal(3, order_id=SECOND, volume=QUARTER, price=5 * LOT, entry=DealEntry.OUT),
    deal(4, order_id=SECOND, volume=QUARTER, price=7 * LOT, entry=DealEntry.OUT),
]


def told(*events: Facts) -> tuple[Any, Any]:
    """The trade, and its opening, behind a decision to open and one to close, and events."""
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.decide(0, [CLOSE])
    for event in events:
        name = "deals" if "deal_ticket" in event else "reports"
        memory.tell(0, **{name: [event]})
        memory.read(0, 9)
    memory.check()
    return trades(memory)[FIRST], memory.shard.state.orders.records()[0]


def filled(key: bytes, volume: int, price: int) -> Facts:
    outcome = Outcome.FILLED if volume == LOT else Outcome.PARTIALLY_FILLED
    return word(key, outcome, volume) | {"price": price}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_opening_without_a_price_has_the_mean_of_its_deals(place: int) -> None:
    events = [*BOUGHT]
    events.insert(place, filled(FIRST, LOT, 0))
    trade, order = told(*events)
    assert trade["entry_price"] == order["fill_price"] == 3.5 * LOT


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_price_of_a_report_stands_whatever_deals_tell(place: int) -> None:
    events = [*BOUGHT]
    events.insert(place, filled(FIRST, LOT, 9 * LOT))
    trade, order = told(*events)
    assert trade["entry_price"] == order["fill_price"] == 9 * LOT


@pytest.mark.parametrize("order", [o for o in permutations(range(3)) if o.index(0) < o.index(1)])
def test_a_close_without_a_price_has_the_mean_of_its_deals(order: tuple[int, ...]) -> None:
    events = [*SOLD, filled(SECOND, LOT // 2, 0)]
    trade, _ = told(filled(FIRST, LOT, LOT), *(events[place] for place in order))
    assert (trade["exit_price"], trade["closed"]) == (6 * LOT, LOT // 2)


def test_what_was_closed_at_a_price_that_nobody_knows_is_not_in_the_mean() -> None:
    stop = deal(1, entry=DealEntry.OUT, volume=QUARTER, price=3 * LOT)
    opened = filled(FIRST, LOT, LOT) | {"position_ticket": 11}
    trade, _ = told(opened, filled(SECOND, QUARTER, 0), stop)
    assert (trade["exit_price"], trade["closed"]) == (3 * LOT, LOT // 2)


def test_a_close_that_fills_on_is_in_the_mean_once_at_its_last_price() -> None:
    trade, _ = told(
        filled(FIRST, LOT, LOT), filled(SECOND, QUARTER, 2 * LOT), filled(SECOND, LOT, 4 * LOT)
    )
    assert (trade["exit_price"], trade["closed"]) == (4 * LOT, LOT)


def test_a_closing_deal_that_names_the_opening_is_not_its_price() -> None:
    stop = deal(1, order_id=FIRST, entry=DealEntry.OUT, volume=QUARTER, price=3 * LOT)
    trade, order = told(filled(FIRST, LOT, 0), stop)
    assert (trade["entry_price"], order["fill_price"], trade["exit_price"]) == (0, 0, 3 * LOT)


def test_a_later_report_without_a_price_takes_none_away() -> None:
    trade, order = told(filled(FIRST, QUARTER, 3 * LOT), filled(FIRST, LOT, 0))
    assert trade["entry_price"] == order["fill_price"] == 3 * LOT
