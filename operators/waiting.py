"""Orders that were read, and that the broker surely does not have."""

from dataclasses import dataclass
from typing import Any

from rules.journal import Known
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind

_NOT_EXECUTED = (AnswerClass.TRANSIENT, AnswerClass.THROTTLED)


@dataclass
class Waiting:
    """An order that was read and has neither been sent nor closed."""

    partition: int
    decision: str
    order: Any  # one ORDER row
    kind: LegKind
    valid_until: int  # microseconds; 0: it does not grow too old
    attempts: int = 0  # how often the terminal was asked for it
    refusals: int = 0  # how often the broker did not take it
    not_before: int = 0
    claimed_at: int = 0
    read_at: int = 0
    held: ReasonCode = ReasonCode.NONE  # why it waits, as was said

    @classmethod
    def of(
        cls, partition: int, decision: str, order: Any, known: Known | None, now: int
    ) -> "Waiting":
        """Return an order as it was read, with what the journal knows of it."""
        kind, valid_until = LegKind(int(order["kind"])), int(order["valid_until"])
        item = cls(partition, decision, order.copy(), kind, valid_until, read_at=now)
        if known is not None:
            item.attempts = known.attempts
            if known.results:
                item.held = ReasonCode(int(known.results[-1].report["reason"]))
            if known.answer is not None and not is_unreached(known.answer):
                item.refusals = known.attempts
        return item


def is_unsent(known: Known | None) -> bool:
    """Return whether the broker surely has nothing of an order, and nothing was said of it.

    An attempt that the broker did not take is no sending: a process that died before the next
    attempt left the order to its successor.
    """
    if known is None:
        return True
    answer = known.answer
    refused = answer is not None and AnswerClass(int(answer["answer"])) in _NOT_EXECUTED
    return not known.said and (known.attempt is None or refused)


def is_unreached(answer: Any) -> bool:
    """Return whether an order surely did not reach the broker, which has thus refused nothing.

    Return codes below 0 are those of MetaTrader's binding, not of a server.
    """
    return int(answer["answer"]) == AnswerClass.TRANSIENT and int(answer["retcode"]) <= 0
