"""Sizing: from what the provider asked and an account's settings to a volume in whole steps.

Volumes are `volume_min + n * volume_step`, in integers. Every mode rounds down, so that no
account takes more than its settings say; only a volume less than half a step below the minimum,
or any smaller one where tiny trades are forced, is raised to the minimum, and then only if that
multiplies the risk by no more than `max_risk_coefficient`.

What is unknown refuses: each rule passes what is known and within (design, section 4).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.book import Balances, Book, Index, Market, Pairs
from rules.signals import Codes, Columns, Flags, Float, Int64, Intents, Signals
from schema.codes import ReasonCode
from schema.enums import OrderType, Side, SizingMode, TinyTrade
from schema.wire import UNITS

Rows = NDArray[np.int64]
# NumPy compares with plain integers far faster than with an enum's members.
_NO_SIDE = int(Side.NONE)
_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_RISK = int(SizingMode.RISK)
_FIXED = int(SizingMode.FIXED)
_SCALED = int(SizingMode.SCALED)
_EQUITY = int(SizingMode.EQUITY)
_FORCE = int(TinyTrade.FORCE)
_BALANCE_STALE = np.uint8(ReasonCode.BALANCE_STALE)
_BALANCE_UNKNOWN = np.uint8(ReasonCode.BALANCE_UNKNOWN)
_MAX_VOLUME = np.uint8(ReasonCode.MAX_VOLUME)
_PROVIDER_BALANCE_UNKNOWN = np.uint8(ReasonCode.PROVIDER_BALANCE_UNKNOWN)
_QUOTE_STALE = np.uint8(ReasonCode.QUOTE_STALE)
_QUOTE_UNKNOWN = np.uint8(ReasonCode.QUOTE_UNKNOWN)
_RATE_STALE = np.uint8(ReasonCode.RATE_STALE)
_RATE_UNKNOWN = np.uint8(ReasonCode.RATE_UNKNOWN)
_RISK_TOO_HIGH = np.uint8(ReasonCode.RISK_TOO_HIGH)
_STOPS_TOO_CLOSE = np.uint8(ReasonCode.STOPS_TOO_CLOSE)
_STOP_LOSS_MISSING = np.uint8(ReasonCode.STOP_LOSS_MISSING)
_UNIT_UNKNOWN = np.uint8(ReasonCode.UNIT_UNKNOWN)
_VOLUME_TOO_SMALL = np.uint8(ReasonCode.VOLUME_TOO_SMALL)
_VOLUME_UNKNOWN = np.uint8(ReasonCode.VOLUME_UNKNOWN)
_PIECE = 16_384  # openings at once: their columns stay in the processor's cache
_HUGE = 9e17  # lots of 1e-8 that int64 holds with room to add


@dataclass(frozen=True, kw_only=True)
class Sized(Columns):
    """Aligned to the pairs. Pairs that open nothing, or were stopped before, have zeros."""

    volume: Int64  # 1e-8 lots
    reason: Codes
    stop_loss: Int64  # absolute price, 1e-8; 0 none
    take_profit: Int64
    expected_risk: Float  # account currency lost at the stop by this volume, NaN unknown


@dataclass(frozen=True, kw_only=True)
class _Openings(Columns):
    """The pairs to size, with what every mode needs of them."""

    signal: Rows
    subscription: Rows
    account: Rows
    instrument: Rows
    buy: Flags
    entry: Float  # price the order would fill at


def size(
    book: Book,
    signals: Signals,
    intents: Intents,
    pairs: Pairs,
    market: Market,
    balances: Balances,
    now: int,
) -> Sized:
    """Return the volume and the absolute stops of every pair that opens something.

    Args:
        book: That the pairs were routed by.
        signals: Of the pairs.
        intents: Aligned to the signals; a reverse is sized as its `open_side` says.
        pairs: Only those without a reason are sized.
        market: Prices now; an opening without a fresh one is refused.
        balances: Of the accounts.
        now: Microseconds, UTC.
    """
    side = intents.open_side[pairs.signal]
    rows = ((side != _NO_SIDE) & (pairs.reason == 0)).nonzero()[0]
    count = len(pairs)
    sized = Sized(
        volume=np.zeros(count, np.int64),
        reason=np.zeros(count, np.uint8),
        stop_loss=np.zeros(count, np.int64),
        take_profit=np.zeros(count, np.int64),
        expected_risk=np.full(count, np.nan),
    )
    for start in range(0, len(rows), _PIECE):
        piece = rows[start : start + _PIECE]
        _size_piece(book, signals, intents, pairs, market, balances, now, side[piece], piece, sized)
    return sized


def _size_piece(
    book: Book,
    signals: Signals,
    intents: Intents,
    pairs: Pairs,
    market: Market,
    balances: Balances,
    now: int,
    side: Codes,
    rows: Rows,
    sized: Sized,
) -> None:
    one = _openings(signals, pairs, market, rows, side)
    faults: list[tuple[np.uint8, Flags]] = []  # the first that holds is the reason
    loss, profit, given = _stops(book, signals, one)
    risk, rate_ok, rate_fresh = _loss_per_lot(book, market, one, loss, given, now)
    quoted = _quote_faults(book, market, one, now)
    wanted, uses_rate = _wanted(
        book, signals, intents, market, balances, one, risk, given, now, faults
    )
    faults = quoted + faults
    if uses_rate is not None:
        faults.append((_RATE_UNKNOWN, uses_rate & given & ~rate_ok))
        faults.append((_RATE_STALE, uses_rate & given & ~rate_fresh))
    sign = one.buy * 2.0 - 1.0
    if np.count_nonzero(given):
        faults.append((_STOPS_TOO_CLOSE, given & ~((one.entry - loss) * sign > 0)))
    takes = np.isfinite(profit)
    if np.count_nonzero(takes):
        faults.append((_STOPS_TOO_CLOSE, takes & ~((profit - one.entry) * sign > 0)))
    volume = _whole_steps(book, one, wanted, faults)
    reason = np.zeros(len(rows), np.uint8)
    for code, fault in reversed(faults):
        if np.count_nonzero(fault):
            np.copyto(reason, code, where=fault)
    good = reason == 0
    sized.reason[rows] = reason
    sized.volume[rows] = volume * good
    sized.stop_loss[rows] = _on_grid(book, one, loss, good)
    sized.take_profit[rows] = _on_grid(book, one, profit, good)
    known = good & rate_ok & rate_fresh
    sized.expected_risk[rows] = np.where(known, volume / UNITS * risk, np.nan)


def _openings(signals: Signals, pairs: Pairs, market: Market, rows: Rows, side: Codes) -> _Openings:
    signal, instrument = pairs.signal[rows], pairs.instrument[rows]
    buy = side == _BUY
    entry = np.where(buy, market.ask[instrument], market.bid[instrument])
    kind = signals.order_type[signal]
    if np.count_nonzero(kind):
        asked = np.where(kind == _LIMIT, signals.price[signal], signals.stop_price[signal])
        entry = np.where(kind == _MARKET, entry, asked / UNITS)
    return _Openings(
        signal=signal,
        subscription=pairs.subscription[rows],
        account=pairs.account[rows],
        instrument=instrument,
        buy=buy,
        entry=entry,
    )


def _quote_faults(
    book: Book, market: Market, one: _Openings, now: int
) -> list[tuple[np.uint8, Flags]]:
    # There are far fewer instruments than openings.
    known = (market.bid > 0) & (market.ask > 0) & (market.quoted_at > 0)
    known &= np.isfinite(market.bid) & np.isfinite(market.ask)
    fresh = now - market.quoted_at <= book.instruments.max_quote_age
    return [
        (_QUOTE_UNKNOWN, ~known[one.instrument]),
        (_QUOTE_STALE, ~fresh[one.instrument]),
    ]


def _stops(book: Book, signals: Signals, one: _Openings) -> tuple[Float, Float, Flags]:
    """Return stop loss and take profit as prices, NaN where none, and who has a stop loss."""
    sign = one.buy * 2.0 - 1.0
    pip = book.instruments.pip[one.instrument]
    prices = []
    for absolute, pips, percent, copied, towards in (
        (
            signals.stop_loss,
            signals.sl_pips,
            signals.sl_percent,
            book.subscriptions.copy_stop_loss,
            -sign,
        ),
        (
            signals.take_profit,
            signals.tp_pips,
            signals.tp_percent,
            book.subscriptions.copy_take_profit,
            sign,
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
    return loss, profit, has_loss & book.subscriptions.copy_stop_loss[one.subscription]


def _rate(
    book: Book, market: Market, one: _Openings, source: Index, goal: Index, now: int
) -> tuple[Float, Flags, Flags]:
    """Return the rate between currencies at each account's broker: value, known, fresh."""
    same = source == goal
    if np.count_nonzero(same) == len(same):
        return np.ones(len(one)), same, same
    broker = book.accounts.broker[one.account].astype(np.int64)
    currencies = market.rate.shape[1]
    way = (broker * currencies + source) * currencies + goal
    rate = np.where(same, 1.0, market.rate.reshape(-1)[way])
    age = now - market.rate_at.reshape(-1)[way]
    fresh = same | (age <= book.instruments.max_quote_age[one.instrument])
    return rate, np.isfinite(rate) & (rate > 0), fresh


