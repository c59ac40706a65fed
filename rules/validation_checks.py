"""What fields of one signal say about each other, and about the time of its entry."""

import math
from typing import Any

from rules.parsing_faults import Fault
from rules.validation_fields import MICROSECOND
from schema.codes import ReasonCode
from schema.enums import Action, OrderType
from schema.wire import UNITS

Row = dict[str, Any]

IGNORED_AHEAD = 5 * MICROSECOND
LARGEST_AHEAD = 60 * MICROSECOND
OLDEST = 7 * 86_400 * MICROSECOND
# Plain numbers: comparing and hashing an enum's members takes longer than all checks together.
_BUY, _SELL, _TARGET, _MODIFY = map(int, (Action.BUY, Action.SELL, Action.TARGET, Action.MODIFY))
_CLOSES = frozenset(map(int, (Action.CLOSE, Action.CLOSE_LONG, Action.CLOSE_SHORT)))
_ON_ORDERS = frozenset(map(int, (Action.MODIFY, Action.CANCEL)))
_MARKET, _STOP = int(OrderType.MARKET), int(OrderType.STOP)
_NEEDS_PRICE = frozenset(map(int, (OrderType.LIMIT, OrderType.STOP_LIMIT)))
_NEEDS_TRIGGER = frozenset(map(int, (OrderType.STOP, OrderType.STOP_LIMIT)))
_LOSS, _PROFIT = ("stop_loss", "sl_pips", "sl_percent"), ("take_profit", "tp_pips", "tp_percent")
_STOPS = frozenset(_LOSS + _PROFIT)


def check(row: Row) -> None:
    """Refuse contradictions and what an action lacks; signs `prev_position_size`.

    Args:
        row: Column values of the fields that were received, changed in place.

    Raises:
        Fault: With the first thing that is wrong.
    """
    for name in ("strategy", "symbol"):
        if not row.get(name, "").strip():
            raise Fault(ReasonCode.MISSING_FIELD, f"{name} is missing or empty.")
    if "action" not in row:
        raise Fault(ReasonCode.MISSING_FIELD, "action is missing.")
    action, order_type = row["action"], row.get("order_type", _MARKET)
    if action == _TARGET and "position_size" not in row:
        raise Fault(ReasonCode.MISSING_FIELD, "A target needs position_size, which is missing.")
    if "fraction" in row and action not in _CLOSES:
        raise _contradiction(f"fraction belongs to closes, but action is {_word(action)}.")
    if order_type != _MARKET and action in _CLOSES:
        raise _contradiction(f"A {_word(action)} acts at market, but order_type is not market.")
    # The type of the pending order that is changed or cancelled asks for no price.
    if action not in _ON_ORDERS and (order_type != _MARKET or "stop_price" in row):
        _check_prices(row, order_type)
    if "prev_position" in row:
        _sign_before(row)
    if not _STOPS.isdisjoint(row) or action == _MODIFY:
        _check_stops(row, action, order_type)


def _word(action: int) -> str:
    return Action(action).word


def _contradiction(message: str) -> Fault:
    return Fault(ReasonCode.CONTRADICTION, message)


def _check_prices(row: Row, order_type: int) -> None:
    word = OrderType(order_type).word
    needs_price, needs_trigger = order_type in _NEEDS_PRICE, order_type in _NEEDS_TRIGGER
    for name, needed in (("price", needs_price), ("stop_price", needs_trigger)):
        if needed and name not in row:
            raise Fault(
                ReasonCode.PRICE_MISSING,
                f"An order of type {word} needs {name}, which is missing.",
            )
    if "stop_price" in row and not needs_trigger:
        raise _contradiction(f"stop_price is given, but order_type is {word}.")
    if "price" in row and order_type == _STOP:
        raise _contradiction("price is a limit price, but order_type is stop; use stop_limit.")


def _check_stops(row: Row, action: int, order_type: int) -> None:
    for ways in (_LOSS, _PROFIT):
        absolute, pips, percent = ways
        if (absolute in row) + (pips in row) + (percent in row) > 1:
            given = [name for name in ways if name in row]
            raise _contradiction(f"{' and '.join(given)} say the same thing twice; send one.")
    if action == _MODIFY and _STOPS.isdisjoint(row):
        raise Fault(
            ReasonCode.MISSING_FIELD,
            "A modify needs a new stop loss or take profit; none is given.",
        )
    side = _side(row, action)
    if not side:
        return
    entry = row.get("stop_price" if order_type == _STOP else "price")
    loss, profit = row.get("stop_loss"), row.get("take_profit")
    prices = (loss, entry, profit)
    if prices.count(None) < 2:
        _check_order(side, loss, entry, profit)
    percent = "sl_percent" if side > 0 else "tp_percent"
    if row.get(percent, 0.0) >= 100:
        raise Fault(
            ReasonCode.OUT_OF_RANGE, f"{percent} is {row[percent]:g}; the price would be below 0."
        )


def _check_order(side: int, loss: int | None, entry: int | None, profit: int | None) -> None:
    pairs = (
        ("stop_loss", loss, "the entry price", entry),
        ("the entry price", entry, "take_profit", profit),
        ("stop_loss", loss, "take_profit", profit),
    )
    for low_name, low, high_name, high in pairs:
        if low is not None and high is not None and (high - low) * side <= 0:
            raise Fault(
                ReasonCode.STOPS_WRONG_SIDE,
                f"To {'buy' if side > 0 else 'sell'}, {low_name} must lie "
                f"{'below' if side > 0 else 'above'} {high_name}, "
                f"but they are {low / UNITS:.10g} and {high / UNITS:.10g}.",
            )


def _side(row: Row, action: int) -> int:
    """Return 1 where a signal buys to open, -1 where it sells, 0 where it opens nothing.

    A target that says that it reduces has the price of an exit, and the stops of what stays.
    """
    if action == _TARGET:
        after: float = row["position_size"]
        before: float | None = row.get("prev_position_size")
        if before is not None and after * before >= 0 and abs(after) <= abs(before):
            return 0
        return (after > 0) - (after < 0)
    return (action == _BUY) - (action == _SELL)


def _sign_before(row: Row) -> None:
    word, size = row["prev_position"], row.get("prev_position_size")
    if size is None:
        if word == "flat":
            row["prev_position_size"] = 0.0
        return
    fits = {"flat": size == 0, "long": size > 0, "short": size != 0}[word]
    if not fits:
        raise _contradiction(f"prev_position is {word}, but prev_position_size is {size:g}.")
    if word == "short":
        row["prev_position_size"] = -abs(size)


def settle_times(row: Row, received_at: int) -> bool:
    """Fill in `fired_at`, and refuse times that cannot be.

    Returns:
        Whether the publisher's clock was ahead, and the entry's time taken instead.
    """
    fired = row.get("fired_at")
    ahead = False
    if fired is None:
        fired = received_at
    elif fired > received_at + LARGEST_AHEAD:
        seconds = math.ceil((fired - received_at) / MICROSECOND)
        raise Fault(
            ReasonCode.CLOCK_AHEAD, f"fired_at lies {seconds:,} s after the signal arrived."
        )
    elif fired > received_at + IGNORED_AHEAD:
        fired, ahead = received_at, True
    elif fired < received_at - OLDEST:
        days = (received_at - fired) / (86_400 * MICROSECOND)
        raise Fault(
            ReasonCode.FIRED_TOO_LONG_AGO,
            f"fired_at lies {days:.1f} days back; signals older than 7 days are refused.",
        )
    row["fired_at"] = fired
    if 0 < row.get("expires_at", 0) <= fired:
        raise _contradiction("expires_at is not later than fired_at.")
    return ahead
