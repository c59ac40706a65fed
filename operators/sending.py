"""The third and fourth step of sending: journal `sending`, ask the terminal once, judge."""

import logging
from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np
import redis
from numpy.typing import NDArray

from config import faults
from operators.execution import SECOND, Executor
from operators.order_memory import has_ticket
from operators.prices_again import renew_prices
from operators.requests import NOTHING, Held, build_requests, look, needs_books
from operators.waiting import Waiting, is_unreached
from rules.broker_orders import filled_volume, is_pending
from rules.errors import Ambiguous, Fatal, Throttled, Transient
from rules.journal_records import ATTEMPT
from schema.broker import ANSWER, AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, Outcome
from schema.wire import ORDER, REPORT, Records

log = logging.getLogger(__name__)
_RETRY = SECOND // 4
_PATIENCE = 10 * SECOND  # of a close, with a terminal that does not tell what stands
_AT_ONCE = 32  # orders of one call: a terminal that has become slow is noticed behind them
Judged = tuple[int, bool, Any]


def send(executor: Executor, items: Sequence[Waiting]) -> list[Waiting]:
    """Send claimed orders, some at a time, and journal what the terminal answers.

    The others are claimed, and go with the next turn: those behind a terminal that was not
    reached, or that has become slow, for a lease and who waits for a close cannot.

    Returns:
        Those that the terminal was asked for.
    """
    asked: list[Waiting] = []
    began = executor.clock()
    for start in range(0, len(items), _AT_ONCE):
        asked += _send(executor, items[start : start + _AT_ONCE])
        now = executor.clock()
        if executor.reach.waits(now) or now - began > executor.batch.within:
            break
    if asked and not executor.reach.waits(executor.clock()):
        executor.batch.took(len(asked), executor.clock() - began)
    return asked


def _send(executor: Executor, items: Sequence[Waiting]) -> list[Waiting]:
    items, orders, requests = _prepare(executor, items)
    if not items:
        return []
    now = executor.clock()
    faults.point("execute.claimed")
    executor.journal.sending(_attempts(executor, items, now), orders, requests)
    answers, fatal = _ask(executor, requests)
    reports = _reports(executor, items, requests, orders["quote_price"], answers, sent_at=now)
    results = [
        result
        for item, request, answer, report in zip(items, requests, answers, reports, strict=True)
        if (result := _judge(executor, item, request, answer, report)) is not None
    ]
    executor.unpublished += executor.journal.answered(answers, results)
    faults.point("execute.answered", redis.ConnectionError)
    if fatal is not None:
        raise fatal
    return items


def _prepare(
    executor: Executor, items: Sequence[Waiting]
) -> tuple[list[Waiting], Records, Records]:
    """Return what the terminal is to be asked for, with its orders and requests.

    What needs to know how things stand waits for a terminal that does not tell, and nothing else
    does. Age is judged last: to claim, and to ask, may have taken any time.
    """
    items, held = _with_books(executor, list(items))
    orders = np.array([item.order for item in items], dtype=ORDER)
    requests = build_requests(executor, orders, held)
    goes = renew_prices(executor, items, requests, executor.clock())
    now, valid_until = executor.clock(), orders["valid_until"]
    for row in np.flatnonzero(goes & (valid_until > 0) & (valid_until < now)):
        goes[row] = False
        executor.end(items[row], Outcome.EXPIRED, ReasonCode.ORDER_EXPIRED, now)
    return list(compress(items, goes)), orders[goes], requests[goes]


def _with_books(executor: Executor, items: list[Waiting]) -> tuple[list[Waiting], Held]:
    """Ask for what stands at the broker, if an order needs it; put those back that cannot go.

    A close does not wait for ever: it goes with the volume that was decided on.
    """
    needs = needs_books(np.array([item.order for item in items], dtype=ORDER))
    if not needs.any():
        return items, NOTHING
    now = executor.clock()
    if not executor.books.waits(now):
        try:
            held = look(executor.terminal)
        except (Transient, Ambiguous) as error:
            log.warning("the terminal does not tell what stands: %s", error)
            executor.books.failed(now)
        else:
            executor.books.answered()
            return items, held
    waits = [
        bool(need) and (item.kind is not LegKind.CLOSE or _is_new(item, now))
        for need, item in zip(needs, items, strict=True)
    ]
    executor.put_back(compress(items, waits), now)
    return [item for item, wait in zip(items, waits, strict=True) if not wait], NOTHING


def _is_new(item: Waiting, now: int) -> bool:
    return 0 <= now - item.read_at <= _PATIENCE


