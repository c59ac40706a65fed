"""What the market does to the book: stops, pending orders and expiries, tick by tick.

Every tick since the clock is looked at, however long ago that was: what comes due is done at
the time and price of its own tick, in the order of time, and then of tickets.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from brokers.simulated.book import Book, Order, Position
from brokers.simulated.fills import Fills
from brokers.simulated.market import Int64, Market, Moment
from schema.enums import DealReason, Side
from schema.mt5 import BrokerOrderState, BrokerOrderType

_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class _Ticks:
    """The ticks of one symbol since the clock, with their extremes."""

    times: Int64
    bid: Int64
    ask: Int64
    low: dict[bool, int]  # by "is it the ask"
    high: dict[bool, int]

    def first(self, level: int, *, ask: bool, falling: bool, after: int) -> int:
        """Return when the price first was at or past a level; never is a time far ahead."""
        if (self.low[ask] > level) if falling else (self.high[ask] < level):
            return _NEVER
        start = int(np.searchsorted(self.times, after, side="right"))
        prices = (self.ask if ask else self.bid)[start:]
        hits = prices <= level if falling else prices >= level
        first = int(hits.argmax()) if len(hits) else 0
        return int(self.times[start + first]) if len(hits) and hits[first] else _NEVER


def advance(market: Market, fills: Fills, now: int, observe: Callable[[int, int], None]) -> None:
    """Let the market move from the book's clock to now, and do what comes due.

    `observe` is told each stretch of time over which the book did not change.
    """
    book = fills.book
    if now <= book.clock:
        return
    ticks = _ticks(book, market, now)
    due = [(_due(p, ticks, book.clock), ticket) for ticket, p in book.positions.items()]
    due += [(_due(o, ticks, book.clock), ticket) for ticket, o in book.pending.items()]
    queue = [item for item in due if item[0] <= now]
    heapq.heapify(queue)
    seen = book.clock
    while queue:
        at, ticket = heapq.heappop(queue)
        if at > seen:
            observe(seen, at)
            seen = at
        opened = _act(market, fills, ticket, at)
        if opened and (again := _due(opened, ticks, at)) <= now:
            heapq.heappush(queue, (again, ticket))
    observe(seen, now)
    book.clock = now


def _ticks(book: Book, market: Market, now: int) -> dict[str, _Ticks]:
    watched = [p.instrument for p in book.positions.values() if p.stop_loss or p.take_profit]
    watched += [o.instrument for o in book.pending.values()]
    out = {}
    for instrument in {i.symbol: i for i in watched}.values():
        times, bid, ask = market.ticks(instrument, book.clock, now)
        if len(times):
            low = {False: int(bid.min()), True: int(ask.min())}
            high = {False: int(bid.max()), True: int(ask.max())}
            out[instrument.symbol] = _Ticks(times, bid, ask, low, high)
    return out


def _due(thing: Position | Order, ticks: dict[str, _Ticks], after: int) -> int:
    """Return when something comes due, by price or by expiry."""
    found = ticks.get(thing.instrument.symbol)
    if isinstance(thing, Order):
        expiry = thing.expires_at or _NEVER
        if not found:
            return expiry
        long = thing.type.side is Side.BUY
        falling = thing.type in {BrokerOrderType.BUY_LIMIT, BrokerOrderType.SELL_STOP}
        return min(expiry, found.first(thing.price, ask=long, falling=falling, after=after))
    due = _NEVER
    if found and (thing.stop_loss or thing.take_profit):
        long = thing.side is Side.BUY
        if thing.stop_loss:
            due = found.first(thing.stop_loss, ask=not long, falling=long, after=after)
        if thing.take_profit:
            profit = found.first(thing.take_profit, ask=not long, falling=not long, after=after)
            due = min(due, profit)
    return due


def _act(market: Market, fills: Fills, ticket: int, at: int) -> Position | None:
    """Do what is due with a ticket; return the position if one was opened."""
    moment, book = market.moment(at), fills.book
    order = book.pending.get(ticket)
    if order is None:
        _stop(book.positions[ticket], fills, moment)
        return None
    if order.expires_at and at >= order.expires_at:
        fills.end_pending(order, BrokerOrderState.EXPIRED, at)
        return None
    fills.activate(order, moment)
    return book.positions.get(ticket)


def _stop(position: Position, fills: Fills, moment: Moment) -> None:
    bid, ask = moment.price(position.instrument)
    long = position.side is Side.BUY
    price, sign = (bid, 1) if long else (ask, -1)
    stopped = position.stop_loss and sign * (price - position.stop_loss) <= 0
    level = position.stop_loss if stopped else position.take_profit
    text = f"[{'sl' if stopped else 'tp'} {level / 1e8:.{position.instrument.digits}f}]"
    fills.close_position(
        position,
        moment,
        volume=position.volume,
        filled=position.volume,
        reason=DealReason.SL if stopped else DealReason.TP,
        comment=text.encode(),
        magic=position.magic,
    )
