"""Routing: from signals to pairs of signal and account, by a gather over the book."""

import numpy as np

from rules.book import Book, Index, Pairs
from rules.signals import Flags, Intents, Signals
from schema.codes import ReasonCode
from schema.enums import Direction, OrderType, Side, TradeMode

# NumPy compares with plain integers far faster than with an enum's members.
_NO_SIDE = int(Side.NONE)
_FULL = int(TradeMode.FULL)
_LONG_ONLY = int(TradeMode.LONG_ONLY)
_BUY = int(Side.BUY)
_SHORT_ONLY = int(TradeMode.SHORT_ONLY)
_SELL = int(Side.SELL)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_BOTH = int(Direction.BOTH)


def route(book: Book, signals: Signals, intents: Intents, now: int) -> Pairs:
    """Return one pair per signal and subscription, with the first setting that stops it.

    Codes that speak of exposure (direction, age, order type, trade mode) are given only to
    pairs that would open something.

    Args:
        book: Configuration.
        signals: Of any strategies; those the book lacks have no pairs.
        intents: Aligned to the signals.
        now: Microseconds, UTC; a signal's age is counted from `fired_at` to it.
    """
    signal, subscription = _fan_out(book, signals)
    accounts, subscriptions = book.accounts, book.subscriptions
    account = subscriptions.account[subscription]
    columns = book.symbol_index
    provider = np.array([columns.get(name, -1) for name in signals.symbol.tolist()], np.int32)
    column = provider[signal]
    if book.instrument_of.size:
        instrument = book.instrument_of[accounts.symbol_group[account], column]
        instrument = np.where(column >= 0, instrument, -1).astype(np.int32)
    else:
        instrument = np.full(len(signal), -1, np.int32)
    reason = np.zeros(len(signal), np.uint8)
    _mark_exposure(book, signals, intents, signal, subscription, instrument, now, reason)
    _mark_settings(book, account, subscription, instrument, reason)
    return Pairs(
        signal=signal,
        subscription=subscription,
        account=account,
        instrument=instrument,
        reason=reason,
    )


def _fan_out(book: Book, signals: Signals) -> tuple[Index, Index]:
    rows = book.strategy_index
    strategy = np.array([rows.get(key, -1) for key in signals.strategy.tolist()], np.int64)
    low = book.first[strategy]  # -1 reads the last offset, and its count is 0
    count = np.where(strategy >= 0, book.first[np.minimum(strategy + 1, len(rows))] - low, 0)
    signal = np.repeat(np.arange(len(signals), dtype=np.int32), count)
    start = np.repeat(low - (np.cumsum(count) - count), count)
    return signal, (start + np.arange(len(signal))).astype(np.int32)


def _mark_exposure(
    book: Book,
    signals: Signals,
    intents: Intents,
    signal: Index,
    subscription: Index,
    instrument: Index,
    now: int,
    reason: np.ndarray[tuple[int], np.dtype[np.uint8]],
) -> None:
    """Write the codes of openings, the least important first, so that the first rule wins."""
    accounts, subscriptions = book.accounts, book.subscriptions
    account = subscriptions.account[subscription]
    side = intents.open_side[signal]
    opens = (side != _NO_SIDE) | intents.reverse[signal]
    mapped = instrument >= 0
    if len(book.instruments):
        mode = book.instruments.trade_mode[instrument]
        allowed = mode == _FULL
        allowed |= (mode == _LONG_ONLY) & (side == _BUY)
        allowed |= (mode == _SHORT_ONLY) & (side == _SELL)
        np.copyto(reason, np.uint8(ReasonCode.SYMBOL_TRADE_DISABLED), where=opens & ~allowed)
    unsupported = signals.order_type == _STOP_LIMIT
    if unsupported.any():
        np.copyto(
            reason, np.uint8(ReasonCode.ORDER_TYPE_UNSUPPORTED), where=opens & unsupported[signal]
        )
    age = now - signals.fired_at
    fresh = age[signal] <= accounts.max_signal_age[account]
    np.copyto(reason, np.uint8(ReasonCode.SIGNAL_TOO_OLD), where=opens & ~fresh)
    if len(book.instruments):
        supported = book.instruments.supported[instrument]
        np.copyto(reason, np.uint8(ReasonCode.SYMBOL_NOT_SUPPORTED), where=mapped & ~supported)
    np.copyto(reason, np.uint8(ReasonCode.SYMBOL_UNMAPPED), where=~mapped)
    taken = np.ones(len(signal), bool)
    for direction in (accounts.direction[account], subscriptions.direction[subscription]):
        taken &= (direction == _BOTH) | (direction == side)
    np.copyto(reason, np.uint8(ReasonCode.DIRECTION_NOT_ALLOWED), where=(side != _NO_SIDE) & ~taken)


def _mark_settings(
    book: Book,
    account: Index,
    subscription: Index,
    instrument: Index,
    reason: np.ndarray[tuple[int], np.dtype[np.uint8]],
) -> None:
    rules: tuple[tuple[ReasonCode, Flags], ...] = (
        (ReasonCode.SUBSCRIPTION_INACTIVE, book.subscriptions.active[subscription]),
        (ReasonCode.INSTANCE_INACTIVE, book.accounts.instance_active[account]),
        (ReasonCode.ACCOUNT_INACTIVE, book.accounts.active[account]),
    )
    for code, active in rules:
        np.copyto(reason, np.uint8(code), where=~active)