def _loss_per_lot(
    book: Book, market: Market, one: _Openings, loss: Float, given: Flags, now: int
) -> tuple[Float, Flags, Flags]:
    """Return what one lot loses at the stop in account currency, and if its rate is good."""
    if not np.count_nonzero(given):
        none = np.zeros(len(one), bool)
        return np.full(len(one), np.nan), none, none
    source = book.instruments.profit_currency[one.instrument]
    rate, known, fresh = _rate(book, market, one, source, book.accounts.currency[one.account], now)
    size_of_lot = book.instruments.contract_size[one.instrument]
    return np.abs(one.entry - loss) * size_of_lot * rate, known, fresh


def _wanted(
    book: Book,
    signals: Signals,
    intents: Intents,
    market: Market,
    balances: Balances,
    one: _Openings,
    risk: Float,
    given: Flags,
    now: int,
    faults: list[tuple[np.uint8, Flags]],
) -> tuple[Float, Flags | None]:
    """Return the volume asked for in 1e-8 lots before any rounding, and who rests on a rate."""
    mode = book.subscriptions.sizing[one.subscription]
    wanted = book.subscriptions.fixed_volume[one.subscription].astype(np.float64)
    by_risk = mode == _RISK
    scaled = (mode != _FIXED) & ~by_risk
    if np.count_nonzero(scaled):
        lots = _provider_lots(book, intents, one, scaled, faults)
        lots = lots * book.subscriptions.multiplier[one.subscription]
        proportional = scaled & (mode != _SCALED)
        if np.count_nonzero(proportional):
            lots = np.where(
                proportional,
                lots * _share(book, market, balances, one, mode, proportional, now, faults),
                lots,
            )
        wanted = np.where(scaled, lots, wanted)
    if np.count_nonzero(by_risk):
        faults.append((_STOP_LOSS_MISSING, by_risk & ~given))
        _balance_faults(book, balances.balance, balances, one, by_risk, now, faults)
        percent = book.subscriptions.risk_percent[one.subscription]
        own = signals.risk_percent[one.signal]
        own_counts = (own > 0) & book.subscriptions.risk_override[one.subscription]
        money = balances.balance[one.account] * np.where(own_counts, own, percent) / 100
        sure = np.isfinite(risk) & (risk > 0)
        wanted = np.where(by_risk, money / np.where(sure, risk, np.nan) * UNITS, wanted)
    return wanted, by_risk if np.count_nonzero(by_risk) else None


