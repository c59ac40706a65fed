"""The executor: claims orders, sends each at most once, and reports what came of it.

The four steps of sending (design, law 2): claim by script; the claim is durable; the journal
fsyncs `sending`; the terminal is asked, once. What has a `sending` and no answer is ambiguous:
it is looked for at the broker, and never sent again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from rules.claims import Claim, Held
from rules.errors import Ambiguous, Transient
from rules.journal import ATTEMPT
from rules.order_life import EXECUTED, RANK
from rules.tokens import magic, token
from schema.broker import ANSWER, REQUEST, AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from schema.wire import DEAL, MARK, ORDER, REPORT, Records

log = logging.getLogger(__name__)
_SECOND = 1_000_000
Verdict = Callable[[int, LegKind], tuple[ReasonCode, Outcome]]


class Publisher(Protocol):
    """Appends to the events of partitions."""

    def publish(self, entries: Sequence[tuple[int, Records, Records, Records]]) -> list[str]:
        """Append reports, deals and marks to each of several partitions; return the ids."""
        ...


@dataclass
class Waiting:
    """An order that was read and has neither been sent nor closed."""

    partition: int
    decision: str
    order: Any  # one ORDER row
    attempts: int = 0
    not_before: int = 0


@dataclass
class Executor:
    """One terminal's orders. `journal`, `claims` and `terminal` are what their names say."""

    instance: UUID
    partitions: Mapping[bytes, int]  # account -> partition
    claims: Any
    journal: Any
    terminal: Any
    publisher: Publisher
    verdict: Verdict
    claim_batch: Callable[..., Any]
    attempts: int = 3
    deviation: int = 20
    terms: dict[int, int] = field(default_factory=dict)
    waiting: dict[bytes, Waiting] = field(default_factory=dict)
    outcomes: dict[bytes, int] = field(default_factory=dict)
    tickets: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # position, order
    by_ticket: dict[int, bytes] = field(default_factory=dict)  # order ticket -> order id
    legs: dict[bytes, list[bytes]] = field(default_factory=dict)  # signal + account -> legs
    watched: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # next look, pause
    tokens: dict[bytes, bytes] = field(default_factory=dict)  # comment token -> order id

    def __post_init__(self) -> None:
        for order_id, row in self.journal.state.finished.items():
            self.learn(order_id, row)
        for order_id, known in self.journal.known.items():
            if known.results:
                self.learn(order_id, known.results[-1].report)
            self.tokens[token(order_id)] = order_id
            doubt = known.results and known.results[-1].report["outcome"] == Outcome.UNRESOLVED
            if known.sent_unanswered or doubt:
                self.watched[order_id] = (0, _SECOND)
        self.terminal.resume(dict(self.journal.state.deals))

    def learn(self, order_id: bytes, row: Any) -> None:
        """Remember an order's outcome and tickets."""
        self.outcomes[order_id] = int(row["outcome"])
        self.tokens[token(order_id)] = order_id
        if row["order_ticket"] or row["position_ticket"]:
            self.tickets[order_id] = (int(row["position_ticket"]), int(row["order_ticket"]))
            # Done is the word for a modify or cancel: the ticket it names is another order's.
            if row["outcome"] != Outcome.DONE:
                self.by_ticket[int(row["order_ticket"])] = order_id

    def lease(self) -> None:
        """Take or renew the leases."""
        partitions = sorted(set(self.partitions.values()))
        self.terms = self.claims.acquire(partitions, self.instance, self.journal.id)

    def release(self) -> None:
        """Give the leases back."""
        self.claims.release(
            {p: t for p, t in self.terms.items() if t}, self.instance, self.journal.id
        )

    def republish(self, now: int) -> None:
        """Publish journalled results again: those that Redis lost, or never got."""
        recent = sorted(self.journal.state.recent.values(), key=lambda r: r.ordinal)
        if recent:
            self.publish_results(recent, now)

    def read(self, partition: int, decision: str, orders: Records) -> None:
        """Take in the orders of a decision that are for this instance."""
        mine = orders[orders["instance_id"] == np.void(self.instance.bytes)]
        for order in mine:
            key = order["order_id"].tobytes()
            pair = order["signal_id"].tobytes() + order["account_id"].tobytes()
            legs = self.legs.setdefault(pair, [])
            if key not in legs:
                legs.append(key)
            if key not in self.outcomes and key not in self.journal.known:
                self.waiting.setdefault(key, Waiting(partition, decision, order.copy()))

    def claim(self, now: int) -> list[Waiting]:
        """Claim what is ready; return what may be sent, in order."""
        ready = [w for w in list(self.waiting.values()) if self._is_ready(w, now)]
        ready = [w for w in ready if self.terms.get(w.partition)]
        return self._claim(ready, now) if ready else []

    def _is_ready(self, item: Waiting, now: int) -> bool:
        order = item.order
        if item.not_before > now:
            return False
        if order["valid_until"] and now > order["valid_until"]:
            self._close(item, Outcome.EXPIRED, ReasonCode.ORDER_EXPIRED, now)
            return False
        if order["after"]:
            return self._is_next(item, now)
        return order["kind"] == LegKind.OPEN or self._has_target(item, now)

    def _is_next(self, item: Waiting, now: int) -> bool:
        """Return whether all earlier legs are done; without them this one is cancelled."""
        order = item.order
        pair = order["signal_id"].tobytes() + order["account_id"].tobytes()
        before = [k for k in self.legs[pair] if k != order["order_id"].tobytes()]
        ends = [RANK[self.outcomes.get(k, 0)] for k in before]
        if any(rank == RANK[Outcome.FAILED] for rank in ends):
            self._close(item, Outcome.CANCELLED, ReasonCode.CLOSE_FAILED, now)
            return False
        return all(rank == EXECUTED for rank in ends)

    def _has_target(self, item: Waiting, now: int) -> bool:
        """Return whether the position or order that it acts on has a ticket."""
        opener = item.order["position"].tobytes()
        if RANK[self.outcomes.get(opener, 0)] == RANK[Outcome.FAILED]:
            self._close(item, Outcome.REJECTED, ReasonCode.OPENING_FAILED, now)
            return False
        return opener in self.tickets

    def _close(self, item: Waiting, outcome: Outcome, reason: ReasonCode, now: int) -> None:
        """Give a "not sent" outcome by the closing script, if no claim forbids it."""
        report = self._report(item.order, now)
        report["state"], report["outcome"], report["reason"] = OrderState.FINAL, outcome, reason
        key = item.order["order_id"].tobytes()
        del self.waiting[key]
        result = self.journal.report([(item.partition, True, report)])
        self.publish_results(result, now)

    def _report(self, order: Any, now: int) -> Any:
        report = np.zeros(1, REPORT)
        report["order_id"], report["account_id"] = order["order_id"], order["account_id"]
        report["owner"] = np.void(self.journal.id.bytes)
        report["reported_at"] = now
        return report[0]

    def _claim(self, ready: list[Waiting], now: int) -> list[Waiting]:
        """Claim by script; return what this journal and term may send."""
        parts: dict[int, list[Waiting]] = {}
        for item in ready:
            parts.setdefault(item.partition, []).append(item)
        batches = [
            self.claim_batch(
                partition=p,
                term=self.terms[p],
                orders=[(i.order["order_id"].tobytes(), i.decision) for i in items],
            )
            for p, items in parts.items()
        ]
        answers = self.claims.claim_all(self.instance, self.journal.id, batches)
        pairs = [
            pair
            for items, found in zip(parts.values(), answers, strict=True)
            for pair in zip(items, found, strict=True)
        ]
        mine = [item for item, claim in pairs if claim.held in (Held.CLAIMED, Held.OURS)]
        for item, claim in pairs:
            self._not_granted(item, claim, now)
        place = {id(item): at for at, item in enumerate(ready)}
        return sorted(mine, key=lambda item: place[id(item)])

    def _not_granted(self, item: Waiting, claim: Claim, now: int) -> None:
        key = item.order["order_id"].tobytes()
        if claim.held is Held.OTHER_TERM:
            # Claimed by this journal under an earlier lease, and never sent: that is over.
            self._close(item, Outcome.FAILED, ReasonCode.EXECUTOR_RESTARTED, now)
        elif claim.held is Held.FOREIGN:
            report = self._report(item.order, now)
            report["state"], report["outcome"] = OrderState.FINAL, Outcome.UNRESOLVED
            report["reason"] = ReasonCode.JOURNAL_LOST
            del self.waiting[key]
            self.watched[key] = (now, _SECOND)
            self.outcomes[key] = Outcome.UNRESOLVED
            self.publish_results(self.journal.report([(item.partition, False, report)]), now)
        elif claim.held in (Held.GONE, Held.CLOSED):
            del self.waiting[key]
            self.outcomes[key] = claim.outcome

    def send(self, items: list[Waiting], now: int) -> None:
        """Journal `sending`, ask the terminal once, and report its answers."""
        if not items:
            return
        held: dict[int, int] = {}
        if any(item.order["whole"] for item in items):
            positions = self.terminal.positions()
            tickets, volumes = positions["position_ticket"], positions["volume"]
            held = dict(zip(tickets.tolist(), volumes.tolist(), strict=True))
        requests = np.concatenate([self._request(item.order, held) for item in items])
        attempts = np.zeros(len(items), ATTEMPT)
        for row, item in enumerate(items):
            item.attempts += 1
            ms, _, seq = item.decision.partition("-")
            attempts[row] = (
                *(item.order["order_id"], item.partition, self.terms[item.partition]),
                *(item.attempts, int(ms), int(seq), now, now),
            )
        orders = np.array([item.order for item in items], dtype=ORDER)
        self.journal.sending(attempts, orders, requests)
        try:
            answers = self.terminal.submit(requests)
        except Ambiguous as error:
            log.warning("the terminal's answer was lost: %s", error)
            answers = _unknown(requests, AnswerClass.AMBIGUOUS)
        except Transient as error:
            log.warning("the terminal was not reached: %s", error)
            answers = _unknown(requests, AnswerClass.TRANSIENT)
        results = [r for i, a in zip(items, answers, strict=True) if (r := self._judge(i, a, now))]
        self.publish_results(self.journal.answered(answers, results), now)

    def _request(self, order: Any, held: Mapping[int, int]) -> Records:
        request = np.zeros(1, REQUEST)
        for name in (
            *("order_id", "account_id", "kind", "side", "order_type", "symbol", "volume", "price"),
            *("stop_price", "stop_loss", "take_profit", "expires_at"),
        ):
            request[name] = order[name]
        key = order["order_id"].tobytes()
        request["magic"], request["comment"] = magic(int(order["magic"]), key), token(key)
        request["deviation"] = self.deviation
        if order["kind"] == LegKind.OPEN and order["order_type"] == OrderType.MARKET:
            request["price"] = order["quote_price"]
        if order["kind"] != LegKind.OPEN:
            position, ticket = self.tickets[order["position"].tobytes()]
            request["position_ticket"] = 0 if order["kind"] == LegKind.CANCEL else position
            request["order_ticket"] = ticket if order["kind"] == LegKind.CANCEL else 0
            if order["whole"]:
                request["volume"] = held.get(position) or order["volume"]
        return request

    def _judge(self, item: Waiting, answer: Any, now: int) -> tuple[int, bool, Any] | None:
        """Return the result that an answer means, or None if the order is to be tried again."""
        order, key = item.order, item.order["order_id"].tobytes()
        reason, outcome = self.verdict(int(answer["retcode"]), LegKind(int(order["kind"])))
        kind = AnswerClass(int(answer["answer"]))
        retry = kind in (AnswerClass.TRANSIENT, AnswerClass.THROTTLED)
        if retry and item.attempts < self.attempts:
            item.not_before = now + item.attempts * _SECOND // 4
            return None
        self.waiting.pop(key, None)
        report = self._report(order, now)
        report["sent"], report["term"] = 1, self.terms[item.partition]
        report["claimed_at"] = report["sent_at"] = now
        for name in ("retcode", "order_ticket", "position_ticket", "price", "done_at", "message"):
            report[name] = answer[name]
        report["asked_price"] = order["price"] or order["quote_price"]
        report["state"], report["reason"] = OrderState.FINAL, reason
        if kind is AnswerClass.AMBIGUOUS:
            report["outcome"], report["reason"] = Outcome.UNRESOLVED, ReasonCode.AMBIGUOUS
            self.watched[key] = (now + _SECOND, _SECOND)
        elif kind is AnswerClass.DONE:
            pending = order["kind"] == LegKind.OPEN and order["order_type"] != OrderType.MARKET
            report["filled"] = 0 if pending else answer["volume"]
            report["outcome"] = Outcome.NONE if pending else outcome
            report["state"] = OrderState.WORKING if pending else OrderState.FINAL
        else:
            report["outcome"] = Outcome.REFUSED
        self.learn(key, report)
        return item.partition, False, report

    def blank_report(self, known: Any, now: int) -> Any:
        """Return a report about an order of the journal that says nothing yet."""
        if known.order is not None:
            return self._report(known.order, now)
        report = known.results[-1].report.copy()
        report["reported_at"] = now
        return report

    def say_unresolved(self, key: bytes, known: Any, now: int) -> None:
        """Report that an order was sent and nobody knows what became of it."""
        report = self.blank_report(known, now)
        report["state"], report["outcome"] = OrderState.FINAL, Outcome.UNRESOLVED
        report["reason"], report["sent"] = ReasonCode.AMBIGUOUS, 1
        self.learn(key, report)
        partition = self.partitions[report["account_id"].tobytes()]
        self.publish_results(self.journal.report([(partition, False, report)]), now)

    def publish_results(self, results: Sequence[Any], now: int) -> None:
        """Publish journalled results; "not sent" ones by the closing script."""
        no_deals, no_marks = np.zeros(0, DEAL), np.zeros(0, MARK)
        parts: dict[tuple[int, bool], list[Any]] = {}
        for result in results:
            parts.setdefault((result.partition, result.closing), []).append(result)
        plain = {p: part for (p, closing), part in parts.items() if not closing}
        entries = [
            (p, np.array([r.report for r in part], dtype=REPORT), no_deals, no_marks)
            for p, part in plain.items()
        ]
        ids = self.publisher.publish(entries) if entries else []
        for part, position in zip(plain.values(), ids, strict=True):
            self.journal.published([r.ordinal for r in part], position, now)
        for (partition, closing), part in parts.items():
            if closing:
                self._publish_closings(partition, part, now)

    def _publish_closings(self, partition: int, part: list[Any], now: int) -> None:
        reports = np.array([r.report for r in part], dtype=REPORT)
        done = self.claims.close(partition, reports, owner=self.journal.id, by=self.instance)
        for row, result in enumerate(part):
            key = result.report["order_id"].tobytes()
            closed = done.closed[row]
            self.outcomes[key] = int(result.report["outcome"] if closed else done.before[row])
        self.journal.published([r.ordinal for r in part], done.position, now)


def _unknown(requests: Records, answer: AnswerClass) -> Records:
    """Return the answers of a submit that raised."""
    answers = np.zeros(len(requests), ANSWER)
    answers["order_id"], answers["answer"] = requests["order_id"], answer
    return answers
