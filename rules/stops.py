"""Stops of openings: absolute prices on the grid of ticks, and what is lost at the stop."""

from typing import NamedTuple

import numpy as np

from rules.openings import Basis, Faults, Openings, Rate, rate
from rules.signals import Flags, Float, Int64
from rules.ticks import on_grid
from schema.codes import ReasonCode
from schema.wire import UNITS

_STOPS_TOO_CLOSE = np.uint8(ReasonCode.STOPS_TOO_CLOSE)


class Stop(NamedTuple):
    """Stop losses or take profits of openings, as they are sent."""

    given: Flags  # asked for, and copied
    counts: Int64  # of 1e-8, on the grid of ticks; 0 where none, or none that is a price
    price: Float  # the same as a price; NaN where `counts` is 0


def stops(basis: Basis, one: Openings) -> tuple[Stop, Stop]:
    """Return stop loss and take profit."""
    signals, subscriptions = basis.signals, basis.book.subscriptions
    return (
        _stop(
            basis,
            one,
            (signals.stop_loss, signals.sl_pips, signals.sl_percent),
            subscriptions.copy_stop_loss,
            -one.sign,
        ),
        _stop(
            basis,
            one,
            (signals.take_profit, signals.tp_pips, signals.tp_percent),
            subscriptions.copy_take_profit,
            one.sign,
        ),
    )


def _stop(
    basis: Basis, one: Openings, ways: tuple[Int64, Float, Float], copied: Flags, towards: Float
) -> Stop:
    """Return stops that come as prices, in pips or in percent of the entry, `towards` a side."""
    absolute, pips, percent = ways
    if not sum(map(np.count_nonzero, ways)):
        none = np.zeros(len(one), np.int64)
        return Stop(none.astype(bool), none, np.full(len(one), np.nan))
    fixed = absolute[one.signal] / UNITS
    pip = basis.book.instruments.pip[one.instrument]
    distance = pips[one.signal] * pip + percent[one.signal] / 100 * one.entry
    moves = (pips[one.signal] > 0) | (percent[one.signal] > 0)
    given = copied[one.subscription] & (moves | (fixed > 0))
    asked = np.where(fixed > 0, fixed, one.entry + towards * distance)
    counts = on_grid(basis.book.instruments, one.instrument, np.where(given, asked, np.nan))
    # What is judged and sized by is what is sent: a wide tick moves a stop by half of it.
    return Stop(given, counts, np.where(counts > 0, counts / UNITS, np.nan))


def check_stops(one: Openings, loss: Stop, profit: Stop, faults: Faults) -> None:
    """Refuse whose stop is not on its side of the entry, or no price: none is left out."""
    for stop, side in ((loss, one.sign), (profit, -one.sign)):
        if np.count_nonzero(stop.given):
            beyond = (one.entry - stop.price) * side > 0
            faults.append((_STOPS_TOO_CLOSE, stop.given & ~beyond))


def loss_per_lot(basis: Basis, one: Openings, loss: Stop) -> Rate:
    """Return what one lot loses at the stop in account currency, NaN without a stop."""
    if not np.count_nonzero(loss.given):
        none = np.zeros(len(one), bool)
        return Rate(np.full(len(one), np.nan), none, none)
    instruments = basis.book.instruments
    source = instruments.profit_currency[one.instrument]
    change = rate(basis, one, source, basis.book.accounts.currency[one.account])
    size_of_lot = instruments.contract_size[one.instrument]
    return change._replace(value=np.abs(one.entry - loss.price) * size_of_lot * change.value)
