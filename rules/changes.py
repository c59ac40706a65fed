"""Changes: the stops that a signal gives to trades that are there."""

from typing import NamedTuple

import numpy as np

from rules.legs import Legs, made_legs
from rules.links import Links
from rules.signals import Codes, Flags, Float, Int64, Signals
from rules.state import TradeState
from rules.tables import Rows
from rules.ticks import on_grid
from schema.codes import ReasonCode
from schema.enums import LegKind, Side
from schema.wire import UNITS

_ENTRY_UNKNOWN = np.uint8(ReasonCode.ENTRY_UNKNOWN)
_STOPS_NOT_COPIED = np.uint8(ReasonCode.STOPS_NOT_COPIED)
_STOPS_TOO_CLOSE = np.uint8(ReasonCode.STOPS_TOO_CLOSE)


class Found(NamedTuple):
    """Trades that pairs found, one row each."""

    asked: Rows  # position of the pair in its wave
    trade: Rows
    signal: Rows
    subscription: Rows
    instrument: Rows


class Changes(NamedTuple):
    """What is changed, and why other trades are not."""

    legs: Legs
    asked: Rows  # pairs of the trades that are left alone
    reason: Codes


class _Stop(NamedTuple):
    """One of the two stops; `counts` is on the grid, 0 where it is left as it stands."""

    counts: Int64
    taken: Flags  # asked for, and copied
    unknown: Flags  # counts from an entry that nobody knows
    no_price: Flags


def change_legs(links: Links, signals: Signals, found: Found) -> Changes:
    """Give each found trade the signal's stops, on the grid of ticks.

    Distances count from the trade's entry; that of a pending order is where it was placed. A
    trade is left alone as a whole where one of its stops cannot be told.
    """
    subscriptions = links.book.subscriptions
    loss = _stop(
        links, found, (signals.stop_loss, signals.sl_pips, signals.sl_percent), -1,
        copied=subscriptions.copy_stop_loss[found.subscription],
    )  # fmt: skip
    profit = _stop(
        links, found, (signals.take_profit, signals.tp_pips, signals.tp_percent), 1,
        copied=subscriptions.copy_take_profit[found.subscription],
    )  # fmt: skip
    reason = np.select(
        [
            ~(loss.taken | profit.taken),
            loss.unknown | profit.unknown,
            loss.no_price | profit.no_price,
        ],
        [_STOPS_NOT_COPIED, _ENTRY_UNKNOWN, _STOPS_TOO_CLOSE],
        np.uint8(0),
    ).astype(np.uint8)
    good = reason == 0
    legs = made_legs(
        found.asked[good],
        found.trade[good],
        LegKind.MODIFY,
        stop_loss=loss.counts[good],
        take_profit=profit.counts[good],
    )
    return Changes(legs, found.asked[~good], reason[~good])


def _stop(
    links: Links, found: Found, ways: tuple[Int64, Float, Float], sign: int, *, copied: Flags
) -> _Stop:
    """Return stops that come as prices, in pips or in percent of the entry."""
    trades, instruments = links.state.trades.rows, links.book.instruments
    fixed, pips, percent = (way[found.signal] for way in ways)
    pending = trades["state"][found.trade] == TradeState.PENDING
    entry = np.where(
        pending, trades["order_price"][found.trade], trades["entry_price"][found.trade]
    )
    moves = (pips > 0) | (percent > 0)
    taken = copied & (moves | (fixed > 0))
    unknown = taken & (fixed <= 0) & (entry <= 0)
    towards = np.where(trades["side"][found.trade] == Side.BUY, sign, -sign)
    distance = pips * instruments.pip[found.instrument] + percent / 100 * entry / UNITS
    price = np.where(fixed > 0, fixed / UNITS, entry / UNITS + towards * distance)
    counts = on_grid(instruments, found.instrument, np.where(taken & ~unknown, price, np.nan))
    return _Stop(counts, taken, unknown, taken & ~unknown & (counts <= 0))
