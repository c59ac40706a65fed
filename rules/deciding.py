"""Deciding: from sized pairs to order legs and verdicts, folded into the state as they are made.

Where signals of one batch meet on an account, the batch is split into waves in which each
account comes once, in the order of the signals, so that the second sees what the first did.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.book import Book, Pairs
from rules.fold import Touched, fold_decision
from rules.guard import guard_openings
from rules.legs import (
    Legs,
    cancel_legs,
    closing_legs,
    fractions,
    leg_numbers,
    modify_legs,
    nothing,
    reverse_side,
)
from rules.links import Links
from rules.signals import Intents, Signals
from rules.sizing import Sized
from rules.state import State
from rules.tables import Rows, taken
from schema.codes import ReasonCode, outcome_of
from schema.enums import LegKind, Outcome, Side
from schema.ids import order_ids, order_prefix
from schema.wire import ORDER, UNITS, VERDICT, Records

Numbers = NDArray[np.int64]
Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

# These stop a pair altogether; all other codes stop what adds exposure, never a reduction.
_BLOCKING = np.zeros(256, dtype=bool)
_BLOCKING[
    [
        ReasonCode.ACCOUNT_INACTIVE,
        ReasonCode.INSTANCE_INACTIVE,
        ReasonCode.SUBSCRIPTION_INACTIVE,
        ReasonCode.SYMBOL_UNMAPPED,
    ]
] = True
_OUTCOME_OF = np.zeros(256, dtype=np.uint8)
for _code in ReasonCode:
    _OUTCOME_OF[_code] = outcome_of(_code)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A batch ready to be decided. A reverse stands twice: once to buy and once to sell."""

    signals: Signals
    intents: Intents
    pairs: Pairs
    sized: Sized
    origin: Rows  # signal row -> the row it is a variant of, or itself
    quote: NDArray[np.float64]  # price that each pair would trade at now, NaN unknown


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was decided, in the order of the waves."""

    orders: Records  # ORDER
    order_partition: NDArray[np.int32]
    verdicts: Records  # VERDICT
    verdict_partition: NDArray[np.int32]
    touched: Touched


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
        state: Changed in place, exactly as a fold of the decision from the log would.
        links: Of this state and the book that `asked` was routed by.
        asked: The batch.
        now: Microseconds, UTC.
    """
    primary, other = _variants(asked)
    account = asked.pairs.account[primary]
    turn = _turn_of(account)
    orders, order_parts, verdicts, verdict_parts = [], [], [], []
    touched = Touched()
    for wave in range(int(turn.max(initial=-1)) + 1):
        rows = primary[turn == wave]
        alternative = other[turn == wave]
        made, judged, subscription, instrument = _wave(state, links, asked, rows, alternative, now)
        parts = links.book.accounts.partition[asked.pairs.account[rows]].astype(np.int32)
        folded = fold_decision(state, made, judged, parts)
        links.extend(subscription, instrument)
        touched.add(folded)
        verdicts.append(judged)
        verdict_parts.append(parts)
        orders.append(made)
        order_parts.append(state.orders.rows["partition"][folded.orders[0]])
    return Decided(
        orders=_joined(orders, ORDER),
        order_partition=_joined(order_parts, np.dtype(np.int32)),
        verdicts=_joined(verdicts, VERDICT),
        verdict_partition=_joined(verdict_parts, np.dtype(np.int32)),
        touched=touched,
    )


