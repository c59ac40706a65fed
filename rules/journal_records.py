"""Records of an executor's journal: each has a kind, and blocks of fixed-size rows."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import numpy as np

from schema.broker import ANSWER, REQUEST
from schema.wire import ORDER, REPORT, Records


class Kind(IntEnum):
    """The kind of a journal record; numbers never change."""

    SENDING = 1  # ATTEMPT, ORDER, REQUEST: about to be sent
    ANSWERED = 2  # ANSWER; PLACE, REPORT: answers, and the results that are to be published
    PUBLISHED = 3  # PUBLISHED: results that are in the events
    DEALS = 4  # DEAL_MARK: deals that are in the events
    FINISHED = 6  # FINISHED: what compaction leaves of an order
    COUNT = 7  # COUNT: sendings before this record, for compaction drops them
    DOUBTED = 8  # ORDER: another journal's, to be looked for


ATTEMPT = np.dtype(
    [
        ("order_id", "V16"),
        ("partition", "<u1"),
        ("term", "<i8"),
        ("attempt", "<i4"),  # from 1
        ("entry_ms", "<i8"),  # of the decision
        ("entry_seq", "<i8"),
        ("claimed_at", "<i8"),
        ("sent_at", "<i8"),
    ]
)
PLACE = np.dtype(
    [
        ("ordinal", "<i8"),  # of the result, ascending in one journal
        ("partition", "<u1"),
        ("closing", "<u1"),  # 1: "not sent", to be published by the closing script
    ]
)
PUBLISHED = np.dtype(
    [
        ("ordinal", "<i8"),
        ("entry_ms", "<i8"),  # of the events; 0: others had published an outcome
        ("entry_seq", "<i8"),
        ("void", "<u1"),  # 1: the closing was refused, the result never was
        ("published_at", "<i8"),
    ]
)
DEAL_MARK = np.dtype([("account_id", "V16"), ("deal_ticket", "<i8")])
COUNT = np.dtype([("sendings", "<i8")])
FINISHED = np.dtype(
    [
        ("order_id", "V16"),
        ("account_id", "V16"),
        ("order_ticket", "<i8"),
        ("position_ticket", "<i8"),
        ("outcome", "<u1"),
        ("finished_at", "<i8"),
    ]
)
BLOCKS: dict[Kind, tuple[np.dtype[Any], ...]] = {
    Kind.SENDING: (ATTEMPT, ORDER, REQUEST),
    Kind.ANSWERED: (ANSWER, PLACE, REPORT),
    Kind.PUBLISHED: (PUBLISHED,),
    Kind.DEALS: (DEAL_MARK,),
    Kind.FINISHED: (FINISHED,),
    Kind.COUNT: (COUNT,),
    Kind.DOUBTED: (ORDER,),
}


def finish(report: Any) -> Any:
    """Return the FINISHED row of a final report."""
    row = np.zeros(1, FINISHED)
    for name in ("order_id", "account_id", "order_ticket", "position_ticket", "outcome"):
        row[name] = report[name]
    row["finished_at"] = report["reported_at"]
    return row[0]


def rows_of(rows: Iterable[Any], dtype: np.dtype[Any]) -> Records:
    """Return single rows, or tuples, as one array."""
    return np.array(list(rows), dtype=dtype)