def _ask(executor: Executor, requests: Records) -> tuple[Records, Fatal | None]:
    """Ask the terminal once; return its answers, and what is to be raised once they are written.

    Only Transient says that nothing was executed. After any other error, a fault of the adapter's
    too, each request may have been, and must not be sent again.
    """
    try:
        faults.point("execute.sending", Transient)
        answers = executor.terminal.submit(requests)
        faults.point("execute.acted", Ambiguous)
    except Transient as error:
        log.warning("the terminal was not reached: %s", error)
        least = error.retry_after if isinstance(error, Throttled) else 0.0
        executor.reach.failed(executor.clock(), at_least=least)
        return _unknown(requests, AnswerClass.TRANSIENT), None
    except Ambiguous as error:
        log.warning("the terminal's answer was lost: %s", error)
    except Fatal as error:
        return _unknown(requests, AnswerClass.AMBIGUOUS), error
    except Exception:
        log.exception("the terminal failed while it was asked; what it did is looked for")
    else:
        right = _in_order(requests, answers)
        if all(map(is_unreached, right)):
            executor.reach.failed(executor.clock())
        else:
            executor.reach.answered()
        return right, None
    return _unknown(requests, AnswerClass.AMBIGUOUS), None


def _in_order(requests: Records, answers: Records) -> Records:
    """Return the answer of each request, by its order; one that has none may have been executed."""
    if np.array_equal(answers["order_id"], requests["order_id"]):
        return answers
    log.error("the terminal answered %d requests with others' answers", len(requests))
    told = {answer["order_id"].tobytes(): answer for answer in answers}
    right = _unknown(requests, AnswerClass.AMBIGUOUS)
    for row, request in enumerate(requests):
        right[row] = told.get(request["order_id"].tobytes(), right[row])
    return right


def _attempts(executor: Executor, items: Sequence[Waiting], now: int) -> Records:
    rows = []
    for item in items:
        item.attempts += 1
        ms, _, seq = item.decision.partition("-")
        rows.append(
            (
                *(item.order["order_id"], item.partition, executor.terms[item.partition]),
                *(item.attempts, int(ms), int(seq), item.claimed_at, now),
            )
        )
    return np.array(rows, dtype=ATTEMPT)


def _reports(
    executor: Executor,
    items: Sequence[Waiting],
    requests: Records,
    quotes: NDArray[np.int64],
    answers: Records,
    *,
    sent_at: int,
) -> Records:
    """Return reports with everything in them but the judgement."""
    reports = np.zeros(len(items), REPORT)
    reports["order_id"], reports["account_id"] = requests["order_id"], requests["account_id"]
    reports["owner"] = np.void(executor.journal.id.bytes)
    reports["term"] = [executor.terms[item.partition] for item in items]
    reports["claimed_at"] = [item.claimed_at for item in items]
    reports["sent"], reports["sent_at"] = 1, sent_at
    reports["reported_at"] = executor.clock()
    asked = np.where(requests["price"] > 0, requests["price"], requests["stop_price"])
    reports["asked_price"] = np.where(asked > 0, asked, quotes)
    for name in ("retcode", "order_ticket", "position_ticket", "price", "done_at", "message"):
        reports[name] = answers[name]
    reports["state"] = OrderState.FINAL
    return reports


def _judge(
    executor: Executor, item: Waiting, request: Any, answer: Any, report: Any
) -> Judged | None:
    """Return the result that an answer means, or None if the order is to be tried again."""
    order, key = item.order, item.order["order_id"].tobytes()
    kind = AnswerClass(int(answer["answer"]))
    if kind in (AnswerClass.TRANSIENT, AnswerClass.THROTTLED):
        # No broker has refused what did not reach it: that goes on until the order is too old.
        item.refusals += not is_unreached(answer)
        if item.refusals < executor.attempts:
            item.not_before = int(report["reported_at"]) + max(item.refusals, 1) * _RETRY
            return None
    del executor.waiting[key]
    reason, outcome = executor.verdict(int(answer["retcode"]), item.kind)
    report["reason"] = reason
    if kind is AnswerClass.AMBIGUOUS:
        report["outcome"], report["reason"] = Outcome.UNRESOLVED, ReasonCode.AMBIGUOUS
        executor.watched[key] = (int(report["reported_at"]) + SECOND, SECOND)
    elif kind is AnswerClass.DONE:
        part = outcome == Outcome.PARTIALLY_FILLED
        if is_pending(order) or (part and not answer["volume"]):
            outcome = Outcome.NONE
        if outcome == Outcome.NONE and not is_pending(order):
            # Taken, and not executed yet, or who knows how far: nobody tells its end unasked.
            executor.watched[key] = (int(report["reported_at"]) + SECOND, SECOND)
        works = outcome == Outcome.NONE
        volume = filled_volume(outcome, int(answer["volume"]), int(request["volume"]))
        report["filled"], report["outcome"] = 0 if works else volume, outcome
        report["state"] = OrderState.WORKING if works else OrderState.FINAL
    else:
        report["outcome"] = Outcome.REFUSED
    executor.memory.learn(key, report, owns=has_ticket(order))
    return item.partition, False, report


def _unknown(requests: Records, answer: AnswerClass) -> Records:
    """Return the answers of a submit that raised."""
    answers = np.zeros(len(requests), ANSWER)
    answers["order_id"], answers["answer"] = requests["order_id"], answer
    return answers
