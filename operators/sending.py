"""The third and fourth step of sending: journal `sending`, ask the terminal once, judge."""

import logging
from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np
import redis
from numpy.typing import NDArray

from config import faults
from operators.execution import SECOND, Executor, Waiting
from operators.order_memory import has_ticket
from operators.prices_again import renew_prices
from rules.broker_orders import filled_volume, is_pending
from rules.errors import Ambiguous, Fatal, Transient
from rules.journal_records import ATTEMPT
from rules.tables import Rows
from rules.tokens import magic, token
from schema.broker import ANSWER, REQUEST, AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from schema.wire import ORDER, REPORT, Records

log = logging.getLogger(__name__)
_COPIED = (
    *("order_id", "account_id", "kind", "side", "order_type", "symbol", "volume", "price"),
    *("stop_price", "stop_loss", "take_profit", "expires_at"),
)
_RETRY = SECOND // 4
Judged = tuple[int, bool, Any]


def send(executor: Executor, items: Sequence[Waiting]) -> None:
    """Send claimed orders, all in one batch, and journal what the terminal answers."""
    if not items:
        return
    orders = np.array([item.order for item in items], dtype=ORDER)
    requests = build_requests(executor, orders)
    now = executor.clock()
    goes = renew_prices(executor, items, requests, now)
    if not goes.all():
        items, orders, requests = list(compress(items, goes)), orders[goes], requests[goes]
        if not items:
            return
    faults.point("execute.claimed")
    executor.journal.sending(_attempts(executor, items, now), orders, requests)
    asked_at = executor.clock()
    answers, fatal = _ask(executor, requests)
    executor.batch.took(len(requests), executor.clock() - asked_at)
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
        return _unknown(requests, AnswerClass.TRANSIENT), None
    except Ambiguous as error:
        log.warning("the terminal's answer was lost: %s", error)
    except Fatal as error:
        return _unknown(requests, AnswerClass.AMBIGUOUS), error
    except Exception:
        log.exception("the terminal failed while it was asked; what it did is looked for")
    else:
        return _in_order(requests, answers), None
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


def build_requests(executor: Executor, orders: Records) -> Records:
    """Return what the broker is asked for each order."""
    requests = np.zeros(len(orders), REQUEST)
    for name in _COPIED:
        requests[name] = orders[name]
    keys = orders["order_id"].tolist()
    requests["magic"] = list(map(magic, orders["magic"].tolist(), keys))
    requests["comment"] = list(map(token, keys))
    requests["deviation"] = executor.deviation
    opens = orders["kind"] == LegKind.OPEN
    at_market = opens & (orders["order_type"] == OrderType.MARKET)
    requests["price"] = np.where(at_market, orders["quote_price"], requests["price"])
    acting = np.flatnonzero(~opens)
    if len(acting):
        _aim(executor, requests, orders, acting)
    return requests


def _aim(executor: Executor, requests: Records, orders: Records, acting: Rows) -> None:
    """Name the position or pending order that a close, change or cancel is about."""
    tickets = [executor.memory.tickets[key] for key in orders["position"][acting].tolist()]
    position, order = np.array(tickets, dtype=np.int64).T
    pending = (orders["kind"][acting] == LegKind.CANCEL) | (position == 0)
    requests["position_ticket"][acting] = np.where(pending, 0, position)
    requests["order_ticket"][acting] = np.where(pending, order, 0)
    whole = acting[orders["whole"][acting].astype(bool)]
    modify = acting[orders["kind"][acting] == LegKind.MODIFY]
    if len(whole) or len(modify):
        held = executor.terminal.positions()
        _take_whole(requests, whole, held)
        standing = executor.terminal.open_orders() if len(modify) else held[:0]
        _keep_stops(requests, modify, held, standing)


def _take_whole(requests: Records, rows: Rows, held: Records) -> None:
    """Close all that a position has now, which is one trade's alone on a hedging account.

    That is less than was decided where a part was closed by hand, and more where the report of its
    opening missed one.
    """
    volumes = dict(zip(held["position_ticket"].tolist(), held["volume"].tolist(), strict=True))
    for row in rows.tolist():
        ticket = int(requests["position_ticket"][row])
        requests["volume"][row] = volumes.get(ticket) or requests["volume"][row]


def _keep_stops(requests: Records, rows: Rows, held: Records, standing: Records) -> None:
    """Leave a stop as it is where a change names only the other: MT5 takes 0 for "remove"."""
    now = {int(p["position_ticket"]): p for p in held}
    pending = {int(o["order_ticket"]): o for o in standing}
    for row in rows.tolist():
        request = requests[row]
        stands = now.get(int(request["position_ticket"]))
        if stands is None:
            stands = pending.get(int(request["order_ticket"]))
        if stands is not None:
            for name in ("stop_loss", "take_profit"):
                requests[name][row] = request[name] or stands[name]


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
    again = kind in (AnswerClass.TRANSIENT, AnswerClass.THROTTLED)
    if again and item.attempts < executor.attempts:
        item.not_before = int(report["reported_at"]) + item.attempts * _RETRY
        return None
    del executor.waiting[key]
    reason, outcome = executor.verdict(int(answer["retcode"]), LegKind(int(order["kind"])))
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
    elif again and not answer["retcode"]:
        # No broker has refused it: its terminal could not be reached.
        report["outcome"], report["reason"] = Outcome.FAILED, ReasonCode.NO_CONNECTION
    else:
        report["outcome"] = Outcome.REFUSED
    executor.memory.learn(key, report, owns=has_ticket(order))
    return item.partition, False, report


def _unknown(requests: Records, answer: AnswerClass) -> Records:
    """Return the answers of a submit that raised."""
    answers = np.zeros(len(requests), ANSWER)
    answers["order_id"], answers["answer"] = requests["order_id"], answer
    return answers
