"""Stops are judged and sized by as they are sent: on the grid of ticks, and never left out."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.worlds import LOT, random_world, signals
from rules.intent import resolve
from rules.routing import route
from rules.sizing import Sized, size
from schema.codes import ReasonCode as R
from schema.enums import Action, OrderType, SizingMode

BALANCE, PERCENT = 10_000, 1


def order(
    mode: SizingMode, bid: float, ask: float, tick: float, contract: float, **columns: Any
) -> tuple[int, int, int, R]:
    """Volume, stop loss, take profit and reason of one signal on one account."""
    sized = sized_one(mode, bid, ask, tick, contract, **columns)
    columns_of = (sized.volume, sized.stop_loss, sized.take_profit)
    volume, loss, profit = (int(column[0]) for column in columns_of)
    return volume, loss, profit, R(int(sized.reason[0]))


def sized_one(
    mode: SizingMode, bid: float, ask: float, tick: float, contract: float, **columns: Any
) -> Sized:
    w = random_world(1, accounts=1, asked=1, clean=True)
    found = signals(1, **columns)
    given = {"sizing": np.uint8(mode), "risk_percent": float(PERCENT), "fixed_volume": LOT}
    given |= {"risk_override": False, "max_risk_coefficient": 1.0, "copy_take_profit": True}
    subscriptions = replace(
        w.book.subscriptions, **{name: np.full(3, value) for name, value in given.items()}
    )
    known = {"volume_min": LOT // 100, "volume_step": LOT // 100, "volume_max": 10**6 * LOT}
    known |= {"contract_size": contract, "tick_size": tick, "point": tick, "pip": tick}
    count = len(w.book.instruments)
    instruments = replace(
        w.book.instruments, **{name: np.full(count, value) for name, value in known.items()}
    )
    book = replace(w.book, subscriptions=subscriptions, instruments=instruments)
    market = replace(
        w.market,
        rate=np.ones_like(w.market.rate),
        bid=np.full(count, bid),
        ask=np.full(count, ask),
    )
    balances = replace(w.balances, balance=np.array([float(BALANCE)]))
    intents = resolve(found, np.full(1, np.nan)).intents
    pairs = route(book, found, intents, w.now)
    return size(book, found, intents, pairs, market, balances, w.now)


@given(st.integers(1, 400_000), st.sampled_from([1, 5, 25, 100, 500]))
def test_no_account_risks_more_than_its_share_whatever_the_tick(
    distance: int, hundredths: int
) -> None:
    asked = 500_000 - distance  # hundredths
    tick = hundredths / 100
    loss = [asked * LOT // 100]
    volume, placed, _, reason = order(SizingMode.RISK, 4999.75, 5000.0, tick, 50.0, stop_loss=loss)
    if reason is R.NONE:
        assert placed % round(tick * LOT) == 0
        lost = Fraction(5000 * LOT - placed, LOT) * 50 * Fraction(volume, LOT)
        assert 0 < lost <= BALANCE * PERCENT / 100
    else:
        # It came to lie on the entry, or not even the least volume is within the share.
        assert (volume, placed) == (0, 0)
        assert reason in (R.STOPS_TOO_CLOSE, R.VOLUME_TOO_SMALL, R.RISK_TOO_HIGH)


def test_a_stop_that_the_tick_moves_to_the_entry_is_refused() -> None:
    asked = [499_990 * LOT // 100]
    found = order(SizingMode.RISK, 4999.75, 5000.0, 0.25, 50.0, stop_loss=asked)
    assert found == (0, 0, 0, R.STOPS_TOO_CLOSE)


@pytest.mark.parametrize("mode", [SizingMode.FIXED, SizingMode.RISK])
@pytest.mark.parametrize(
    "columns",
    [
        {"sl_pips": [12_000.0]},
        {"sl_percent": [100.0]},
        {"stop_loss": [1]},
        {"sl_pips": [10.0], "tp_pips": [12_000.0], "action": np.array([Action.SELL], np.uint8)},
        {"sl_pips": [10.0], "take_profit": [1], "action": np.array([Action.SELL], np.uint8)},
    ],
)
def test_a_stop_that_is_no_price_is_refused_and_not_left_out(
    mode: SizingMode, columns: dict[str, Any]
) -> None:
    found = order(mode, 1.1, 1.1001, 0.0001, 100_000.0, **columns)
    assert found == (0, 0, 0, R.STOPS_TOO_CLOSE)


@pytest.mark.parametrize(
    ("kind", "columns", "placed"),
    [
        (OrderType.LIMIT, {"price": [499_087 * LOT // 100]}, (4990.75, 0)),
        (OrderType.STOP, {"stop_price": [501_013 * LOT // 100]}, (0, 5010.25)),
        (OrderType.LIMIT, {"price": [1]}, (0.25, 0)),
        (OrderType.MARKET, {"price": [499_087 * LOT // 100]}, (0, 0)),
    ],
)
def test_pending_orders_stand_on_the_grid_and_count_their_stops_from_there(
    kind: OrderType, columns: dict[str, Any], placed: tuple[float, float]
) -> None:
    asked = columns | {"order_type": [kind], "tp_pips": [4.0]}
    sized = sized_one(SizingMode.FIXED, 4999.75, 5000.0, 0.25, 50.0, **asked)
    assert (sized.price[0] / LOT, sized.stop_price[0] / LOT) == placed
    assert sized.take_profit[0] / LOT == (sum(placed) or 5000.0) + 1.0
