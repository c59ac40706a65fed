"""Changes of stops: from where they count, what the broker takes, and why a trade is left alone."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.worlds import signals
from rules.changes import Changes, Found, change_legs
from rules.state import TradeState
from schema.codes import ReasonCode as R
from schema.enums import Side
from schema.wire import UNITS

BOTH = (True, True)


def change(
    columns: dict[str, Any],
    states: list[TradeState],
    entries: list[int],
    copies: tuple[bool, bool] = BOTH,
) -> Changes:
    """Change the trades of one pair; a pending order stands at 1.05."""
    count = len(states)
    trades: Any = {
        "state": np.array(states),
        "side": np.full(count, Side.BUY),
        "entry_price": np.array(entries),
        "order_price": np.full(count, 105_000_000),
    }
    instruments = SimpleNamespace(
        pip=np.array([0.0001]), tick_size=np.array([0.00005]), point=np.array([0.00001])
    )
    subscriptions = SimpleNamespace(
        copy_stop_loss=np.array([copies[0]]), copy_take_profit=np.array([copies[1]])
    )
    none = np.zeros(count, np.int64)
    links: Any = SimpleNamespace(
        state=SimpleNamespace(trades=SimpleNamespace(rows=trades)),
        book=SimpleNamespace(instruments=instruments, subscriptions=subscriptions),
    )
    found = Found(none, np.arange(count), none, none, none)
    return change_legs(links, signals(1, **columns), found)


PIPS = {"sl_pips": [20.0], "tp_pips": [30.0]}
PERCENT = {"sl_percent": [100.0]}
OPEN, PENDING, OPENING = TradeState.OPEN, TradeState.PENDING, TradeState.OPENING


@pytest.mark.parametrize(
    ("state", "columns", "stops"),
    [
        (OPEN, PIPS, (1.098, 1.103)),
        (PENDING, PIPS, (1.048, 1.053)),
        (PENDING, {"sl_percent": [10.0]}, (0.945, 0)),
        (OPEN, {"stop_loss": [109_876_432]}, (1.09875, 0)),
    ],
)
def test_a_change_counts_from_the_entry_or_where_the_order_stands(
    state: TradeState, columns: dict[str, Any], stops: tuple[float, float]
) -> None:
    legs = change(columns, [state], [110_000_000 if state is OPEN else 0]).legs
    found = (legs.stop_loss[0], legs.take_profit[0])
    assert [int(each) for each in found] == [round(stop * UNITS) for stop in stops]


@pytest.mark.parametrize(
    ("columns", "state", "entry", "copies", "reason"),
    [
        (PIPS, OPEN, 0, BOTH, R.ENTRY_UNKNOWN),
        (PIPS, OPENING, 0, BOTH, R.ENTRY_UNKNOWN),
        ({"stop_loss": [UNITS], **PIPS, "sl_pips": [0.0]}, OPEN, 0, BOTH, R.ENTRY_UNKNOWN),
        (PIPS, OPEN, UNITS, (False, False), R.STOPS_NOT_COPIED),
        ({"sl_pips": [20.0]}, OPEN, UNITS, (False, True), R.STOPS_NOT_COPIED),
        ({"take_profit": [UNITS]}, OPEN, UNITS, (True, False), R.STOPS_NOT_COPIED),
        (PERCENT, OPEN, UNITS, BOTH, R.STOPS_TOO_CLOSE),
        ({"stop_loss": [1000]}, OPEN, UNITS, BOTH, R.STOPS_TOO_CLOSE),
        ({"take_profit": [1000], "sl_pips": [20.0]}, OPEN, UNITS, BOTH, R.STOPS_TOO_CLOSE),
    ],
)
def test_a_trade_whose_stops_cannot_be_told_is_left_alone_with_a_reason(
    columns: dict[str, Any],
    state: TradeState,
    entry: int,
    copies: tuple[bool, bool],
    reason: R,
) -> None:
    changes = change(columns, [state], [entry], copies)
    assert len(changes.legs) == 0
    assert changes.reason.tolist() == [reason]
    assert changes.asked.tolist() == [0]


@pytest.mark.parametrize("columns", [{"stop_loss": [UNITS]}, {"stop_loss": [UNITS], **PIPS}])
def test_a_price_needs_no_entry_and_what_is_not_copied_none_either(columns: dict[str, Any]) -> None:
    columns = columns | {"sl_pips": [0.0]}
    legs = change(columns, [OPEN], [0], (True, False)).legs
    assert (legs.stop_loss.tolist(), legs.take_profit.tolist()) == ([UNITS], [0])


def test_only_the_trades_that_can_be_changed_are() -> None:
    changes = change(PIPS, [OPEN, OPEN, PENDING], [110_000_000, 0, 0])
    assert changes.legs.trade.tolist() == [0, 2]
    assert changes.reason.tolist() == [R.ENTRY_UNKNOWN]
