"""What a terminal tells by itself: deals, ended pending orders, money."""

from typing import Any

import numpy as np

from operators.execution import SECOND, Executor
from rules.broker_orders import asked_volume, filled_volume, life_of
from rules.journal import is_over
from rules.tokens import token_in
from schema.enums import Outcome
from schema.wire import DEAL, MARK, Records

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
    # What has no order, as a deposit, has ticket 0.
    found = executor.memory.by_ticket.get(ticket) if ticket else None
    if found is None:
        found = executor.memory.tokens.get(token_in(comment))
    return found or bytes(16)


def _ended(executor: Executor, row: Any, now: int) -> tuple[int, bool, Any] | None:
    """Return the result of a pending order that was filled, cancelled or expired."""
    key = executor.memory.by_ticket.get(int(row["order_ticket"]))
    known = executor.journal.known.get(key) if key is not None else None
    if key is None or known is None or not known.results:
        return None
    report = known.results[-1].report.copy()
    life = life_of(row, int(row["filled"]), stands=False)
    report["state"], report["outcome"], report["reason"] = life
    report["filled"] = filled_volume(life.outcome, int(row["filled"]), asked_volume(known))
    if life.outcome == Outcome.PARTIALLY_FILLED and not report["filled"]:
        # Nobody says how far: its deals will.
        executor.watched[key] = (now, SECOND)
        return None
    report["reported_at"] = now
    report["done_at"], report["position_ticket"] = row["done_at"], row["position_ticket"]
    report["price"] = row["price"] if report["filled"] else 0
    executor.memory.learn(key, report, owns=True)
    if is_over(report):
        executor.watched.pop(key, None)
        executor.adopted.pop(key, None)
    return known.results[-1].partition, False, report


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
