"""What a terminal tells by itself: deals, ended orders, money; and lost orders found again."""

from typing import Any

import numpy as np

from operators.execution import Executor
from rules.journal import DEAL_MARK
from rules.tokens import token, token_in
from schema.codes import ReasonCode
from schema.enums import OrderState, Outcome
from schema.wire import DEAL, MARK, REPORT, Records

# MT5's ORDER_STATE_* of a pending order that left the book.
_FILLED, _PARTIAL, _CANCELED, _EXPIRED = 4, 3, 2, 6
_LOOKS_EVERY = 300_000_000
_WATCHED_FOR = 7 * 86_400_000_000


def poll(executor: Executor, now: int) -> None:
    """Publish what happened at the terminal since the last poll."""
    happened = executor.terminal.poll()
    deals = happened.deals.copy()
    for deal in deals:
        deal["order_id"] = np.void(_order_of(executor, int(deal["order_ticket"]), deal["comment"]))
    reports = [r for row in happened.orders if (r := _ended(executor, row, now)) is not None]
    if reports:
        executor.publish_results(executor.journal.report(reports), now)
    _publish_deals(executor, deals)


def _order_of(executor: Executor, ticket: int, comment: bytes) -> bytes:
    found = executor.by_ticket.get(ticket)
    if found is None:
        found = executor.tokens.get(token_in(comment))
    return found or bytes(16)


def _publish_deals(executor: Executor, deals: Records) -> None:
    none, no_marks = np.zeros(0, REPORT), np.zeros(0, MARK)
    known = [deal["account_id"].tobytes() in executor.partitions for deal in deals]
    deals = deals[np.array(known, dtype=bool)] if len(deals) else deals
    parts = np.array(
        [executor.partitions[d["account_id"].tobytes()] for d in deals], dtype=np.int64
    )
    entries = [(p, none, deals[parts == p], no_marks) for p in np.unique(parts).tolist()]
    if entries:
        executor.publisher.publish(entries)
    if len(deals):
        highest: dict[bytes, int] = {}
        for deal in deals:
            key = deal["account_id"].tobytes()
            highest[key] = max(highest.get(key, 0), int(deal["deal_ticket"]))
        executor.journal.deals(np.array(list(highest.items()), dtype=DEAL_MARK))


def _ended(executor: Executor, row: Any, now: int) -> tuple[int, bool, Any] | None:
    """Return the result of a pending order that was filled, cancelled or expired."""
    key = executor.by_ticket.get(int(row["order_ticket"]))
    known = executor.journal.known.get(key) if key is not None else None
    if key is None or known is None or not known.results:
        return None
    report = known.results[-1].report.copy()
    state = int(row["state"])
    outcome, reason = {
        _FILLED: (Outcome.FILLED, ReasonCode.NONE),
        _PARTIAL: (Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
        _EXPIRED: (Outcome.EXPIRED, ReasonCode.PENDING_EXPIRED),
    }.get(state, (Outcome.CANCELLED, ReasonCode.PENDING_CANCELLED))
    report["state"], report["outcome"], report["reason"] = OrderState.FINAL, outcome, reason
    report["filled"], report["reported_at"] = row["filled"], now
    report["done_at"], report["position_ticket"] = row["done_at"], row["position_ticket"]
    report["price"] = row["price"] if row["filled"] else 0
    executor.learn(key, report)
    return known.results[-1].partition, False, report


def look_for(executor: Executor, now: int) -> None:
    """Look for orders whose fate is unknown, by token and ticket, over and over."""
    due = [key for key, (at, _) in executor.watched.items() if at <= now]
    if not due:
        return
    history = executor.terminal.history(now - _WATCHED_FOR)
    orders = np.concatenate([history.orders, executor.terminal.open_orders()])
    for key in due:
        _, pause = executor.watched[key]
        executor.watched[key] = (now + pause, min(pause * 2, _LOOKS_EVERY))
        known = executor.journal.known.get(key)
        if known is None:
            del executor.watched[key]
            continue
        _adopt(executor, key, known, orders, history.deals, now)


def _adopt(
    executor: Executor, key: bytes, known: Any, orders: Records, deals: Records, now: int
) -> None:
    wanted = token(key)
    for row in orders:
        ticket = int(row["order_ticket"])
        owner = executor.by_ticket.get(ticket)
        if token_in(row["comment"]) != wanted or owner not in (None, key):
            continue
        report = _found(executor, key, known, row, deals, now)
        executor.learn(key, report)
        partition = executor.partitions[report["account_id"].tobytes()]
        executor.publish_results(executor.journal.report([(partition, False, report)]), now)
        if report["outcome"] != Outcome.UNRESOLVED:
            del executor.watched[key]
        return
    if not known.results:
        # Sent, and nobody knows: say so once, and go on looking.
        executor.say_unresolved(key, known, now)


def _found(executor: Executor, key: bytes, known: Any, row: Any, deals: Records, now: int) -> Any:
    report = executor.blank_report(known, now)
    mine = deals[deals["order_ticket"] == row["order_ticket"]]
    state = int(row["state"])
    report["order_ticket"], report["position_ticket"] = row["order_ticket"], row["position_ticket"]
    report["done_at"], report["filled"] = row["done_at"], row["filled"]
    report["sent"] = 1
    if len(mine):
        weight = mine["volume"].sum()
        report["price"] = round(float((mine["price"] / weight * mine["volume"]).sum()))
        report["position_ticket"] = mine["position_ticket"][0]
    if state == 1:
        report["state"] = OrderState.WORKING
    elif len(mine) or row["filled"] > 0:
        whole = row["filled"] >= row["volume"]
        report["state"] = OrderState.FINAL
        report["outcome"] = Outcome.FILLED if whole else Outcome.PARTIALLY_FILLED
        report["reason"] = ReasonCode.NONE if whole else ReasonCode.FILLED_IN_PART
    else:
        report["state"], report["outcome"] = OrderState.FINAL, Outcome.REFUSED
        report["reason"] = ReasonCode.BROKER_REJECT
    return report


def publish_marks(executor: Executor, last: dict[bytes, bytes]) -> None:
    """Publish the money of accounts that changed since the last call."""
    marks = executor.terminal.account()
    none, no_deals = np.zeros(0, REPORT), np.zeros(0, DEAL)
    parts: dict[int, list[Any]] = {}
    for mark in marks:
        key = mark["account_id"].tobytes()
        # What counts as a change is the money, not the time of the mark.
        value = mark.tobytes()[16:-8]
        if key in executor.partitions and last.get(key) != value:
            last[key] = value
            parts.setdefault(executor.partitions[key], []).append(mark)
    if parts:
        entries = [(p, none, no_deals, np.array(r, dtype=MARK)) for p, r in parts.items()]
        executor.publisher.publish(entries)
