"""Routing: from signals to pairs of signal and account, by a gather over the book."""

from collections.abc import Mapping
from itertools import repeat

import numpy as np

from rules.book import Book, Pairs
from rules.signals import Codes, Flags, Int64, Intents, Signals, Texts
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
assert _BOTH == 0  # a direction that is not 0 restricts
_SYMBOL_TRADE_DISABLED = np.uint8(ReasonCode.SYMBOL_TRADE_DISABLED)
_ORDER_TYPE_UNSUPPORTED = np.uint8(ReasonCode.ORDER_TYPE_UNSUPPORTED)
_SIGNAL_TOO_OLD = np.uint8(ReasonCode.SIGNAL_TOO_OLD)
_SYMBOL_NOT_SUPPORTED = np.uint8(ReasonCode.SYMBOL_NOT_SUPPORTED)
_SYMBOL_UNMAPPED = np.uint8(ReasonCode.SYMBOL_UNMAPPED)
_DIRECTION_NOT_ALLOWED = np.uint8(ReasonCode.DIRECTION_NOT_ALLOWED)
_SUBSCRIPTION_INACTIVE = np.uint8(ReasonCode.SUBSCRIPTION_INACTIVE)
_INSTANCE_INACTIVE = np.uint8(ReasonCode.INSTANCE_INACTIVE)
_ACCOUNT_INACTIVE = np.uint8(ReasonCode.ACCOUNT_INACTIVE)
_PIECE = 16_384  # pairs at once: their columns stay in the processor's cache


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
    column = _numbers(book.symbol_index, signals.symbol)
    count = len(signal)
    account, instrument = np.empty(count, np.int64), np.empty(count, np.int64)
    reason = np.zeros(count, np.uint8)
    for start in range(0, count, _PIECE):
        piece = slice(start, start + _PIECE)
        asked, own = signal[piece], subscription[piece]
        account[piece] = book.subscriptions.account[own]
        instrument[piece] = _instruments(book, account[piece], column[asked])
        rest = (asked, own, account[piece], instrument[piece])
        _mark_exposure(book, signals, intents, *rest, now, reason[piece])
        _mark_settings(book, own, account[piece], reason[piece])
    return Pairs(
        signal=signal,
        subscription=subscription,
        account=account,
        instrument=instrument,
        reason=reason,
    )


def number_of_pairs(book: Book, signals: Signals) -> Int64:
    """Return how many subscriptions each signal goes to."""
    return _subscriptions(book, signals)[1]


def _fan_out(book: Book, signals: Signals) -> tuple[Int64, Int64]:
    low, count = _subscriptions(book, signals)
    signal = np.arange(len(signals)).repeat(count)
    ends: Int64 = np.cumsum(count)
    start = (low + count - ends).repeat(count)
    return signal, start + np.arange(len(signal))


def _subscriptions(book: Book, signals: Signals) -> tuple[Int64, Int64]:
    """Return the first subscription of each signal's strategy, and how many there are."""
    rows = book.strategy_index
    strategy = _numbers(rows, signals.strategy)
    first = book.first.astype(np.int64)
    low: Int64 = first[strategy]  # -1 reads the last offset, and its count is 0
    count: Int64 = (first[np.minimum(strategy + 1, len(rows))] - low) * (strategy >= 0)
    return low, count


def _numbers(index: Mapping[str, int], names: Texts) -> Int64:
    return np.fromiter(map(index.get, names.tolist(), repeat(-1)), np.int64, len(names))


def _instruments(book: Book, account: Int64, column: Int64) -> Int64:
    if not book.instrument_of.size:
        return np.full(len(account), -1, np.int64)
    group = book.accounts.symbol_group[account].astype(np.int64)
    width = book.instrument_of.shape[1]
    found = book.instrument_of.reshape(-1)[group * width + column]
    if column.min(initial=0) < 0:
        found = np.where(column >= 0, found, -1)
    return np.asarray(found, np.int64)


def _mark_exposure(
    book: Book,
    signals: Signals,
    intents: Intents,
    signal: Int64,
    subscription: Int64,
    account: Int64,
    instrument: Int64,
    now: int,
    reason: Codes,
) -> None:
    """Write the codes of openings, the least important first, so that the first rule wins."""
    accounts = book.accounts
    side = intents.open_side[signal]
    sided = side != _NO_SIDE
    opens = sided
    if np.count_nonzero(intents.reverse):
        opens = sided | intents.reverse[signal]
    if len(book.instruments):
        mode = book.instruments.trade_mode[instrument]
        allowed = mode == _FULL
        allowed |= (mode == _LONG_ONLY) & (side == _BUY)
        allowed |= (mode == _SHORT_ONLY) & (side == _SELL)
        _mark(reason, _SYMBOL_TRADE_DISABLED, opens & ~allowed)
    unsupported = signals.order_type == _STOP_LIMIT
    if np.count_nonzero(unsupported):
        _mark(reason, _ORDER_TYPE_UNSUPPORTED, opens & unsupported[signal])
    fresh = (now - signals.fired_at)[signal] <= accounts.max_signal_age[account]
    _mark(reason, _SIGNAL_TOO_OLD, opens & ~fresh)
    if len(book.instruments):
        supported = book.instruments.supported[instrument]
        _mark(reason, _SYMBOL_NOT_SUPPORTED, ~supported)
    _mark(reason, _SYMBOL_UNMAPPED, instrument < 0)
    taken = sided
    for direction in (accounts.direction[account], book.subscriptions.direction[subscription]):
        if np.count_nonzero(direction):
            taken = taken & ((direction == _BOTH) | (direction == side))
    _mark(reason, _DIRECTION_NOT_ALLOWED, sided & ~taken)


def _mark_settings(book: Book, subscription: Int64, account: Int64, reason: Codes) -> None:
    for code, active in (
        (_SUBSCRIPTION_INACTIVE, book.subscriptions.active[subscription]),
        (_INSTANCE_INACTIVE, book.accounts.instance_active[account]),
        (_ACCOUNT_INACTIVE, book.accounts.active[account]),
    ):
        _mark(reason, code, ~active)


def _mark(reason: Codes, code: np.uint8, where: Flags) -> None:
    # Most rules stop nobody, and counting is the cheapest thing that NumPy does.
    if np.count_nonzero(where):
        np.copyto(reason, code, where=where)
