"""Readers of single fields: from a received value to what its column holds."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, TypeVar

from rules.parsing_faults import Fault, shown
from schema.codes import ReasonCode
from schema.enums import Action, OrderType, Vocabulary
from schema.wire import UNITS

Reader = Callable[[str, Any], Any]
V = TypeVar("V", bound=Vocabulary)

MICROSECOND = 1_000_000
LARGEST = 10**10  # DECIMAL(18,8) ends below it
_STEP = Decimal(1).scaleb(-8)
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_WORDS = frozenset({"nan", "inf", "infinity", "na", "n/a"})
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FIRST_MS = 10**11  # smaller numbers are seconds: 1e11 s lies in the year 5138
_LAST_MS = 10**13


def number(name: str, value: Any) -> Decimal | int:
    """Return a finite number, which may come as text."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is str:
        text = value.strip()
        if len(text) <= 64 and _NUMBER.fullmatch(text):
            return Decimal(text)
        if text.lstrip("+-").lower() in _WORDS:
            raise Fault(ReasonCode.NOT_FINITE, f"{name} is {shown(value)}, not a finite number.")
        raise Fault(ReasonCode.WRONG_TYPE, f"{name} must be a number, but is {shown(value)}.")
    if kind is not Decimal:
        raise Fault(ReasonCode.WRONG_TYPE, f"{name} must be a number, but is {shown(value)}.")
    if not value.is_finite():
        raise Fault(ReasonCode.NOT_FINITE, f"{name} is {value}, not a finite number.")
    return value  # type: ignore[no-any-return]


def units(name: str, value: Any) -> int:
    """Return a price or volume above 0 as a count of 1e-8, rounded half to even."""
    found = number(name, value)
    if 0 < found < LARGEST:
        if isinstance(found, int):
            return found * UNITS
        scaled = found.scaleb(8, _EXACT)
        counted = int(scaled)
        if counted != scaled:
            counted = int(_EXACT.quantize(found, _STEP).scaleb(8))
        if 0 < counted < LARGEST * UNITS:
            return counted
    raise Fault(
        ReasonCode.OUT_OF_RANGE,
        f"{name} is {shown(value)}; it must be at least 0.00000001 and below 10,000,000,000.",
    )


def ratio(limit: float, *, closed: bool = True) -> Reader:
    """Return a reader of floats above 0 up to `limit`, which belongs to it if `closed`."""

    def read(name: str, value: Any) -> float:
        found = number(name, value)
        if 0 < found < limit or (closed and found == limit):
            wide = float(found)
            if wide > 0:
                return wide
        bound = "at most" if closed else "below"
        raise Fault(
            ReasonCode.OUT_OF_RANGE,
            f"{name} is {shown(value)}; it must be above 0 and {bound} {limit:,g}.",
        )

    return read


def signed(name: str, value: Any) -> float:
    """Return a position size, rounded to 1e-8: what floats put beside it is no change of it."""
    found = number(name, value)
    if -LARGEST < found < LARGEST:
        if isinstance(found, int):
            return float(found)
        rounded = _EXACT.quantize(found, _STEP)
        if rounded or not found:
            return float(rounded)
    raise Fault(
        ReasonCode.OUT_OF_RANGE,
        f"{name} is {shown(value)}; it must be 0, or lie between -10,000,000,000 and "
        "10,000,000,000 and be no smaller than 0.00000001.",
    )


def text(limit: int, *, plain: bool = True) -> Reader:
    """Return a reader of texts of at most `limit` characters, without controls if `plain`."""

    def read(name: str, value: Any) -> str:
        if type(value) is not str:
            raise Fault(ReasonCode.WRONG_TYPE, f"{name} must be a text, but is {shown(value)}.")
        if len(value) > limit:
            raise Fault(
                ReasonCode.TEXT_TOO_LONG,
                f"{name} has {len(value):,} characters; at most {limit} are taken.",
            )
        if not value.isprintable() and plain and _CONTROL.search(value):
            raise Fault(ReasonCode.WRONG_TYPE, f"{name} has a control character: {shown(value)}.")
        return value

    return read


def word(members: type[V], code: ReasonCode) -> Reader:
    """Return a reader of an enum's words in any case."""
    known = {member.word: int(member) for member in members}

    def read(name: str, value: Any) -> int:
        if type(value) is not str:
            raise Fault(ReasonCode.WRONG_TYPE, f"{name} must be a text, but is {shown(value)}.")
        found = known.get(value)
        if found is None:
            found = known.get(value.strip().lower())
        if found is None:
            raise Fault(code, f"{name} is {shown(value)}; known are {', '.join(known)}.")
        return found

    return read


def sign(name: str, value: Any) -> str:
    """Return `long`, `short` or `flat`."""
    if type(value) is not str:
        raise Fault(ReasonCode.WRONG_TYPE, f"{name} must be a text, but is {shown(value)}.")
    found = value.strip().lower()
    if found not in {"long", "short", "flat"}:
        raise Fault(
            ReasonCode.UNKNOWN_ENUM, f"{name} is {shown(value)}; known are long, short, flat."
        )
    return found


def moment(name: str, value: Any) -> int:
    """Return a time in microseconds: RFC 3339, or Unix seconds or milliseconds."""
    if type(value) is str:
        stripped = value.strip()
        if _RFC3339.fullmatch(stripped):
            try:
                when = datetime.fromisoformat(stripped.upper())
                micros = int(when.timestamp()) * MICROSECOND + when.microsecond
            except (ValueError, OverflowError):
                micros = 0
            return _in_range(name, value, micros)
        if not _NUMBER.fullmatch(stripped):
            raise _bad_time(name, value)
    elif type(value) is not int and type(value) is not Decimal:
        raise Fault(ReasonCode.WRONG_TYPE, f"{name} must be a time, but is {shown(value)}.")
    found = number(name, value)
    if not 0 < found < _LAST_MS:
        raise _bad_time(name, value)
    return _in_range(name, value, int(found * (MICROSECOND if found < _FIRST_MS else 1000)))


def _in_range(name: str, value: Any, micros: int) -> int:
    if micros >= _LAST_MS * 1000:
        raise Fault(
            ReasonCode.BAD_TIME,
            f"{name} is {shown(value)}; times before 2286-11-20 are taken. An order without "
            "expires_at stands until it is cancelled.",
        )
    if micros <= 0:
        raise _bad_time(name, value)
    return micros


def _bad_time(name: str, value: Any) -> Fault:
    return Fault(
        ReasonCode.BAD_TIME,
        f"{name} is {shown(value)}; write it like 2026-11-21T09:30:00Z, "
        "or as Unix seconds or milliseconds.",
    )


READERS: dict[str, Reader] = {
    "strategy": text(64),
    "symbol": text(32),
    "action": word(Action, ReasonCode.UNKNOWN_ACTION),
    "order_type": word(OrderType, ReasonCode.UNKNOWN_ORDER_TYPE),
    "price": units,
    "stop_price": units,
    "stop_loss": units,
    "take_profit": units,
    "sl_pips": ratio(1e9),
    "tp_pips": ratio(1e9),
    "sl_percent": ratio(1e6),
    "tp_percent": ratio(1e6),
    "volume": units,
    "contracts": units,
    "risk_percent": ratio(100),
    "fraction": ratio(1),
    "position_size": signed,
    "prev_position_size": signed,
    "prev_position": sign,
    "atr": units,
    "order_ref": text(64),
    "fired_at": moment,
    "expires_at": moment,
    "comment": text(256, plain=False),
    "signal_id": text(64),
}
