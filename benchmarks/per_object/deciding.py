"""Deciding one pair at a time, in plain Python: legs, guards, ids, and the trades they make."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from uuid import UUID

from benchmarks.per_object.pairs import LOT, Judged, judge_one, pairs_of, placed_at, tick_of
from benchmarks.worlds import SmallWorld
from rules.guard import MOST_OWN_TRADES
from schema.codes import ReasonCode as R
from schema.codes import outcome_of
from schema.enums import LegKind, OrderType, Outcome, Side

OPENING, PENDING, OPEN = range(3)
_BLOCKING = frozenset(
    {R.ACCOUNT_INACTIVE, R.INSTANCE_INACTIVE, R.SUBSCRIPTION_INACTIVE, R.SYMBOL_UNMAPPED}
)


@dataclass(slots=True)
class Trade:
    """A live trade, or one that is being opened."""

    trade_id: bytes
    subscription: int
    account: int
    instrument: int
    symbol: bytes
    side: int
    state: int
    volume: int
    closing: int = 0
    entry_price: int = 0  # of a pending order, the price at which it was placed


@dataclass(slots=True)
class Leg:
    """One order leg."""

    kind: LegKind
    side: int
    volume: int = 0
    whole: bool = False
    stop_loss: int = 0
    take_profit: int = 0
    trade: Trade | None = None


@dataclass(slots=True, kw_only=True)
class Order:
    """One order, as it would be dispatched."""

    order_id: bytes
    signal_id: bytes
    account_id: bytes
    strategy_id: bytes
    instance_id: bytes
    broker_id: bytes
    position: bytes
    leg: int
    legs: int
    after: bool
    kind: int
    side: int
    order_type: int
    whole: bool
    symbol: bytes
    volume: int
    price: int
    stop_price: int
    stop_loss: int
    take_profit: int
    expires_at: int
    valid_until: int
    magic: int
    fired_at: int
    received_at: int
    decided_at: int


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What became of one pair."""

    signal_id: bytes
    account_id: bytes
    strategy_id: bytes
    outcome: int
    reason: int
    legs: int
    action: int
    symbol: bytes


@dataclass(slots=True)
class Held:
    """The live trades of a shard, oldest first."""

    trades: list[Trade] = field(default_factory=list)
    by_pair: defaultdict[tuple[int, int], list[Trade]] = field(
        default_factory=lambda: defaultdict(list)
    )
    by_account: defaultdict[int, list[Trade]] = field(default_factory=lambda: defaultdict(list))

    def add(self, trade: Trade) -> None:
        """Take in a new trade."""
        self.trades.append(trade)
        self.by_pair[trade.subscription, trade.instrument].append(trade)
        self.by_account[trade.account].append(trade)


def decide_each(w: SmallWorld, held: Held) -> tuple[list[Order], list[Verdict]]:
    """Decide a plain world (`pairs.plain`), one pair after the other; `held` is changed."""
    orders: list[Order] = []
    verdicts: list[Verdict] = []
    for signal in range(len(w.signals.price)):
        for sub in pairs_of(w, signal):
            mine, verdict = _decide_pair(w, held, signal, sub)
            orders += mine
            verdicts.append(verdict)
    return orders, verdicts


def _decide_pair(w: SmallWorld, held: Held, signal: int, sub: int) -> tuple[list[Order], Verdict]:
    intents = w.intents
    reverse = intents.reverse[signal]
    one = judge_one(w, signal, sub, Side.BUY if reverse else intents.open_side[signal])
    reason = one.routed or one.sized
    blocked = reason in _BLOCKING
    closes = intents.close_long[signal] > 0 or intents.close_short[signal] > 0
    acts = closes or reverse or intents.modify[signal] or intents.cancel[signal]
    found = list(held.by_pair[sub, one.instrument]) if acts and not blocked else []
    opens = one.side != Side.NONE and not blocked
    if reverse and not blocked:
        net = sum(
            t.volume if t.side == Side.BUY else -t.volume for t in found if t.state != PENDING
        )
        opens = net != 0
        if net > 0:
            one = judge_one(w, signal, sub, Side.SELL)
            reason = one.routed or one.sized
    made = list(_acting(w, one, found))
    legs = [leg for leg in made if isinstance(leg, Leg)]
    left = [why for why in made if isinstance(why, R)]
    acting = len(legs)
    if opens and reason is R.NONE:
        reason = _guard(w, held, one, sum(leg.whole for leg in legs))
        if reason is R.NONE:
            legs.append(Leg(LegKind.OPEN, one.side, one.volume))
    if not opens and reason not in _BLOCKING:
        if left:
            reason = left[-1]
        elif acting:
            reason = R.NONE  # a pure reduction is not touched by what limits exposure
        elif intents.cancel[signal]:
            reason = R.NO_PENDING_ORDER
        else:
            reason = R.POSITION_CLOSING if found else R.NO_POSITION
    orders = [_order(w, one, leg, n, len(legs)) for n, leg in enumerate(legs, 1)]
    for leg, order in zip(legs, orders, strict=True):
        if leg.kind == LegKind.CLOSE and leg.trade is not None:
            leg.trade.closing += leg.volume
        elif leg.kind == LegKind.OPEN:
            held.add(_opened(one, order))
    return orders, _verdict(w, one, reason, len(legs))


