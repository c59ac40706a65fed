"""What a terminal tells by itself: deals, ended orders, money; and lost orders found again."""

from typing import Any

import numpy as np

from operators.execution import Executor
from rules.journal import Known
from rules.tokens import token, token_in
from schema.codes import ReasonCode
from schema.enums import OrderState, Outcome
from schema.wire import DEAL, MARK, Records

# MT5's ORDER_STATE_* of a pending order that left the book.
_FILLED, _PARTIAL, _CANCELED, _EXPIRED = 4, 3, 2, 6
_LOOKS_EVERY = 300_000_000
NO_DEALS, NO_MARKS = np.zeros(0, DEAL), np.zeros(0, MARK)


def poll(executor: Executor, now: int) -> Records:
    """Journal which pending orders ended since the last poll; return the deals, to be published."""
    happened = executor.terminal.poll()
    deals: Records = happened.deals.copy()
    for deal in deals:
        deal["order_id"] = np.void(_order_of(executor, int(deal["order_ticket"]), deal["comment"]))
    executor.journalled([r for row in happened.orders if (r := _ended(executor, row, now))])
    return deals


def _order_of(executor: Executor, ticket: int, comment: bytes) -> bytes:
    found = executor.by_ticket.get(ticket)
    if found is None:
        found = executor.tokens.get(token_in(comment))
    return found or bytes(16)


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
    """Look for orders whose fate is unknown, by token, magic and ticket, over and over."""
    due = [key for key, (at, _) in executor.watched.items() if at <= now]
    if not due:
        return
    history = executor.terminal.history(now - executor.watch_us)
    orders = np.concatenate([history.orders, executor.terminal.open_orders()])
    for key in due:
        _, pause = executor.watched[key]
        executor.watched[key] = (now + pause, min(pause * 2, _LOOKS_EVERY))
        known = executor.journal.known.get(key)
        if known is None or _given_up(known, now - executor.watch_us):
            del executor.watched[key]
            continue
        _adopt(executor, key, known, orders, history.deals, now)


def _given_up(known: Known, since: int) -> bool:
    """Return whether an order has been looked for so long that nothing will be found."""
    return bool(known.results) and int(known.results[0].report["reported_at"]) < since


def _adopt(
    executor: Executor, key: bytes, known: Known, orders: Records, deals: Records, now: int
) -> None:
    for row in orders:
        owner = executor.by_ticket.get(int(row["order_ticket"]))
        if owner not in (None, key) or not _is_ours(key, known, row):
            continue
        report = _found(executor, key, known, row, deals, now)
        executor.learn(key, report)
        executor.journalled([(_partition(known), False, report)])
        if report["outcome"] != Outcome.UNRESOLVED:
            del executor.watched[key]
        return
    if not known.results:
        # Sent, and nobody knows: say so once, and go on looking.
        _say_unresolved(executor, key, known, now)


def _is_ours(key: bytes, known: Known, row: Any) -> bool:
    """Return whether a broker's order carries the token, or where that was lost the magic."""
    if token_in(row["comment"]) == token(key):
        return True
    if known.request is None or row["account_id"] != known.request["account_id"]:
        return False
    return bool(row["magic"] == known.request["magic"] and row["symbol"] == known.request["symbol"])


def _blank(executor: Executor, known: Known, now: int) -> Any:
    """Return a report about an order of the journal that says nothing yet."""
    if known.order is not None:
        return executor.report(known.order, now)
    report = known.results[-1].report.copy()
    report["reported_at"] = now
    return report


def _say_unresolved(executor: Executor, key: bytes, known: Known, now: int) -> None:
    """Report that an order was sent and nobody knows what became of it."""
    report = _blank(executor, known, now)
    report["state"], report["outcome"] = OrderState.FINAL, Outcome.UNRESOLVED
    report["reason"], report["sent"] = ReasonCode.AMBIGUOUS, 1
    executor.learn(key, report)
    executor.journalled([(_partition(known), False, report)])


def _partition(known: Known) -> int:
    """The order's; its account may have moved to another instance, but never leaves it."""
    return known.results[0].partition if known.results else int(known.attempt["partition"])


def _found(executor: Executor, key: bytes, known: Known, row: Any, deals: Records, now: int) -> Any:
    report = _blank(executor, known, now)
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


def changed_marks(executor: Executor, last: dict[bytes, bytes]) -> Records:
    """Return the money of accounts that changed since the last call.

    Args:
        executor: whose accounts.
        last: what was returned of each account; updated.
    """
    marks: Records = executor.terminal.account()
    changed = []
    for row, mark in enumerate(marks):
        key = mark["account_id"].tobytes()
        # What counts as a change is the money, not the time of the mark.
        value = mark.tobytes()[16:-8]
        if key in executor.partitions and last.get(key) != value:
            last[key] = value
            changed.append(row)
    return marks[np.array(changed, dtype=np.int64)]
