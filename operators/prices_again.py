"""Prices of orders that are sent once more: as they are now, and no worse than may be slipped."""

import logging
from collections.abc import Sequence

import numpy as np

from operators.execution import Executor
from operators.order_memory import has_ticket
from operators.waiting import Waiting
from rules.errors import Ambiguous, Transient
from rules.signals import Flags
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome, Side
from schema.wire import UNITS, Records

log = logging.getLogger(__name__)


def renew_prices(
    executor: Executor, items: Sequence[Waiting], requests: Records, now: int
) -> Flags:
    """Give market orders that were tried before the price of now; return which are to be sent.

    A broker that does not execute at market refuses a price that has moved, again and again. One
    that has moved against the order by more than it may slip ends it: that is what the first
    attempt was bounded by.

    Raises:
        Transient: The terminal did not answer.
    """
    goes = np.ones(len(items), np.bool_)
    again = [
        row
        for row, (item, request) in enumerate(zip(items, requests, strict=True))
        if item.attempts and _is_at_market(request)
    ]
    if not again:
        return goes
    try:
        quotes = {quote["symbol"]: quote for quote in executor.terminal.quotes()}
        points = {each["symbol"]: each["point"] for each in executor.terminal.symbols()}
    except (Transient, Ambiguous) as error:
        log.warning("the terminal names no prices, so orders tried before wait: %s", error)
        goes[again] = False
        executor.put_back((items[row] for row in again), now)
        return goes
    for row in again:
        request = requests[row]
        quote, point = quotes.get(request["symbol"]), points.get(request["symbol"].decode())
        if quote is None or not isinstance(point, int | float):
            continue
        buys = request["side"] == Side.BUY
        price = round(float(quote["ask" if buys else "bid"]) * UNITS)
        slipped = (price - int(request["price"])) * (1 if buys else -1)
        points_slipped = round(slipped / (point * UNITS))
        goes[row] = points_slipped <= executor.deviation
        if goes[row]:
            requests["price"][row] = price
            # What it has slipped by already it may not slip by again.
            requests["deviation"][row] = executor.deviation - max(points_slipped, 0)
        else:
            _end(executor, items[row], now)
    return goes


def _is_at_market(request: np.void) -> bool:
    at_market = request["order_type"] == OrderType.MARKET and request["price"] > 0
    return bool(at_market and request["kind"] == LegKind.OPEN)


def _end(executor: Executor, item: Waiting, now: int) -> None:
    """Report that an order was refused, and that nothing more is tried."""
    key = item.order["order_id"].tobytes()
    report = executor.report(item.order, now)
    known = executor.journal.known.get(key)
    if known is not None and known.attempt is not None:
        for name in ("term", "claimed_at", "sent_at"):
            report[name] = known.attempt[name]
    if known is not None and known.answer is not None:
        report["retcode"] = known.answer["retcode"]
    report["state"], report["sent"] = OrderState.FINAL, 1
    report["outcome"], report["reason"] = Outcome.REFUSED, ReasonCode.PRICE_CHANGED
    del executor.waiting[key]
    executor.memory.learn(key, report, owns=has_ticket(item.order))
    executor.journalled([(item.partition, False, report)])
