"""The search for orders whose fate is unknown: at the broker, over and over, never sent again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from operators.execution import SECOND, Executor
from operators.order_memory import has_ticket
from rules.broker_orders import (
    asked_volume,
    filled_volume,
    is_on_its_way,
    is_pending,
    life_of,
)
from rules.journal import DAY, Known, is_over
from rules.order_life import EXECUTED, RANK
from rules.traces import Trace, Traces
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, Outcome
from schema.mt5 import BrokerOrderState
from schema.wire import Records

_LOOKS_EVERY = 300 * SECOND
# How far pauses grow before what deals or a position tell of an order counts without its history.
_HISTORY_LAGS = 64 * SECOND


def look_for(executor: Executor, now: int) -> None:
    """Look for the orders that are due; journal what is found.

    Raises:
        Transient, Ambiguous: The terminal did not answer; they are due again a second later.
    """
    due = [key for key, (at, _) in executor.watched.items() if is_due(at, now)]
    if not due:
        return
    terminal = executor.terminal
    for key in due:
        executor.watched[key] = (now + SECOND, executor.watched[key][1])
    history = terminal.history(_since(executor, due, now) - DAY)
    traces = Traces(terminal.open_orders(), history.orders, history.deals, terminal.positions())
    for key in due:
        _, pause = executor.watched[key]
        executor.watched[key] = (now + pause, min(pause * 2, _LOOKS_EVERY))
        known = executor.adopted.get(key) or executor.journal.known.get(key)
        if known is None:
            _drop(executor, key)
        elif _is_given_up(known, now - executor.watch_us):
            _drop(executor, key)
            if is_on_its_way(known):
                _say_unresolved(executor, key, known, now)
        else:
            _look(executor, key, known, traces, now, patient=pause < _HISTORY_LAGS)


def is_due(at: int, now: int) -> bool:
    """Return whether it is time for a look; one of a time far ahead: the clock was set back."""
    return not now < at <= now + _LOOKS_EVERY


def _since(executor: Executor, due: Sequence[bytes], now: int) -> int:
    """Return the time from which the history has to be known: days of it are much to read."""
    all_of_it = now - executor.watch_us
    times = []
    for key in due:
        known = executor.adopted.get(key) or executor.journal.known.get(key)
        if known is None or known.order is None:
            return all_of_it
        if known.order["kind"] in (LegKind.MODIFY, LegKind.CANCEL):
            return all_of_it  # what they are about may be of any age
        sent = 0 if known.attempt is None else int(known.attempt["sent_at"])
        times.append(sent or int(known.order["decided_at"]))
    return max(all_of_it, min(times))


def _is_given_up(known: Known, since: int) -> bool:
    """Return whether an order has been looked for so long that nothing will be found."""
    return bool(known.results) and int(known.results[0].report["reported_at"]) < since


def _look(
    executor: Executor, key: bytes, known: Known, traces: Traces, now: int, *, patient: bool
) -> None:
    kind = LegKind.OPEN if known.order is None else LegKind(int(known.order["kind"]))
    trace = None
    if kind in (LegKind.MODIFY, LegKind.CANCEL):
        report = _of_change(executor, known, traces, now)
    else:
        trace = _trace_of(executor, key, known, traces)
        report = None if trace is None else _found(executor, known, trace, traces, now)
    if report is None:
        if not known.said:
            # Sent, and nobody knows: say so once, and go on looking.
            _say_unresolved(executor, key, known, now)
        elif key in executor.adopted and not patient:
            _drop(executor, key)
        return
    if not _is_said(known, report):
        executor.memory.learn(key, report, owns=has_ticket(known.order))
        executor.journalled([(_partition(known), False, report)])
        known = replace(known, results=[*known.results, executor.unpublished[-1]])
    # Deals come one by one, and of a position a part may be closed: the history tells all.
    short = trace is not None and not trace.booked and report["filled"] < asked_volume(known)
    if is_over(report) and short and patient:
        executor.adopted[key] = known
    # A pending order's end is polled; any other that works is looked for until it has ended.
    elif is_over(report) or is_pending(known.order):
        _drop(executor, key)


def _drop(executor: Executor, key: bytes) -> None:
    del executor.watched[key]
    executor.adopted.pop(key, None)


def _is_said(known: Known, report: Any) -> bool:
    """Return whether the last word of an order was the same, or that more of it was filled."""
    if not known.results:
        return False
    last = known.results[-1].report
    if RANK[last["outcome"]] == EXECUTED:
        return bool(last["filled"] >= report["filled"])
    names = ("state", "outcome", "filled", "order_ticket", "position_ticket")
    return all(last[name] == report[name] for name in names)


def _trace_of(executor: Executor, key: bytes, known: Known, traces: Traces) -> Trace | None:
    """Return what the books show of an opening or close, unless it is another's."""
    if known.order is None:
        return None
    _, ticket = executor.memory.tickets.get(key, (0, 0))
    for trace in traces.of(known.order, ticket):
        owner = executor.memory.by_ticket.get(int(trace.row["order_ticket"]))
        if owner in (None, key):
            return trace
    return None


