"""The end of an executor's turn: what was journalled, and what the terminal told, goes out.

Everything of a turn is one entry per partition, in one round trip: a write is an fsync of Redis,
and those of all executors stand in one queue.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import redis

from config import faults
from operators.execution import Executor
from rules.journal import Result
from rules.journal_records import DEAL_MARK
from schema.wire import DEAL, MARK, REPORT, Records

_NO_REPORTS, _NO_DEALS, _NO_MARKS = np.zeros(0, REPORT), np.zeros(0, DEAL), np.zeros(0, MARK)


def publish(
    executor: Executor, deals: Records = _NO_DEALS, marks: Records = _NO_MARKS
) -> list[Result]:
    """Publish the results of the turn, with deals and marks of accounts.

    Args:
        executor: its `unpublished` results are published; "not sent" ones by the closing script.
        deals: DEAL rows; those of strangers' accounts are left out.
        marks: MARK rows.

    Returns:
        The results that were to be published.

    Raises:
        redis.RedisError: what is missing is published after the reconnect.
    """
    executor.write_results()
    results, executor.unpublished = executor.unpublished, []
    plain: dict[int, list[Result]] = {}
    closing: dict[int, list[Result]] = {}
    for result in results:
        (closing if result.closing else plain).setdefault(result.partition, []).append(result)
    deals_of, marks_of = _split(executor, deals), _split(executor, marks)
    partitions = sorted(plain.keys() | deals_of.keys() | marks_of.keys())
    entries = [
        (
            p,
            np.array([r.report for r in plain[p]], dtype=REPORT) if p in plain else _NO_REPORTS,
            deals_of.get(p, _NO_DEALS),
            marks_of.get(p, _NO_MARKS),
        )
        for p in partitions
    ]
    now = executor.clock()
    ids = executor.publisher.publish(entries) if entries else []
    faults.point("execute.published", redis.ConnectionError)
    for partition, position in zip(partitions, ids, strict=True):
        if partition in plain:
            executor.journal.published([r.ordinal for r in plain[partition]], position, now)
    if deals_of:
        executor.journal.deals(_highest(deals_of.values()))
    for partition, part in closing.items():
        _close(executor, partition, part, now)
    return results


def _split(executor: Executor, rows: Records) -> dict[int, Records]:
    """Return rows by partition of their account."""
    if not len(rows):
        return {}
    found = [executor.partitions.get(key, -1) for key in rows["account_id"].tolist()]
    parts = np.array(found, dtype=np.int64)
    return {p: rows[parts == p] for p in np.unique(parts).tolist() if p >= 0}


def _highest(parts: Any) -> Records:
    """Return the highest deal of each account."""
    highest: dict[bytes, int] = {}
    for deals in parts:
        pairs = zip(deals["account_id"].tolist(), deals["deal_ticket"].tolist(), strict=True)
        for account, ticket in pairs:
            highest[account] = max(highest.get(account, 0), ticket)
    return np.array(list(highest.items()), dtype=DEAL_MARK)


def _close(executor: Executor, partition: int, part: Sequence[Result], now: int) -> None:
    reports = np.array([r.report for r in part], dtype=REPORT)
    faults.point("execute.closing", redis.ConnectionError)
    done = executor.claims.close(
        partition, reports, owner=executor.journal.id, by=executor.instance
    )
    faults.point("execute.closed", redis.ConnectionError)
    closed = [result for row, result in enumerate(part) if done.closed[row]]
    executor.journal.published([r.ordinal for r in closed], done.position, now)
    lost = [result for row, result in enumerate(part) if not done.closed[row]]
    if lost:
        # Not ours to say: the order has an outcome, or an owner.
        executor.journal.void([r.ordinal for r in lost])
    for row, result in enumerate(part):
        executor.closed(result, None if done.closed[row] else int(done.before[row]))