def _acting(w: SmallWorld, one: Judged, found: list[Trade]) -> Iterator[Leg | R]:
    intents, signal = w.intents, one.signal
    reverse = intents.reverse[signal]
    for side, share in (
        (Side.BUY, intents.close_long[signal]),
        (Side.SELL, intents.close_short[signal]),
    ):
        yield from _closing(w, one, side, 1.0 if reverse else share, found)
    if intents.modify[signal]:
        yield from (_modify(w, one, trade) for trade in found)
    if intents.cancel[signal]:
        for trade in found:
            if trade.state == PENDING:
                yield Leg(LegKind.CANCEL, _other(trade.side), trade=trade)


def _other(side: int) -> int:
    return Side.SELL if side == Side.BUY else Side.BUY


def _closing(
    w: SmallWorld, one: Judged, side: int, fraction: float, found: list[Trade]
) -> Iterator[Leg]:
    if fraction <= 0:
        return
    mine = [t for t in found if t.side == side and t.state != PENDING and t.volume - t.closing > 0]
    total = sum(t.volume - t.closing for t in mine)
    if not total:
        return
    step = w.book.instruments.volume_step[one.instrument]
    least = w.book.instruments.volume_min[one.instrument]
    goal = total
    if fraction < 1 - 1e-9:
        goal = min(max(round(total * fraction), 1), total)
    for trade in mine:
        closable = trade.volume - trade.closing
        part = min(max(goal, 0), closable)
        goal -= closable
        if 0 < part < closable:
            if trade is not mine[0] and part < least / 2:
                continue
            part = least + max(round((part - least) / step), 0) * step
            if closable - part < least:
                part = closable
        if not part:
            continue
        yield Leg(LegKind.CLOSE, _other(side), part, whole=part == trade.volume, trade=trade)


def _modify(w: SmallWorld, one: Judged, trade: Trade) -> Leg | R:
    """Return the change of a trade, or why it is left alone."""
    s, k, subs, sub = w.signals, one.signal, w.book.subscriptions, one.subscription
    pip = w.book.instruments.pip[one.instrument]
    tick = tick_of(w, one.instrument)
    entry = max(trade.entry_price, 0) / LOT
    towards = 1 if trade.side == Side.BUY else -1

    def stop(absolute: int, pips: float, percent: float, sign: int) -> int | R:
        moves = pips > 0 or percent > 0
        if absolute <= 0 and not moves:
            return 0
        if absolute <= 0 and not entry:
            return R.ENTRY_UNKNOWN
        moved = entry + sign * (pips * pip + percent / 100 * entry)
        price = absolute / LOT if absolute > 0 else moved
        return round(max(price, 0) * LOT / tick) * tick or R.STOPS_TOO_CLOSE

    stops = [
        stop(*columns, sign) if copied else 0
        for columns, sign, copied in (
            ((s.stop_loss[k], s.sl_pips[k], s.sl_percent[k]), -towards, subs.copy_stop_loss[sub]),
            (
                (s.take_profit[k], s.tp_pips[k], s.tp_percent[k]),
                towards,
                subs.copy_take_profit[sub],
            ),
        )
    ]
    for reason in (R.ENTRY_UNKNOWN, R.STOPS_TOO_CLOSE):
        if any(each is reason for each in stops):
            return reason
    if not any(stops):
        return R.STOPS_NOT_COPIED
    return Leg(
        LegKind.MODIFY,
        _other(trade.side),
        stop_loss=stops[0],
        take_profit=stops[1],
        trade=trade,
    )