def _joined(parts: Sequence[Any], dtype: np.dtype[Any]) -> Any:
    """Return the waves' arrays as one; most batches are one wave, and are not copied."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype)


def _variants(asked: Asked) -> tuple[Rows, Rows]:
    """Return the pair rows to decide, and for each its selling variant, or itself."""
    pairs, origin = asked.pairs, asked.origin
    count = len(asked.signals)
    variant = origin[pairs.signal] != pairs.signal
    primary = np.flatnonzero(~variant)
    if len(primary) == len(pairs):
        return primary, primary
    key = origin[pairs.signal] * (int(pairs.subscription.max()) + 1) + pairs.subscription
    second = np.flatnonzero(variant)
    order = second[np.argsort(key[second], kind="stable")]
    place = np.minimum(np.searchsorted(key[order], key[primary]), max(len(order) - 1, 0))
    other = np.where(
        asked.intents.reverse[pairs.signal[primary]] & (count > 0), order[place], primary
    )
    return primary, other


def _turn_of(account: NDArray[np.int32]) -> Numbers:
    """Return how often the account came before, for each row."""
    order = np.argsort(account, kind="stable")
    number, _ = leg_numbers(account[order].astype(np.int64))
    turn = np.empty(len(account), np.int64)
    turn[order] = number - 1
    return turn


def _wave(
    state: State, links: Links, asked: Asked, rows: Rows, alternative: Rows, now: int
) -> tuple[Records, Records, Numbers, Numbers]:
    """Decide pairs of which each account has one; returns orders, verdicts, new trades' numbers."""
    book, pairs, intents = links.book, asked.pairs, asked.intents
    reason = np.where(pairs.reason[rows] != 0, pairs.reason[rows], asked.sized.reason[rows])
    blocked = _BLOCKING[reason]
    signal = pairs.signal[rows].astype(np.int64)
    instruments = pairs.instrument[rows].astype(np.int64)
    acts = (intents.close_long[signal] > 0) | (intents.close_short[signal] > 0)
    acts |= intents.reverse[signal] | intents.modify[signal] | intents.cancel[signal]
    looks = np.flatnonzero(acts & ~blocked)
    subscription = pairs.subscription[rows[looks]].astype(np.int64)
    found, trade = links.trades_of(subscription, instruments[looks])
    found = looks[found]
    side = reverse_side(state, found, trade, len(rows))
    flips = intents.reverse[signal] & (side == Side.SELL)
    chosen = np.where(flips, alternative, rows)
    reason = np.where(
        blocked | ~flips,
        reason,
        np.where(pairs.reason[chosen] != 0, pairs.reason[chosen], asked.sized.reason[chosen]),
    ).astype(np.uint8)
    flat = intents.reverse[signal] & (side == Side.NONE) & ~blocked
    legs = _acting_legs(state, links, asked, found, trade, signal[found], instruments[found])
    closes = np.bincount(legs.asked, minlength=len(rows))
    freed = np.bincount(legs.asked, weights=legs.whole, minlength=len(rows)).astype(np.int64)
    opens = (intents.open_side[pairs.signal[chosen]] != Side.NONE) & ~blocked & ~flat
    volume = asked.sized.volume[chosen]
    trying = np.flatnonzero(opens & (reason == 0))
    reason[trying] = guard_openings(
        book,
        links,
        pairs.subscription[chosen[trying]].astype(np.int64),
        pairs.account[chosen[trying]].astype(np.int64),
        pairs.instrument[chosen[trying]].astype(np.int64),
        intents.open_side[pairs.signal[chosen[trying]]],
        volume[trying],
        freed[trying],
    )
    goes = np.flatnonzero(opens & (reason == 0))
    reason = _say_why_nothing(asked, signal, reason, closes, opens, found, len(rows))
    orders = _orders(state, links, asked, rows, chosen, legs, goes, now)
    count = closes + np.bincount(goes, minlength=len(rows))
    verdicts = _verdicts(asked, book, rows, reason, count, now)
    opened = chosen[goes]
    return (
        orders,
        verdicts,
        pairs.subscription[opened].astype(np.int64),
        pairs.instrument[opened].astype(np.int64),
    )


