"""Stops of openings: absolute prices, what is lost at the stop, and their place on the grid."""

import numpy as np

from rules.openings import LARGEST, Basis, Faults, Openings, Rate, rate
from rules.signals import Flags, Float, Int64
from schema.codes import ReasonCode
from schema.wire import UNITS

_STOPS_TOO_CLOSE = np.uint8(ReasonCode.STOPS_TOO_CLOSE)


def stops(basis: Basis, one: Openings) -> tuple[Float, Float, Flags]:
    """Return stop loss and take profit as prices, NaN where none, and who has a stop loss."""
    signals, subscriptions = basis.signals, basis.book.subscriptions
    pip = basis.book.instruments.pip[one.instrument]
    prices = []
    for absolute, pips, percent, copied, towards in (
        (
            signals.stop_loss,
            signals.sl_pips,
            signals.sl_percent,
            subscriptions.copy_stop_loss,
            -one.sign,
        ),
        (
            signals.take_profit,
            signals.tp_pips,
            signals.tp_percent,
            subscriptions.copy_take_profit,
            one.sign,
        ),
    ):
        if not sum(map(np.count_nonzero, (absolute, pips, percent))):
            none = np.full(len(one), np.nan)
            prices.append((none, np.zeros(len(one), bool)))
            continue
        fixed = absolute[one.signal] / UNITS
        distance = pips[one.signal] * pip + percent[one.signal] / 100 * one.entry
        asked = (pips[one.signal] > 0) | (percent[one.signal] > 0)
        moved = np.where(asked, one.entry + towards * distance, np.nan)
        found = np.where(fixed > 0, fixed, moved)
        prices.append((np.where(copied[one.subscription], found, np.nan), asked | (fixed > 0)))
    (loss, has_loss), (profit, _) = prices
    return loss, profit, has_loss & subscriptions.copy_stop_loss[one.subscription]


def check_stops(one: Openings, loss: Float, profit: Float, given: Flags, faults: Faults) -> None:
    """Refuse whose stop loss or take profit is not on its side of the entry.

    Args:
        one: The openings.
        loss: Stop losses, as prices.
        profit: Take profits, NaN where none.
        given: Who has a stop loss; one that is not known then is no stop.
        faults: Takes them.
    """
    if np.count_nonzero(given):
        faults.append((_STOPS_TOO_CLOSE, given & ~((one.entry - loss) * one.sign > 0)))
    takes = np.isfinite(profit)
    if np.count_nonzero(takes):
        faults.append((_STOPS_TOO_CLOSE, takes & ~((profit - one.entry) * one.sign > 0)))


def loss_per_lot(basis: Basis, one: Openings, loss: Float, given: Flags) -> Rate:
    """Return what one lot loses at the stop in account currency, NaN without a stop."""
    if not np.count_nonzero(given):
        none = np.zeros(len(one), bool)
        return Rate(np.full(len(one), np.nan), none, none)
    instruments = basis.book.instruments
    source = instruments.profit_currency[one.instrument]
    change = rate(basis, one, source, basis.book.accounts.currency[one.account])
    size_of_lot = instruments.contract_size[one.instrument]
    return change._replace(value=np.abs(one.entry - loss) * size_of_lot * change.value)


def on_grid(basis: Basis, one: Openings, price: Float, good: Flags) -> Int64:
    """Return prices on the instrument's grid of ticks as counts of 1e-8, 0 where none."""
    known = good & (price > 0) & (price < LARGEST / UNITS)
    if not np.count_nonzero(known):
        return np.zeros(len(one), np.int64)
    instruments = basis.book.instruments
    ticks = instruments.tick_size[one.instrument]
    grid = np.where(ticks > 0, ticks, instruments.point[one.instrument])
    step = np.maximum(np.rint(grid * UNITS), 1).astype(np.int64)
    counted = np.rint(np.where(known, price, 0.0) * UNITS / step).astype(np.int64) * step
    return np.where(known, counted, 0)