def _found(executor: Executor, known: Known, trace: Trace, traces: Traces, now: int) -> Any | None:
    """Return a report about an opening or a close that is found; None while it is not told."""
    row = trace.row
    deals = traces.deals_of(int(row["order_ticket"]))
    filled = int(max(deals["volume"].sum(), row["filled"]))
    report = _blank(executor, known, now)
    life = life_of(row, filled, stands=trace.stands)
    filled = filled_volume(life.outcome, filled, asked_volume(known))
    if life.outcome == Outcome.PARTIALLY_FILLED and not filled:
        return None
    report["state"], report["outcome"], report["reason"] = life
    report["order_ticket"], report["position_ticket"] = row["order_ticket"], row["position_ticket"]
    report["done_at"], report["filled"], report["sent"] = row["done_at"], filled, 1
    if len(deals):
        report["price"] = _mean_price(deals)
        report["position_ticket"] = deals["position_ticket"][0]
    elif filled:
        report["price"] = row["price"]
    return report


def _mean_price(deals: Records) -> int:
    """Return the volume-weighted price, 1e-8; whole numbers, for lots times price pass 2**63."""
    lots, prices = deals["volume"].tolist(), deals["price"].tolist()
    total = sum(lots)
    return round(sum(v * p for v, p in zip(lots, prices, strict=True)) / total) if total else 0


def _of_change(executor: Executor, known: Known, traces: Traces, now: int) -> Any | None:
    """Return a report about a change or cancel whose effect can be seen."""
    position, ticket = _target(executor, known)
    if not position and not ticket:
        return None
    cancels = known.order["kind"] == LegKind.CANCEL
    row = traces.holds(int(known.order["kind"]), position, ticket)
    seen = _cancelled(row, traces.ended(ticket)) if cancels else _changed(row, known.order)
    if seen is None:
        return None
    outcome, reason = seen
    report = _blank(executor, known, now)
    report["state"], report["outcome"], report["reason"] = OrderState.FINAL, outcome, reason
    report["order_ticket"], report["position_ticket"], report["sent"] = ticket, position, 1
    return report


def _cancelled(standing: Any | None, ended: Any | None) -> tuple[Outcome, ReasonCode] | None:
    """Return what came of a cancel; None while the order stands, or the history lags."""
    if standing is not None or ended is None:
        return None
    if ended["state"] == BrokerOrderState.CANCELED:
        return Outcome.DONE, ReasonCode.NONE
    return Outcome.REFUSED, ReasonCode.NO_PENDING_ORDER


def _changed(standing: Any | None, order: Any) -> tuple[Outcome, ReasonCode] | None:
    """Return what came of a change; None while the position or order stands as it was."""
    if standing is None:
        return Outcome.REFUSED, ReasonCode.POSITION_GONE
    return (Outcome.DONE, ReasonCode.NONE) if _has_stops(standing, order) else None


def _target(executor: Executor, known: Known) -> tuple[int, int]:
    """Return the position and order ticket that a change is about, 0 where there is none."""
    if known.request is not None:
        return int(known.request["position_ticket"]), int(known.request["order_ticket"])
    return executor.memory.tickets.get(known.order["position"].tobytes(), (0, 0))


def _has_stops(row: Any, order: Any) -> bool:
    """Return whether a position or pending order has the stops that a change asked for.

    The broker rounds to its digits; less than a hundred-thousandth of the price is rounding.
    """
    return all(
        abs(int(row[name]) - int(order[name])) <= max(int(order[name]) // 100_000, 1)
        for name in ("stop_loss", "take_profit")
        if order[name]
    )


def _blank(executor: Executor, known: Known, now: int) -> Any:
    """Return a report about an order of the journal that says nothing yet."""
    report = executor.report(known.order, now)
    if known.attempt is not None:
        report["term"], report["claimed_at"] = known.attempt["term"], known.attempt["claimed_at"]
        report["sent_at"] = known.attempt["sent_at"]
    return report


def _say_unresolved(executor: Executor, key: bytes, known: Known, now: int) -> None:
    """Report that an order was sent and nobody knows what became of it."""
    report = _blank(executor, known, now)
    if known.results:
        for name in ("order_ticket", "position_ticket"):
            report[name] = known.results[-1].report[name]
    report["state"], report["outcome"] = OrderState.FINAL, Outcome.UNRESOLVED
    report["reason"], report["sent"] = ReasonCode.AMBIGUOUS, 1
    executor.memory.learn(key, report, owns=has_ticket(known.order))
    executor.journalled([(_partition(known), False, report)])


def _partition(known: Known) -> int:
    """The order's; its account may have moved to another instance, but never leaves it."""
    return known.results[0].partition if known.results else int(known.attempt["partition"])
