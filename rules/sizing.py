"""Sizing: from what the provider asked and an account's settings to a volume in whole steps.

Volumes are `volume_min + n * volume_step`, in integers. Every mode rounds down, so that no
account takes more than its settings say; only a volume less than half a step below the minimum,
or any smaller one where tiny trades are forced, is raised to the minimum, and then only if that
multiplies the risk by no more than `max_risk_coefficient`.

What is unknown refuses: each rule passes what is known and within (design, section 4).
"""

from dataclasses import dataclass

import numpy as np

from rules.book import Balances, Book, Market, Pairs
from rules.openings import Basis, Faults, check_quotes, openings
from rules.signals import Codes, Columns, Float, Int64, Intents, Signals
from rules.stops import check_stops, loss_per_lot, stops
from rules.tables import Rows
from rules.volumes import wanted, whole_steps
from schema.enums import Side
from schema.wire import UNITS

# NumPy compares with plain integers far faster than with an enum's members.
_NO_SIDE = int(Side.NONE)
_PIECE = 16_384  # openings at once: their columns stay in the processor's cache


@dataclass(frozen=True, kw_only=True)
class Sized(Columns):
    """Aligned to the pairs. Pairs that open nothing, or were stopped before, have zeros."""

    volume: Int64  # 1e-8 lots
    reason: Codes
    price: Int64  # of a pending order, 1e-8; 0 at market
    stop_price: Int64
    stop_loss: Int64  # absolute price, 1e-8; 0 none
    take_profit: Int64
    expected_risk: Float  # account currency lost at the stop by this volume, NaN unknown


def size(
    book: Book,
    signals: Signals,
    intents: Intents,
    pairs: Pairs,
    market: Market,
    balances: Balances,
    now: int,
) -> Sized:
    """Return the volume and the prices of every pair that opens something.

    Args:
        book: That the pairs were routed by.
        signals: Of the pairs.
        intents: Aligned to the signals; a reverse is sized as its `open_side` says.
        pairs: Only those without a reason are sized.
        market: Prices now; an opening without a fresh one is refused.
        balances: Of the accounts.
        now: Microseconds, UTC.
    """
    basis = Basis(
        book=book, signals=signals, intents=intents, market=market, balances=balances, now=now
    )
    side = intents.open_side[pairs.signal]
    rows = ((side != _NO_SIDE) & (pairs.reason == 0)).nonzero()[0]
    count = len(pairs)
    sized = Sized(
        volume=np.zeros(count, np.int64),
        reason=np.zeros(count, np.uint8),
        price=np.zeros(count, np.int64),
        stop_price=np.zeros(count, np.int64),
        stop_loss=np.zeros(count, np.int64),
        take_profit=np.zeros(count, np.int64),
        expected_risk=np.full(count, np.nan),
    )
    for start in range(0, len(rows), _PIECE):
        piece = rows[start : start + _PIECE]
        _size_piece(basis, pairs, side[piece], piece, sized)
    return sized


def _size_piece(basis: Basis, pairs: Pairs, side: Codes, rows: Rows, sized: Sized) -> None:
    one = openings(basis, pairs, rows, side)
    loss, profit = stops(basis, one)
    risk = loss_per_lot(basis, one, loss)
    faults: Faults = []
    check_quotes(basis, one, faults)
    asked = wanted(basis, one, risk, loss.given, faults)
    check_stops(one, loss, profit, faults)
    volume = whole_steps(basis, one, asked, faults)
    reason = np.zeros(len(rows), np.uint8)
    for code, fault in reversed(faults):
        if np.count_nonzero(fault):
            np.copyto(reason, code, where=fault)
    good = reason == 0
    sized.reason[rows] = reason
    sized.volume[rows] = volume * good
    if np.count_nonzero(one.price) or np.count_nonzero(one.stop_price):
        sized.price[rows] = one.price * good
        sized.stop_price[rows] = one.stop_price * good
    sized.stop_loss[rows] = loss.counts * good
    sized.take_profit[rows] = profit.counts * good
    known = good & risk.known & risk.fresh
    sized.expected_risk[rows] = np.where(known, volume / UNITS * risk.value, np.nan)