def _guard(w: SmallWorld, held: Held, one: Judged, freed: int) -> R:
    accounts, subs, instruments = w.book.accounts, w.book.subscriptions, w.book.instruments
    trades = held.by_account[one.account]
    if len(trades) - freed + 1 > accounts.max_open_trades[one.account]:
        return R.MAX_OPEN_TRADES
    own_limit = subs.max_open_trades[one.subscription]
    own = sum(t.subscription == one.subscription for t in trades)
    if own - freed + 1 > min(own_limit or MOST_OWN_TRADES, MOST_OWN_TRADES):
        return R.MAX_OPEN_TRADES
    limits = [instruments.volume_max[one.instrument]]
    limits += [x for x in (accounts.max_volume[one.account],) if x]
    limits += [x for x in (subs.max_volume[one.subscription],) if x]
    if not 0 < one.volume <= min(limits):
        return R.MAX_VOLUME
    both = instruments.volume_limit[one.instrument]
    same = (t for t in trades if t.instrument == one.instrument and t.side == one.side)
    if both and sum(t.volume for t in same) + one.volume > both:
        return R.MAX_VOLUME
    return R.NONE


def _order(w: SmallWorld, one: Judged, leg: Leg, number: int, legs: int) -> Order:
    s, k, book = w.signals, one.signal, w.book
    strategy = book.strategies.strategy_id[book.subscriptions.strategy[one.subscription]]
    account = book.accounts.account_id[one.account]
    opens, trade = leg.kind == LegKind.OPEN, leg.trade
    pending = opens and s.order_type[k] != 0
    return Order(
        order_id=order_id(strategy, s.signal_id[k], account, number),
        signal_id=s.signal_id[k],
        account_id=account,
        strategy_id=strategy,
        instance_id=book.accounts.instance_id[one.account],
        broker_id=book.brokers[book.accounts.broker[one.account]],
        position=bytes(16) if trade is None else trade.trade_id,
        leg=number,
        legs=legs,
        after=opens and number > 1,
        kind=leg.kind,
        side=leg.side,
        order_type=s.order_type[k] if opens else 0,
        whole=leg.whole,
        symbol=book.instruments.symbol[one.instrument] if trade is None else trade.symbol,
        volume=leg.volume,
        price=placed_at(w, one.instrument, s.price[k]) if pending else 0,
        stop_price=placed_at(w, one.instrument, s.stop_price[k]) if pending else 0,
        stop_loss=round(one.stop_loss * LOT) if opens else leg.stop_loss,
        take_profit=round(one.take_profit * LOT) if opens else leg.take_profit,
        expires_at=s.expires_at[k] if pending else 0,
        valid_until=s.fired_at[k] + book.accounts.max_signal_age[one.account] if opens else 0,
        magic=book.strategies.magic[book.subscriptions.strategy[one.subscription]],
        fired_at=s.fired_at[k],
        received_at=s.received_at[k],
        decided_at=w.now,
    )


def order_id(strategy: bytes, cause: bytes, account: bytes, leg: int) -> bytes:
    """Return the id of an order: a uuid5 in the namespace of its strategy."""
    digest = sha1(
        strategy + cause + account + leg.to_bytes(2, "big"), usedforsecurity=False
    ).digest()
    return UUID(bytes=digest[:16], version=5).bytes


def _opened(one: Judged, order: Order) -> Trade:
    state = PENDING if order.order_type else OPENING
    return Trade(
        order.order_id,
        one.subscription,
        one.account,
        one.instrument,
        order.symbol,
        order.side,
        state,
        order.volume,
        entry_price=order.stop_price if order.order_type == OrderType.STOP else order.price,
    )


def _verdict(w: SmallWorld, one: Judged, reason: R, legs: int) -> Verdict:
    s, k = w.signals, one.signal
    strategy = w.book.subscriptions.strategy[one.subscription]
    outcome = Outcome(outcome_of(R(reason)))
    return Verdict(
        signal_id=s.signal_id[k],
        account_id=w.book.accounts.account_id[one.account],
        strategy_id=w.book.strategies.strategy_id[strategy],
        outcome=outcome,
        reason=reason,
        legs=legs,
        action=s.action[k],
        symbol=s.symbol[k].encode()[:32],
    )
