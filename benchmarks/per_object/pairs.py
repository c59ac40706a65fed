"""Routing and sizing of one pair at a time, in plain Python."""
# ruff: noqa: PLR0911

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

import numpy as np

from benchmarks.worlds import SmallWorld
from rules.ages import AHEAD
from schema.codes import ReasonCode as R
from schema.enums import Direction, OrderType, Side, SizingMode, TinyTrade, TradeMode

LOT = 100_000_000


@dataclass(slots=True)
class Judged:
    """What routing and sizing say of one pair, if it were to open `side`."""

    signal: int
    subscription: int
    account: int
    instrument: int
    side: int
    routed: R
    sized: R = R.NONE
    volume: int = 0
    stop_loss: float = 0.0
    take_profit: float = 0.0


def plain(columns: Any) -> Any:
    """Return a world, or columns, with lists for arrays: plain Python is to be fast at them."""
    changed: dict[str, Any] = {}
    for field in fields(columns):
        value = getattr(columns, field.name)
        if isinstance(value, np.ndarray):
            changed[field.name] = value.tolist()
        elif hasattr(value, "__dataclass_fields__"):
            changed[field.name] = plain(value)
    return replace(columns, **changed)


def pairs_of(w: SmallWorld, signal: int) -> range:
    """Return the subscriptions that a signal of a plain world reaches."""
    strategy = w.book.strategy_index.get(w.signals.strategy[signal])
    return range(0) if strategy is None else range(*w.book.first[strategy : strategy + 2])


def judge(w: SmallWorld) -> list[Judged]:
    """Return all pairs of a world, in order."""
    w = plain(w)
    return [
        judge_one(w, signal, sub, w.intents.open_side[signal])
        for signal in range(len(w.signals))
        for sub in pairs_of(w, signal)
    ]


def judge_one(w: SmallWorld, signal: int, sub: int, side: int) -> Judged:
    """Return what routing and sizing say of one pair of a plain world."""
    one = _route(w, signal, sub, side)
    if one.routed is R.NONE and side != Side.NONE:
        one.sized = _size(w, one)
        if one.sized is not R.NONE:
            one.volume, one.stop_loss, one.take_profit = 0, 0.0, 0.0
    return one


def _route(w: SmallWorld, signal: int, sub: int, side: int) -> Judged:
    book, s = w.book, w.book.subscriptions
    account = s.account[sub]
    column = book.symbol_index.get(w.signals.symbol[signal])
    group = book.accounts.symbol_group[account]
    instrument = -1 if column is None else book.instrument_of[group][column]
    directions = (book.accounts.direction[account], s.direction[sub])
    opens = side != Side.NONE
    modes = {TradeMode.FULL, TradeMode.LONG_ONLY if side == Side.BUY else TradeMode.SHORT_ONLY}
    rules = (
        (R.ACCOUNT_INACTIVE, lambda: not book.accounts.active[account]),
        (R.INSTANCE_INACTIVE, lambda: not book.accounts.instance_active[account]),
        (R.SUBSCRIPTION_INACTIVE, lambda: not s.active[sub]),
        (
            R.DIRECTION_NOT_ALLOWED,
            lambda: opens and any(d not in {Direction.BOTH, side} for d in directions),
        ),
        (R.SYMBOL_UNMAPPED, lambda: instrument < 0),
        (R.SYMBOL_NOT_SUPPORTED, lambda: not book.instruments.supported[instrument]),
        (
            R.SIGNAL_TOO_OLD,
            lambda: (
                opens and w.now - w.signals.fired_at[signal] > book.accounts.max_signal_age[account]
            ),
        ),
        (
            R.ORDER_TYPE_UNSUPPORTED,
            lambda: opens and w.signals.order_type[signal] == OrderType.STOP_LIMIT,
        ),
        (
            R.SYMBOL_TRADE_DISABLED,
            lambda: opens and book.instruments.trade_mode[instrument] not in modes,
        ),
    )
    why = next((code for code, fails in rules if fails()), R.NONE)
    return Judged(signal, sub, account, instrument, side, why)


def _good(x: float) -> bool:
    return isfinite(x) and x > 0


def _rate(w: SmallWorld, one: Judged, source: int, goal: int) -> tuple[float, R]:
    if source == goal:
        return 1.0, R.NONE
    broker = w.book.accounts.broker[w.book.subscriptions.account[one.subscription]]
    rate = float(w.market.rate[broker][source][goal])
    if not _good(rate):
        return rate, R.RATE_UNKNOWN
    age = w.now - w.market.rate_at[broker][source][goal]
    fresh = _fresh(age, w.book.instruments.max_quote_age[one.instrument])
    return rate, R.NONE if fresh else R.RATE_STALE


def _balance(w: SmallWorld, account: int, value: float) -> R:
    marked = w.balances.marked_at[account]
    if not _good(value) or marked == 0:
        return R.BALANCE_UNKNOWN
    return R.NONE if _fresh(w.now - marked, w.book.max_balance_age) else R.BALANCE_STALE


