"""Deciding: from sized pairs to order legs and verdicts, folded into the state as they are made.

Where signals of one batch meet on an account, the batch is split into waves in which each
account comes once, in the order of the signals, so that the second sees what the first did.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rules.asked import Asked, Decided, Queue
from rules.changes import Found, change_legs
from rules.decided_rows import Writer
from rules.guard import guard_openings
from rules.legs import (
    Legs,
    cancel_legs,
    closing_legs,
    fractions,
    joined,
    reverse_side,
)
from rules.links import Links
from rules.new_rows import begin_closing, expose
from rules.signals import Codes, Intents, Signals
from rules.sizing import Sized
from rules.state import State
from rules.tables import Rows
from rules.touched import Touched
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderType, Side

Numbers = NDArray[np.int64]
# Pairs at once: their columns stay in the processor's cache, and NumPy's calls cost nothing.
_BLOCK = 16_384
_NO_SIDE, _BUY, _SELL = int(Side.NONE), int(Side.BUY), int(Side.SELL)
_CLOSE = int(LegKind.CLOSE)
_STOP = int(OrderType.STOP)
_NO_POSITION = np.uint8(ReasonCode.NO_POSITION)
_POSITION_CLOSING = np.uint8(ReasonCode.POSITION_CLOSING)
_NO_PENDING_ORDER = np.uint8(ReasonCode.NO_PENDING_ORDER)


def with_variants(signals: Signals, intents: Intents) -> tuple[Signals, Intents, Rows]:
    """Let each reverse stand twice, since the side it opens depends on each account's book.

    Returns:
        Signals and intents with the selling variants behind all others, and `Asked.origin`.
    """
    count = len(signals)
    origin = np.arange(count)
    reverse = np.flatnonzero(intents.reverse)
    if not len(reverse):
        return signals, intents, origin
    rows = np.concatenate([origin, reverse])
    doubled = intents.take(rows)
    side = doubled.open_side.copy()
    side[reverse] = Side.BUY
    side[count:] = Side.SELL
    return signals.take(rows), replace(doubled, open_side=side), rows


def decide(state: State, links: Links, asked: Asked, now: int) -> Decided:
    """Decide every pair, wave by wave; the state has folded all of it when this returns.

    Args:
        state: Changed in place, exactly as a fold of the decision from the log would. No pair
            that is asked for may be in it yet.
        links: Of this state and the book that `asked` was routed by.
        asked: The batch.
        now: Microseconds, UTC.
    """
    primary, other = _variants(asked)
    order, turn = _by_turn(asked.pairs.account[primary], len(links.book.accounts))
    primary = primary if order is None else primary[order]
    other = primary if len(other) == 0 else other if order is None else other[order]
    writer = Writer(state, links, asked, now)
    for table in (state.pairs, state.orders, state.trades):
        table.reserve(len(primary))
    touched = Touched()
    for start in range(0, len(primary), _BLOCK):
        block = slice(start, start + _BLOCK)
        queue = Queue.of(asked, primary[block], other[block])
        for wave in _waves(None if turn is None else turn[block], len(queue)):
            _wave(state, links, asked, queue, wave)
        touched.add(writer.write(queue))
    return writer.decided(touched)


def _variants(asked: Asked) -> tuple[Rows, Rows]:
    """Return the pair rows to decide, and for each its selling variant, or itself.

    The second is empty where there is no variant at all.
    """
    pairs, origin = asked.pairs, asked.origin
    none = np.zeros(0, np.int64)
    variant = origin[pairs.signal] != pairs.signal
    if not np.count_nonzero(variant):
        return np.arange(len(pairs)), none
    primary, second = np.flatnonzero(~variant), np.flatnonzero(variant)
    key = origin[pairs.signal] * (int(pairs.subscription.max()) + 1) + pairs.subscription
    order = second[np.argsort(key[second], kind="stable")]
    place = np.minimum(np.searchsorted(key[order], key[primary]), len(order) - 1)
    reverse = asked.intents.reverse[pairs.signal[primary]]
    return primary, np.where(reverse, order[place], primary)


def _by_turn(account: Numbers, accounts: int) -> tuple[Rows | None, Numbers | None]:
    """Return an order in which no account comes again before all others came as often.

    Returns:
        Positions, and how often the account of each came before; None and None where every
        account comes once, as in most batches.
    """
    if len(account) < 2 or np.bincount(account, minlength=accounts).max() < 2:
        return None, None
    by_account = np.argsort(account, kind="stable")
    ranked = account[by_account]
    begins = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    turn = np.empty(len(account), np.int64)
    turn[by_account] = np.arange(len(account)) - np.repeat(
        begins, np.diff(np.append(begins, len(account)))
    )
    order = np.argsort(turn, kind="stable")
    return order, turn[order]


def _waves(turn: Numbers | None, count: int) -> Iterator[slice]:
    """Yield the runs of one turn; no account comes twice in a run."""
    ends = [count]
    if turn is not None:
        ends = [*(np.flatnonzero(turn[1:] != turn[:-1]) + 1).tolist(), count]
    start = 0
    for end in ends:
        yield slice(start, end)
        start = end


def _wave(state: State, links: Links, asked: Asked, queue: Queue, wave: slice) -> None:
    """Decide the pairs of one wave, and let the state see what they are to open and close."""
    freed = np.zeros(1, np.int64)
    if queue.acts is not None and np.count_nonzero(queue.acts[wave]):
        freed = _act(state, links, asked, queue, wave)
    goes = (queue.opens[wave] & (queue.reason[wave] == 0)).nonzero()[0] + wave.start
    if not len(goes):
        return
    chosen = wave if len(goes) == wave.stop - wave.start else goes
    refused = guard_openings(
        links.book,
        links,
        queue.subscription[chosen],
        queue.account[chosen],
        queue.instrument[chosen],
        queue.side[chosen],
        queue.volume[chosen],
        freed if len(freed) == 1 else freed[goes - wave.start],
    )
    if np.count_nonzero(refused):
        queue.reason[goes] = refused
        chosen = goes = goes[refused == 0]
    opened = expose(
        state,
        links.account_row[queue.account[chosen]],
        queue.side[chosen],
        queue.order_type[chosen],
        queue.volume[chosen],
        _order_prices(asked.sized, queue.row[chosen], queue.order_type[chosen]),
    )
    links.extend(queue.subscription[chosen], queue.instrument[chosen])
    queue.goes.append(goes)
    queue.opened.append(opened)


def _order_prices(sized: Sized, row: Rows, order_type: Codes) -> Numbers:
    """Return where each pending order stands, 0 for those at market."""
    if not np.count_nonzero(order_type):
        return np.zeros(len(row), np.int64)
    return np.where(order_type == _STOP, sized.stop_price[row], sized.price[row])


def _act(state: State, links: Links, asked: Asked, queue: Queue, wave: slice) -> Numbers:
    """Make the legs on trades that pairs of a wave hold; returns how many trades each closes."""
    assert queue.acts is not None
    looks = np.flatnonzero(queue.acts[wave]) + wave.start
    found, trade = links.trades_of(queue.subscription[looks], queue.instrument[looks])
    found = looks[found]
    count = len(queue)
    _turn_round(state, asked, queue, looks, found, trade)
    legs, left = _acting_legs(links, asked, queue, found, trade)
    closes = legs.kind == _CLOSE
    begin_closing(state, legs.trade[closes], legs.volume[closes])
    queue.legs.append(legs)
    made = np.bincount(legs.asked, minlength=count)[wave]
    held = np.bincount(found, minlength=count)[wave] > 0
    _say_why_nothing(asked, queue, wave, made, held, left)
    freed = np.bincount(legs.asked, weights=legs.whole, minlength=count)
    return freed.astype(np.int64)[wave]


def _turn_round(
    state: State, asked: Asked, queue: Queue, looks: Rows, found: Rows, trade: Rows
) -> None:
    """Let each reverse open the side that its book says, or nothing where that is flat."""
    turns = looks[asked.intents.reverse[queue.signal[looks]]]
    if not len(turns):
        return
    side = reverse_side(state, found, trade, len(queue))[turns]
    queue.opens[turns[side == _NO_SIDE]] = False
    queue.choose_other(asked, turns[side == _SELL])


def _acting_legs(
    links: Links, asked: Asked, queue: Queue, found: Rows, trade: Rows
) -> tuple[Legs, Codes]:
    """Return legs on the found trades; and for each pair, why a trade of it is left as it is."""
    intents, state, left = asked.intents, links.state, np.zeros(len(queue), np.uint8)
    signal, instrument = queue.signal[found], queue.instrument[found]
    fraction = fractions(intents, signal, state.trades["side"][trade])
    parts = [closing_legs(state, links.book, found, trade, instrument, fraction)]
    modify, cancel = intents.modify[signal], intents.cancel[signal]
    if modify.any():
        pair = found[modify]
        those = Found(
            pair, trade[modify], signal[modify], queue.subscription[pair], instrument[modify]
        )
        changes = change_legs(links, asked.signals, those)
        parts.append(changes.legs)
        left[changes.asked] = changes.reason
    if cancel.any():
        parts.append(cancel_legs(state, found[cancel], trade[cancel]))
    return joined(parts), left


def _say_why_nothing(
    asked: Asked, queue: Queue, wave: slice, legs: Numbers, held: NDArray[np.bool_], left: Codes
) -> None:
    """Give pairs that leave a trade as it is its code, and keep others' codes for openings."""
    why = np.where(held, _POSITION_CLOSING, _NO_POSITION)
    cancels = asked.intents.cancel[queue.signal[wave]]
    why = np.where(cancels, _NO_PENDING_ORDER, why)
    why = np.where(left[wave] > 0, left[wave], np.where(legs > 0, np.uint8(0), why))
    # A pure reduction is not touched by what limits exposure.
    pure = ~queue.opens[wave] & ~queue.blocked[wave]
    queue.reason[wave] = np.where(pure, why, queue.reason[wave])
