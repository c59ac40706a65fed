"""Requests that the broker is sent, and the answers that it gives."""

from typing import NamedTuple

from brokers.retcodes import Retcode, verdict
from schema.enums import LegKind, OrderType, Side


class Request(NamedTuple):
    """The fields of REQUEST."""

    order_id: bytes
    account_id: bytes
    kind: int
    side: int
    order_type: int
    symbol: bytes
    volume: int
    price: int
    stop_price: int
    stop_loss: int
    take_profit: int
    position_ticket: int
    order_ticket: int
    expires_at: int
    deviation: int
    magic: int
    comment: bytes


def malformed(request: Request) -> bool:
    """Whether a request has a number that no kind, side or order type has."""
    return (
        request.kind >= len(LegKind)
        or request.side >= len(Side)
        or request.order_type >= len(OrderType)
    )


class Answer(NamedTuple):
    """The fields of ANSWER."""

    order_id: bytes
    answer: int
    retcode: int
    order_ticket: int = 0
    deal_ticket: int = 0
    position_ticket: int = 0
    volume: int = 0
    price: int = 0
    done_at: int = 0
    message: bytes = b""


def answer(request: Request, retcode: int, now: int, message: str = "") -> Answer:
    """Return an answer without tickets."""
    meaning = verdict(retcode, LegKind(request.kind))
    text = (message or _NAMES.get(retcode, "")).encode()[:64]
    return Answer(request.order_id, meaning.answer, retcode, done_at=now, message=text)


_NAMES = {int(code): code.name.lower().replace("_", " ") for code in Retcode}
