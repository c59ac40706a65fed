"""Order legs: what a signal makes of the strategy's own book on each account.

Reductions go first. A close of a fraction is taken from the oldest tickets, in volumes that the
broker takes: `volume_min + n * volume_step`, or the whole position. A rest below the minimum is
closed with it, for nobody could close it later.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.book import Book
from rules.signals import Columns, Intents
from rules.state import State, TradeState
from rules.tables import Rows
from schema.enums import LegKind, Side

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_WHOLE = 1 - 1e-9


@dataclass(frozen=True, kw_only=True)
class Legs(Columns):
    """Legs on existing trades, one row each; `asked` is the pair's position in its wave."""

    asked: Rows
    trade: Rows
    kind: NDArray[np.uint8]
    volume: Numbers
    whole: Flags
    stop_loss: Numbers
    take_profit: Numbers


def nothing() -> Legs:
    """Return no legs."""
    none = np.zeros(0, np.int64)
    return Legs(
        asked=none,
        trade=none,
        kind=none.astype(np.uint8),
        volume=none,
        whole=none.astype(bool),
        stop_loss=none,
        take_profit=none,
    )


def made_legs(asked: Rows, trade: Rows, kind: LegKind, **given: Numbers | Flags) -> Legs:
    """Return legs of one kind; columns that are not given are 0."""
    zero = np.zeros(len(asked), np.int64)
    return Legs(
        asked=asked,
        trade=trade,
        kind=np.full(len(asked), kind, np.uint8),
        volume=np.asarray(given.get("volume", zero), np.int64),
        whole=np.asarray(given.get("whole", zero), bool),
        stop_loss=np.asarray(given.get("stop_loss", zero), np.int64),
        take_profit=np.asarray(given.get("take_profit", zero), np.int64),
    )


def reverse_side(state: State, asked: Rows, trade: Rows, count: int) -> NDArray[np.uint8]:
    """Return the side that reverses each book: NONE where it is flat."""
    trades = state.trades.rows
    filled = trades["state"][trade] != TradeState.PENDING
    sign = np.where(trades["side"][trade] == Side.BUY, 1, -1)
    net = np.bincount(asked, weights=sign * trades["volume"][trade] * filled, minlength=count)
    return np.select([net > 0, net < 0], [Side.SELL, Side.BUY], Side.NONE).astype(np.uint8)


def closing_legs(
    state: State,
    book: Book,
    asked: Rows,
    trade: Rows,
    instrument: Rows,
    fraction: NDArray[np.float64],
) -> Legs:
    """Close a fraction of the positions that a pair holds on one side.

    Args:
        state: For volumes; positions that are being closed count only for the rest.
        book: For volume steps and minima.
        asked: Pair of each found trade, trades of one pair and side oldest first.
        trade: Row of trades.
        instrument: Instrument of each found trade.
        fraction: Of the pair's volume on the trade's side, 0 to 1; 0 leaves it alone.
    """
    trades = state.trades.rows
    closable = trades["volume"][trade] - trades["closing"][trade]
    wanted = (trades["state"][trade] != TradeState.PENDING) & (closable > 0) & (fraction > 0)
    asked, trade, closable = asked[wanted], trade[wanted], closable[wanted]
    fraction, instrument = fraction[wanted], instrument[wanted]
    if not len(asked):
        return nothing()
    group = asked * 2 + (trades["side"][trade] == Side.SELL)
    order = np.argsort(group, kind="stable")
    asked, trade, closable = asked[order], trade[order], closable[order]
    fraction, instrument, group = fraction[order], instrument[order], group[order]
    _, start, member = np.unique(group, return_index=True, return_inverse=True)
    total = np.add.reduceat(closable, start)[member]
    part = np.maximum(np.rint(total * fraction).astype(np.int64), 1)
    goal = np.where(fraction >= _WHOLE, total, np.minimum(part, total))
    before = np.cumsum(closable) - closable
    before -= before[start][member]
    volume = np.clip(goal - before, 0, closable)
    least, step = book.instruments.volume_min[instrument], book.instruments.volume_step[instrument]
    volume = _taken(volume, closable, before == 0, least, step)
    whole = volume == trades["volume"][trade]
    some = volume > 0
    return made_legs(
        asked[some], trade[some], LegKind.CLOSE, volume=volume[some], whole=whole[some]
    )


def _taken(
    volume: Numbers, closable: Numbers, first: Flags, least: Numbers, step: Numbers
) -> Numbers:
    """Return the volumes nearest to these that the broker takes: all, or the minimum and steps.

    The first position gives the minimum at least, and nothing smaller is left of any.
    """
    part = (volume > 0) & (volume < closable)
    none = part & ~first & (2 * volume < least)
    steps = np.maximum(np.rint((volume - least) / step), 0).astype(np.int64)
    volume = np.where(part, np.where(none, 0, least + steps * step), volume)
    stranded = part & ~none & (closable - volume < least)
    return np.where(stranded, closable, volume)


def cancel_legs(state: State, asked: Rows, trade: Rows) -> Legs:
    """Cancel the pending orders among the found trades."""
    pending = state.trades.rows["state"][trade] == TradeState.PENDING
    return made_legs(asked[pending], trade[pending], LegKind.CANCEL)


def fractions(intents: Intents, signal: Rows, side: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the fraction to close of a trade on `side` for each signal row."""
    long = np.where(intents.reverse[signal], 1.0, intents.close_long[signal])
    short = np.where(intents.reverse[signal], 1.0, intents.close_short[signal])
    return np.where(side == Side.BUY, long, short)


def joined(parts: Sequence[Legs]) -> Legs:
    """Return legs one after the other."""
    if len(parts) == 1:
        return parts[0]
    names = Legs.__dataclass_fields__
    return Legs(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})
