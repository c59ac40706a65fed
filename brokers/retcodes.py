"""What each return code of MT5 means: whether to do it again, the reason, the outcome.

Codes from 10004 on are the server's (TRADE_RETCODE_*), negative ones the binding's (RES_*),
which `last_error()` tells when `order_send` returns nothing.
"""

from enum import IntEnum
from typing import NamedTuple

from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome


class Retcode(IntEnum):
    """MT5's TRADE_RETCODE_* and RES_E_*."""

    REQUOTE = 10004
    REJECT = 10006
    CANCEL = 10007
    PLACED = 10008
    DONE = 10009
    DONE_PARTIAL = 10010
    ERROR = 10011
    TIMEOUT = 10012
    INVALID = 10013
    INVALID_VOLUME = 10014
    INVALID_PRICE = 10015
    INVALID_STOPS = 10016
    TRADE_DISABLED = 10017
    MARKET_CLOSED = 10018
    NO_MONEY = 10019
    PRICE_CHANGED = 10020
    PRICE_OFF = 10021
    INVALID_EXPIRATION = 10022
    ORDER_CHANGED = 10023
    TOO_MANY_REQUESTS = 10024
    NO_CHANGES = 10025
    SERVER_DISABLES_AT = 10026
    CLIENT_DISABLES_AT = 10027
    LOCKED = 10028
    FROZEN = 10029
    INVALID_FILL = 10030
    CONNECTION = 10031
    ONLY_REAL = 10032
    LIMIT_ORDERS = 10033
    LIMIT_VOLUME = 10034
    INVALID_ORDER = 10035
    POSITION_CLOSED = 10036
    INVALID_CLOSE_VOLUME = 10038
    CLOSE_ORDER_EXIST = 10039
    LIMIT_POSITIONS = 10040
    REJECT_CANCEL = 10041
    LONG_ONLY = 10042
    SHORT_ONLY = 10043
    CLOSE_ONLY = 10044
    FIFO_CLOSE = 10045
    HEDGE_PROHIBITED = 10046  # known to the server; the binding has no constant for it
    E_FAIL = -1
    E_INVALID_PARAMS = -2
    E_NO_MEMORY = -3
    E_NOT_FOUND = -4
    E_INVALID_VERSION = -5
    E_AUTH_FAILED = -6
    E_UNSUPPORTED = -7
    E_AUTO_TRADING_DISABLED = -8
    E_INTERNAL_FAIL = -10000
    E_INTERNAL_FAIL_SEND = -10001
    E_INTERNAL_FAIL_RECEIVE = -10002
    E_INTERNAL_FAIL_INIT = -10003
    E_INTERNAL_FAIL_CONNECT = -10004
    E_INTERNAL_FAIL_TIMEOUT = -10005


class Verdict(NamedTuple):
    """What a return code says.

    `outcome` is the order leg's outcome if nothing more is done about it: NONE means that the
    order works on at the broker.
    """

    answer: AnswerClass
    reason: ReasonCode
    outcome: Outcome


def _done(outcome: Outcome, reason: ReasonCode = ReasonCode.NONE) -> Verdict:
    return Verdict(AnswerClass.DONE, reason, outcome)


def _transient(reason: ReasonCode) -> Verdict:
    return Verdict(AnswerClass.TRANSIENT, reason, Outcome.REFUSED)


def _throttled(reason: ReasonCode) -> Verdict:
    return Verdict(AnswerClass.THROTTLED, reason, Outcome.REFUSED)


def _ambiguous(reason: ReasonCode) -> Verdict:
    return Verdict(AnswerClass.AMBIGUOUS, reason, Outcome.UNRESOLVED)


def _rejected(reason: ReasonCode) -> Verdict:
    return Verdict(AnswerClass.REJECTED, reason, Outcome.REFUSED)


def _fatal(reason: ReasonCode) -> Verdict:
    return Verdict(AnswerClass.FATAL, reason, Outcome.REFUSED)


