"""Openings: the pairs that are sized, and what sizing them goes by."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rules.ages import is_fresh
from rules.book import Balances, Book, Index, Market, Pairs
from rules.signals import Codes, Columns, Flags, Float, Int64, Intents, Signals
from rules.tables import Rows
from rules.ticks import on_grid, ticks
from schema.codes import ReasonCode
from schema.enums import OrderType, Side
from schema.wire import UNITS

Faults = list[tuple[np.uint8, Flags]]
"""Reason codes, each with the openings that it holds for; the first that holds is the reason.

The rules append to it, so the order of their calls is that of the reasons.
"""

# NumPy compares with plain integers far faster than with an enum's members.
_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_QUOTE_STALE = np.uint8(ReasonCode.QUOTE_STALE)
_QUOTE_UNKNOWN = np.uint8(ReasonCode.QUOTE_UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What sizing goes by: settings, signals, prices and balances at one moment.

    Attributes:
        book: That the pairs were routed by.
        signals: Of the pairs.
        intents: Aligned to the signals; a reverse is sized as its `open_side` says.
        market: Prices now.
        balances: Of the accounts.
        now: Microseconds, UTC.
    """

    book: Book
    signals: Signals
    intents: Intents
    market: Market
    balances: Balances
    now: int


@dataclass(frozen=True, kw_only=True)
class Openings(Columns):
    """Pairs that open something, with what every sizing mode needs of them."""

    signal: Rows
    subscription: Rows
    account: Rows
    instrument: Rows
    sign: Float  # 1 buy, -1 sell
    entry: Float  # price the order would fill at
    price: Int64  # of a pending order, 1e-8 on the grid of ticks; 0 at market
    stop_price: Int64


def openings(basis: Basis, pairs: Pairs, rows: Rows, side: Codes) -> Openings:
    """Return the openings of some rows of the pairs; `side` is aligned to the rows."""
    market, signals = basis.market, basis.signals
    signal, instrument = pairs.signal[rows], pairs.instrument[rows]
    buy = side == _BUY
    entry = np.where(buy, market.ask[instrument], market.bid[instrument])
    kind = signals.order_type[signal]
    price = stop_price = np.zeros(len(rows), np.int64)
    if np.count_nonzero(kind):
        waits = kind != _MARKET
        price = _placed(basis, instrument, signals.price[signal] * waits)
        stop_price = _placed(basis, instrument, signals.stop_price[signal] * waits)
        entry = np.where(waits, np.where(kind == _LIMIT, price, stop_price) / UNITS, entry)
    return Openings(
        signal=signal,
        subscription=pairs.subscription[rows],
        account=pairs.account[rows],
        instrument=instrument,
        sign=buy * 2.0 - 1.0,
        entry=entry,
        price=price,
        stop_price=stop_price,
    )


def _placed(basis: Basis, instrument: Rows, asked: Int64) -> Int64:
    """Return where pending orders stand: on the grid of ticks, one tick at least."""
    instruments = basis.book.instruments
    nearest = np.maximum(
        on_grid(instruments, instrument, asked / UNITS), ticks(instruments, instrument)
    )
    return np.where(asked > 0, nearest, 0)


def check_quotes(basis: Basis, one: Openings, faults: Faults) -> None:
    """Refuse who has no price, or none that is fresh."""
    market = basis.market
    # There are far fewer instruments than openings.
    known = (market.bid > 0) & (market.ask > 0) & (market.quoted_at > 0)
    known &= np.isfinite(market.bid) & np.isfinite(market.ask)
    fresh = is_fresh(basis.now - market.quoted_at, basis.book.instruments.max_quote_age)
    faults.append((_QUOTE_UNKNOWN, ~known[one.instrument]))
    faults.append((_QUOTE_STALE, ~fresh[one.instrument]))


class Rate(NamedTuple):
    """A rate between currencies, or what is computed with one, for each opening."""

    value: Float
    known: Flags
    fresh: Flags


def rate(basis: Basis, one: Openings, source: Index, goal: Index) -> Rate:
    """Return the rate between currencies at each account's broker."""
    same = source == goal
    if np.count_nonzero(same) == len(same):
        return Rate(np.ones(len(one)), same, same)
    book, market = basis.book, basis.market
    broker = book.accounts.broker[one.account].astype(np.int64)
    currencies = market.rate.shape[1]
    way = (broker * currencies + source) * currencies + goal
    value = np.where(same, 1.0, market.rate.reshape(-1)[way])
    age = basis.now - market.rate_at.reshape(-1)[way]
    fresh = same | is_fresh(age, book.instruments.max_quote_age[one.instrument])
    return Rate(value, np.isfinite(value) & (value > 0), fresh)