def _provider_lots(
    book: Book,
    intents: Intents,
    one: _Openings,
    scaled: Flags,
    faults: list[tuple[np.uint8, Flags]],
) -> Float:
    lots, contracts = intents.lots[one.signal], intents.contracts[one.signal]
    units = book.strategies.units_per_contract[book.subscriptions.strategy[one.subscription]]
    size_of_lot = book.instruments.contract_size[one.instrument]
    by_unit = (lots == 0) & (contracts > 0)
    faults.append((_VOLUME_UNKNOWN, scaled & (lots == 0) & (contracts == 0)))
    known = np.isfinite(units) & (units > 0) & np.isfinite(size_of_lot) & (size_of_lot > 0)
    faults.append((_UNIT_UNKNOWN, scaled & by_unit & ~known))
    turned = contracts * units / np.where(known, size_of_lot, np.nan)
    return np.where(by_unit, turned, lots.astype(np.float64))


def _share(
    book: Book,
    market: Market,
    balances: Balances,
    one: _Openings,
    mode: Codes,
    uses: Flags,
    now: int,
    faults: list[tuple[np.uint8, Flags]],
) -> Float:
    """Return the account's balance or equity as a multiple of the provider's balance."""
    strategy = book.subscriptions.strategy[one.subscription]
    theirs = book.strategies.provider_balance[strategy]
    currency = book.strategies.provider_currency[strategy]
    known = np.isfinite(theirs) & (theirs > 0) & (currency >= 0)
    faults.append((_PROVIDER_BALANCE_UNKNOWN, uses & ~known))
    equity = mode == _EQUITY
    chosen = np.where(equity, balances.equity[one.account], balances.balance[one.account])
    _balance_faults(book, chosen, balances, one, uses, now, faults, aligned=True)
    mine = book.accounts.currency[one.account]
    rate, rated, fresh = _rate(book, market, one, mine, np.where(known, currency, mine), now)
    faults.append((_RATE_UNKNOWN, uses & ~rated))
    faults.append((_RATE_STALE, uses & ~fresh))
    return np.asarray(chosen * rate / np.where(known, theirs, np.nan))