def _size(w: SmallWorld, one: Judged) -> R:
    g, i, k = w.signals, one.instrument, one.signal
    inst, sub = w.book.instruments, w.book.subscriptions
    buy = one.side == Side.BUY
    sign = 1 if buy else -1
    bid, ask = float(w.market.bid[i]), float(w.market.ask[i])
    if not (_good(bid) and _good(ask) and w.market.quoted_at[i] > 0):
        return R.QUOTE_UNKNOWN
    if not _fresh(w.now - w.market.quoted_at[i], inst.max_quote_age[i]):
        return R.QUOTE_STALE
    entry = {
        0: ask if buy else bid,
        1: placed_at(w, i, g.price[k]) / LOT,
        2: placed_at(w, i, g.stop_price[k]) / LOT,
    }[int(g.order_type[k])]
    loss = _stop(w, one, entry, g.stop_loss[k], g.sl_pips[k], g.sl_percent[k], -sign)
    gain = _stop(w, one, entry, g.take_profit[k], g.tp_pips[k], g.tp_percent[k], sign)
    loss = loss if sub.copy_stop_loss[one.subscription] else None
    gain = gain if sub.copy_take_profit[one.subscription] else None
    why, wanted = _wanted(w, one, entry, loss)
    if why is not R.NONE:
        return why
    if (loss is not None and not (entry - loss) * sign > 0) or (
        gain is not None and not (gain - entry) * sign > 0
    ):
        return R.STOPS_TOO_CLOSE
    one.stop_loss = 0.0 if loss is None else loss
    one.take_profit = 0.0 if gain is None else gain
    return _steps(w, one, wanted)


def _stop(
    w: SmallWorld,
    one: Judged,
    entry: float,
    absolute: int,
    pips: float,
    percent: float,
    towards: int,
) -> float | None:
    inst, i = w.book.instruments, one.instrument
    if absolute > 0:
        price = absolute / LOT
    elif pips > 0 or percent > 0:
        price = entry + towards * (pips * inst.pip[i] + percent / 100 * entry)
    else:
        return None
    step = tick_of(w, i)
    count = round(price * LOT / step) * step if isfinite(price) else 0
    return count / LOT if count > 0 else float("nan")


def tick_of(w: SmallWorld, i: int) -> int:
    """Return the tick of an instrument, 1e-8."""
    inst = w.book.instruments
    return max(round((inst.tick_size[i] if inst.tick_size[i] > 0 else inst.point[i]) * LOT), 1)


def placed_at(w: SmallWorld, i: int, price: int) -> int:
    """Return where a pending order stands on the grid of ticks, 0 for none."""
    tick = tick_of(w, i)
    return max(round(price / tick), 1) * tick if price > 0 else 0


def _wanted(w: SmallWorld, one: Judged, entry: float, loss: float | None) -> tuple[R, float]:
    book, sub, k = w.book, w.book.subscriptions, one.subscription
    account = sub.account[k]
    mode = sub.sizing[k]
    mine = book.accounts.currency[account]
    lot = float(book.instruments.contract_size[one.instrument])
    if mode == SizingMode.FIXED:
        return R.NONE, float(sub.fixed_volume[k])
    if mode == SizingMode.RISK:
        balance = float(w.balances.balance[account])
        if loss is None:
            return R.STOP_LOSS_MISSING, 0
        why = _balance(w, account, balance)
        if why is R.NONE:
            rate, why = _rate(w, one, book.instruments.profit_currency[one.instrument], mine)
        if why is not R.NONE:
            return why, 0
        own = w.signals.risk_percent[one.signal]
        percent = own if own > 0 and sub.risk_override[k] else sub.risk_percent[k]
        distance = abs(entry - loss)
        money = balance * percent / 100
        return R.NONE, float(money / (distance * lot * rate) * LOT) if distance else float("nan")
    strategy = sub.strategy[k]
    lots = float(w.intents.lots[one.signal])
    contracts = int(w.intents.contracts[one.signal])
    if not lots:
        units = float(book.strategies.units_per_contract[strategy])
        if not contracts:
            return R.VOLUME_UNKNOWN, 0
        if not _good(units):
            return R.UNIT_UNKNOWN, 0
        lots = contracts * units / lot
    lots *= float(sub.multiplier[k])
    if mode == SizingMode.SCALED:
        return R.NONE, lots
    theirs, currency = (
        float(book.strategies.provider_balance[strategy]),
        book.strategies.provider_currency[strategy],
    )
    if not _good(theirs) or currency < 0:
        return R.PROVIDER_BALANCE_UNKNOWN, 0
    value = float((w.balances.equity if mode == SizingMode.EQUITY else w.balances.balance)[account])
    why = _balance(w, account, value)
    if why is R.NONE:
        rate, why = _rate(w, one, mine, currency)
    return why, 0 if why is not R.NONE else lots * (value * rate / theirs)


def _steps(w: SmallWorld, one: Judged, wanted: float) -> R:
    inst, sub, i, k = w.book.instruments, w.book.subscriptions, one.instrument, one.subscription
    least, step = int(inst.volume_min[i]), int(inst.volume_step[i])
    if not _good(wanted):
        return R.VOLUME_TOO_SMALL
    asked = round(wanted)
    if asked < least:
        if asked < least - step / 2 and sub.tiny_trade[k] != TinyTrade.FORCE:
            return R.VOLUME_TOO_SMALL
        if not least <= wanted * max(float(sub.max_risk_coefficient[k]), 1.0) or not isfinite(
            sub.max_risk_coefficient[k]
        ):
            return R.RISK_TOO_HIGH
    limits = [
        int(inst.volume_max[i]),
        int(sub.max_volume[k]),
        int(w.book.accounts.max_volume[sub.account[k]]),
    ]
    limit = min(x for x in limits if x > 0)
    if limit < least:
        return R.MAX_VOLUME
    one.volume = least + max(min(asked, limit) - least, 0) // step * step
    return R.NONE


def _fresh(age: int, limit: int) -> bool:
    return -AHEAD <= age <= limit