def _acting_legs(
    state: State,
    links: Links,
    asked: Asked,
    found: Rows,
    trade: Rows,
    signal: Rows,
    instrument: Rows,
) -> Legs:
    if not len(found):
        return nothing()
    intents, book = asked.intents, links.book
    fraction = fractions(intents, signal, state.trades.rows["side"][trade])
    parts = [closing_legs(state, book, found, trade, instrument, fraction)]
    modify, cancel = intents.modify[signal], intents.cancel[signal]
    if modify.any():
        parts.append(
            modify_legs(
                state,
                book,
                asked.signals,
                found[modify],
                trade[modify],
                signal[modify],
                instrument[modify],
            )
        )
    if cancel.any():
        parts.append(cancel_legs(state, found[cancel], trade[cancel]))
    names = Legs.__dataclass_fields__
    return Legs(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def _say_why_nothing(
    asked: Asked,
    signal: Rows,
    reason: Codes,
    legs: Numbers,
    opens: Flags,
    found: Rows,
    count: int,
) -> Codes:
    """Give pairs that end with no leg their code, and keep others' codes only for openings."""
    intents = asked.intents
    held = np.bincount(found, minlength=count) > 0
    idle = (legs == 0) & ~opens & (reason == 0)
    why = np.where(held, ReasonCode.POSITION_CLOSING, ReasonCode.NO_POSITION)
    why = np.where(intents.cancel[signal], ReasonCode.NO_PENDING_ORDER, why)
    # A pure reduction is not touched by what limits exposure.
    pure = ~opens & ~_BLOCKING[reason] & (reason != 0)
    cleared = np.where(pure & (legs > 0), ReasonCode.NONE, reason)
    return np.where(idle | (pure & (legs == 0)), why, cleared).astype(np.uint8)


def _orders(
    state: State,
    links: Links,
    asked: Asked,
    rows: Rows,
    chosen: Rows,
    legs: Legs,
    goes: Rows,
    now: int,
) -> Records:
    """Return the legs of all pairs as ORDER records, those of one pair together, openings last."""
    signals, pairs, book = asked.signals, asked.pairs, links.book
    group = np.concatenate([legs.asked, goes])
    orders = np.zeros(len(group), dtype=ORDER)
    acting = orders[: len(legs)]
    trades = state.trades.rows[legs.trade]
    acting["kind"], acting["volume"], acting["whole"] = legs.kind, legs.volume, legs.whole
    acting["position"], acting["symbol"] = trades["trade_id"], trades["symbol"]
    acting["side"] = np.where(trades["side"] == Side.BUY, Side.SELL, Side.BUY)
    acting["stop_loss"], acting["take_profit"] = legs.stop_loss, legs.take_profit
    opening = orders[len(legs) :]
    pick = chosen[goes]
    signal = pairs.signal[pick]
    instrument = pairs.instrument[pick]
    opening["kind"] = LegKind.OPEN
    opening["side"] = asked.intents.open_side[signal]
    opening["order_type"] = signals.order_type[signal]
    opening["symbol"] = book.instruments.symbol[instrument]
    opening["volume"] = asked.sized.volume[pick]
    pending = signals.order_type[signal] != 0
    opening["price"] = np.where(pending, signals.price[signal], 0)
    opening["stop_price"] = np.where(pending, signals.stop_price[signal], 0)
    opening["stop_loss"] = asked.sized.stop_loss[pick]
    opening["take_profit"] = asked.sized.take_profit[pick]
    opening["expires_at"] = np.where(pending, signals.expires_at[signal], 0)
    age = book.accounts.max_signal_age[pairs.account[pick]]
    opening["valid_until"] = signals.fired_at[signal] + age
    _fill_in(orders, asked, links, rows[group], now)
    order = np.argsort(group, kind="stable")
    orders, group = taken(orders, order), group[order]
    number, size = leg_numbers(group)
    orders["leg"], orders["legs"] = number, size
    orders["after"] = (orders["kind"] == LegKind.OPEN) & (number > 1)
    orders["order_id"] = _ids(asked, book, rows[group], number)
    return orders


def _fill_in(orders: Records, asked: Asked, links: Links, pair: Rows, now: int) -> None:
    signals, book = asked.signals, links.book
    signal = asked.pairs.signal[pair]
    account = asked.pairs.account[pair]
    strategy = book.subscriptions.strategy[asked.pairs.subscription[pair]]
    orders["signal_id"] = signals.signal_id[signal]
    orders["account_id"] = book.accounts.account_id[account]
    orders["instance_id"] = book.accounts.instance_id[account]
    orders["strategy_id"] = book.strategies.strategy_id[strategy]
    orders["magic"] = book.strategies.magic[strategy]
    market = signals.order_type[signal] == 0
    orders["provider_price"] = np.where(market, signals.price[signal], 0)
    orders["quote_price"] = np.rint(np.nan_to_num(asked.quote[pair], nan=0.0) * UNITS).astype(
        np.int64
    )
    orders["fired_at"] = signals.fired_at[signal]
    orders["received_at"] = signals.received_at[signal]
    orders["decided_at"] = now


def _ids(asked: Asked, book: Book, pair: Rows, leg: Numbers) -> Records:
    """Return order ids; the hash of a signal's prefix is made once."""
    signals, signal = asked.signals, asked.pairs.signal[pair]
    used, place = np.unique(signal, return_inverse=True)
    causes = signals.signal_id[used].tolist()
    prefixes = list(map(order_prefix, signals.strategy[used].tolist(), causes))
    accounts = book.accounts.text_id[asked.pairs.account[pair]].tolist()
    return order_ids(prefixes, place.tolist(), accounts, leg.tolist())


def _verdicts(
    asked: Asked, book: Book, rows: Rows, reason: Codes, legs: Numbers, now: int
) -> Records:
    signals, pairs = asked.signals, asked.pairs
    signal = pairs.signal[rows]
    verdicts = np.zeros(len(rows), dtype=VERDICT)
    verdicts["signal_id"] = signals.signal_id[signal]
    verdicts["account_id"] = book.accounts.account_id[pairs.account[rows]]
    strategy = book.subscriptions.strategy[pairs.subscription[rows]]
    verdicts["strategy_id"] = book.strategies.strategy_id[strategy]
    verdicts["reason"] = reason
    verdicts["outcome"] = _OUTCOME_OF[reason]
    verdicts["action"] = signals.action[signal]
    verdicts["stream"] = signals.stream[signal]
    symbols = [text.encode()[:32] for text in signals.symbol.tolist()]
    verdicts["symbol"] = np.array(symbols, dtype="S32")[signal]
    for name in ("entry_ms", "entry_seq", "entry_row", "fired_at", "received_at"):
        verdicts[name] = getattr(signals, name)[signal]
    verdicts["decided_at"] = now
    verdicts["legs"] = legs
    assert not ((verdicts["legs"] == 0) & (verdicts["outcome"] == Outcome.NONE)).any()
    return verdicts