def _balance_faults(
    book: Book,
    values: Float,
    balances: Balances,
    one: _Openings,
    uses: Flags,
    now: int,
    faults: list[tuple[np.uint8, Flags]],
    *,
    aligned: bool = False,
) -> None:
    value = values if aligned else values[one.account]
    marked = balances.marked_at[one.account]
    known = np.isfinite(value) & (value > 0) & (marked > 0)
    faults.append((_BALANCE_UNKNOWN, uses & ~known))
    faults.append((_BALANCE_STALE, uses & ~(now - marked <= book.max_balance_age)))


def _whole_steps(
    book: Book, one: _Openings, wanted: Float, faults: list[tuple[np.uint8, Flags]]
) -> Int64:
    instruments, subscriptions = book.instruments, book.subscriptions
    least = instruments.volume_min[one.instrument]
    step = np.maximum(instruments.volume_step[one.instrument], 1)
    known = np.isfinite(wanted) & (wanted > 0)
    # To 1e-8 first: a volume that floats put a hair under a step is on it.
    asked = np.rint(np.where(known, np.minimum(wanted, _HUGE), 0.0)).astype(np.int64)
    small = asked < least
    forced = subscriptions.tiny_trade[one.subscription] == _FORCE
    near = 2 * (least - asked) <= step
    raised = known & small & (forced | near)
    faults.append((_VOLUME_TOO_SMALL, ~known | (small & ~raised)))
    times = np.maximum(subscriptions.max_risk_coefficient[one.subscription], 1.0)
    faults.append((_RISK_TOO_HIGH, raised & ~(least <= wanted * times)))
    limit = instruments.volume_max[one.instrument]
    for own in (
        subscriptions.max_volume[one.subscription],
        book.accounts.max_volume[one.account],
    ):
        limit = np.where(own > 0, np.minimum(limit, own), limit)
    faults.append((_MAX_VOLUME, ~(limit >= least)))
    steps = (np.minimum(asked, limit) - least) // step
    return np.asarray(least + np.maximum(steps, 0) * step)


def _on_grid(book: Book, one: _Openings, price: Float, good: Flags) -> Int64:
    """Return prices on the instrument's grid of ticks as counts of 1e-8, 0 where none."""
    known = good & (price > 0) & (price < _HUGE / UNITS)
    if not np.count_nonzero(known):
        return np.zeros(len(one), np.int64)
    ticks = book.instruments.tick_size[one.instrument]
    grid = np.where(ticks > 0, ticks, book.instruments.point[one.instrument])
    step = np.maximum(np.rint(grid * UNITS), 1).astype(np.int64)
    counted = np.rint(np.where(known, price, 0.0) * UNITS / step).astype(np.int64) * step
    return np.where(known, counted, 0)