VERDICTS: dict[Retcode, Verdict] = {
    Retcode.REQUOTE: _transient(ReasonCode.REQUOTE),
    Retcode.REJECT: _rejected(ReasonCode.BROKER_REJECT),
    Retcode.CANCEL: _rejected(ReasonCode.BROKER_CANCEL),
    Retcode.PLACED: _done(Outcome.NONE),
    Retcode.DONE: _done(Outcome.FILLED),
    Retcode.DONE_PARTIAL: _done(Outcome.PARTIALLY_FILLED, ReasonCode.FILLED_IN_PART),
    Retcode.ERROR: _ambiguous(ReasonCode.BROKER_ERROR),
    Retcode.TIMEOUT: _ambiguous(ReasonCode.BROKER_TIMEOUT),
    Retcode.INVALID: _rejected(ReasonCode.INVALID_REQUEST),
    Retcode.INVALID_VOLUME: _rejected(ReasonCode.INVALID_VOLUME),
    Retcode.INVALID_PRICE: _rejected(ReasonCode.INVALID_PRICE),
    Retcode.INVALID_STOPS: _rejected(ReasonCode.INVALID_STOPS),
    Retcode.TRADE_DISABLED: _rejected(ReasonCode.TRADE_DISABLED),
    Retcode.MARKET_CLOSED: _rejected(ReasonCode.MARKET_CLOSED),
    Retcode.NO_MONEY: _rejected(ReasonCode.NO_MONEY),
    Retcode.PRICE_CHANGED: _transient(ReasonCode.PRICE_CHANGED),
    Retcode.PRICE_OFF: _transient(ReasonCode.PRICE_OFF),
    Retcode.INVALID_EXPIRATION: _rejected(ReasonCode.INVALID_EXPIRATION),
    # The order was filled or changed meanwhile: the same request will not fit it again.
    Retcode.ORDER_CHANGED: _rejected(ReasonCode.BROKER_OTHER),
    Retcode.TOO_MANY_REQUESTS: _throttled(ReasonCode.TOO_MANY_REQUESTS),
    Retcode.NO_CHANGES: _done(Outcome.DONE),
    Retcode.SERVER_DISABLES_AT: _fatal(ReasonCode.AUTOTRADING_OFF),
    Retcode.CLIENT_DISABLES_AT: _fatal(ReasonCode.AUTOTRADING_OFF),
    Retcode.LOCKED: _throttled(ReasonCode.LOCKED),
    Retcode.FROZEN: _throttled(ReasonCode.FROZEN),
    Retcode.INVALID_FILL: _rejected(ReasonCode.INVALID_FILL),
    Retcode.CONNECTION: _ambiguous(ReasonCode.NO_CONNECTION),
    Retcode.ONLY_REAL: _rejected(ReasonCode.TRADE_DISABLED),
    Retcode.LIMIT_ORDERS: _rejected(ReasonCode.LIMIT_ORDERS),
    Retcode.LIMIT_VOLUME: _rejected(ReasonCode.LIMIT_VOLUME),
    Retcode.INVALID_ORDER: _rejected(ReasonCode.INVALID_ORDER),
    Retcode.POSITION_CLOSED: _rejected(ReasonCode.POSITION_CLOSED),
    Retcode.INVALID_CLOSE_VOLUME: _rejected(ReasonCode.INVALID_VOLUME),
    Retcode.CLOSE_ORDER_EXIST: _rejected(ReasonCode.POSITION_CLOSING),
    Retcode.LIMIT_POSITIONS: _rejected(ReasonCode.LIMIT_POSITIONS),
    Retcode.REJECT_CANCEL: _rejected(ReasonCode.BROKER_CANCEL),
    Retcode.LONG_ONLY: _rejected(ReasonCode.SIDE_NOT_ALLOWED),
    Retcode.SHORT_ONLY: _rejected(ReasonCode.SIDE_NOT_ALLOWED),
    Retcode.CLOSE_ONLY: _rejected(ReasonCode.CLOSE_ONLY),
    Retcode.FIFO_CLOSE: _rejected(ReasonCode.FIFO_CLOSE),
    Retcode.HEDGE_PROHIBITED: _rejected(ReasonCode.SIDE_NOT_ALLOWED),
    # The binding's word without the server's: what did not surely fail before sending is unknown.
    Retcode.E_FAIL: _ambiguous(ReasonCode.BROKER_ERROR),
    Retcode.E_INVALID_PARAMS: _rejected(ReasonCode.INVALID_REQUEST),
    Retcode.E_NO_MEMORY: _ambiguous(ReasonCode.BROKER_ERROR),
    Retcode.E_NOT_FOUND: _rejected(ReasonCode.INVALID_REQUEST),
    Retcode.E_INVALID_VERSION: _fatal(ReasonCode.NO_CONNECTION),
    Retcode.E_AUTH_FAILED: _fatal(ReasonCode.NO_CONNECTION),
    Retcode.E_UNSUPPORTED: _rejected(ReasonCode.INVALID_REQUEST),
    Retcode.E_AUTO_TRADING_DISABLED: _fatal(ReasonCode.AUTOTRADING_OFF),
    Retcode.E_INTERNAL_FAIL: _ambiguous(ReasonCode.BROKER_ERROR),
    Retcode.E_INTERNAL_FAIL_SEND: _ambiguous(ReasonCode.NO_CONNECTION),
    Retcode.E_INTERNAL_FAIL_RECEIVE: _ambiguous(ReasonCode.NO_CONNECTION),
    Retcode.E_INTERNAL_FAIL_INIT: _transient(ReasonCode.NO_CONNECTION),
    Retcode.E_INTERNAL_FAIL_CONNECT: _transient(ReasonCode.NO_CONNECTION),
    Retcode.E_INTERNAL_FAIL_TIMEOUT: _ambiguous(ReasonCode.BROKER_TIMEOUT),
}

UNKNOWN = _ambiguous(ReasonCode.BROKER_OTHER)
_CLOSED_ALREADY = _done(Outcome.DONE, ReasonCode.POSITION_CLOSED)
_CHANGED = _done(Outcome.DONE)


def verdict(retcode: int, kind: LegKind) -> Verdict:
    """Return what a return code means for a leg of this kind.

    A code that is not known here is ambiguous: the safe answer is to look. A position that
    is closed already is what a close wanted.
    """
    try:
        code = Retcode(retcode)
    except ValueError:
        return UNKNOWN
    if code is Retcode.POSITION_CLOSED and kind is LegKind.CLOSE:
        return _CLOSED_ALREADY
    if code in {Retcode.DONE, Retcode.PLACED} and kind in {LegKind.MODIFY, LegKind.CANCEL}:
        return _CHANGED
    return VERDICTS[code]
