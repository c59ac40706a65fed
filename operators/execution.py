"""The executor: claims orders, sends each at most once, and reports what came of it.

The four steps of sending (design, law 2): claim by script; the claim is durable; the journal
fsyncs `sending`; the terminal is asked, once. What has a `sending` and no answer is ambiguous:
it is looked for at the broker, and never sent again. What was journalled is published at the
end of a turn, and again after each reconnect as far as the events lack it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from rules.claims import Claim, Held
from rules.journal import Known, Result
from rules.order_life import EXECUTED, RANK
from rules.tokens import token, token_in
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, Outcome
from schema.wire import REPORT, Records

log = logging.getLogger(__name__)
SECOND = 1_000_000
TARGET_SECONDS = 30  # how long a close waits for a position that nobody here knows
_NOT_EXECUTED = (AnswerClass.TRANSIENT, AnswerClass.THROTTLED)
Verdict = Callable[[int, LegKind], tuple[ReasonCode, Outcome]]


class Publisher(Protocol):
    """Appends to the events of partitions (see sinks.events)."""

    def publish(self, entries: Sequence[tuple[int, Records, Records, Records]]) -> list[str]:
        """Append reports, deals and marks to each of several partitions; return the ids."""
        ...

    def missing(self, places: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        """Return those entries, of partition and id, that the events lost."""
        ...


@dataclass
class Waiting:
    """An order that was read and has neither been sent nor closed."""

    partition: int
    decision: str
    order: Any  # one ORDER row
    attempts: int = 0
    not_before: int = 0
    claimed_at: int = 0
    read_at: int = 0


@dataclass
class Executor:
    """One terminal's orders.

    Attributes:
        instance: the terminal's.
        partitions: of each account, by its id.
        claims: leases and claims (sinks.claims).
        journal: of this host (sinks.journal).
        terminal: the port (brokers.port).
        publisher: of events.
        verdict: reason and outcome that a return code means for a kind of leg.
        claim_batch: what `claims` takes.
        clock: microseconds UTC, now.
        attempts: how often an order is tried that the broker did not take.
        deviation: points that a market order may slip.
        lease_ms: how long a lease lasts unless it is renewed.
        watch_us: how long an order of unknown fate is looked for.
    """

    instance: UUID
    partitions: Mapping[bytes, int]
    claims: Any
    journal: Any
    terminal: Any
    publisher: Publisher
    verdict: Verdict
    claim_batch: Callable[..., Any]
    clock: Callable[[], int]
    attempts: int = 3
    deviation: int = 20
    lease_ms: int = 10_000
    watch_us: int = 7 * 86_400 * SECOND
    terms: dict[int, int] = field(default_factory=dict)
    waiting: dict[bytes, Waiting] = field(default_factory=dict)
    outcomes: dict[bytes, int] = field(default_factory=dict)
    tickets: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # position, order
    by_ticket: dict[int, bytes] = field(default_factory=dict)  # order ticket -> order id
    legs: dict[bytes, list[bytes]] = field(default_factory=dict)  # signal + account -> legs
    watched: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # next look, pause
    tokens: dict[bytes, bytes] = field(default_factory=dict)  # comment token -> order id
    unpublished: list[Result] = field(default_factory=list)  # journalled in this turn
    _held: dict[bytes, tuple[int, int]] | None = None  # by token, as the broker said this turn

    def __post_init__(self) -> None:
        for order_id, row in self.journal.state.finished.items():
            self.learn(order_id, row)
        for order_id, known in self.journal.known.items():
            if known.results:
                self.learn(order_id, known.results[-1].report)
            self.tokens[token(order_id)] = order_id
            doubt = known.results and known.results[-1].report["outcome"] == Outcome.UNRESOLVED
            if known.sent_unanswered or doubt:
                self.watched[order_id] = (0, SECOND)
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
        owner, ttl = self.journal.id, self.lease_ms
        self.terms = self.claims.acquire(partitions, self.instance, owner, ttl_ms=ttl)

    def release(self) -> None:
        """Give the leases back."""
        self.claims.release(
            {p: t for p, t in self.terms.items() if t}, self.instance, self.journal.id
        )

    def reconnected(self) -> None:
        """Let everything be published that the events lack: never published, or lost by Redis."""
        state = self.journal.state
        placed = [r for r in state.recent.values() if r.published and any(r.published)]
        lost = self.publisher.missing(sorted({_place(r) for r in placed}))
        again = [r for r in placed if _place(r) in lost]
        self.unpublished = sorted([*state.unpublished(), *again], key=lambda r: r.ordinal)
        # What was polled and not published is told again from the last deal that was.
        self.terminal.resume(dict(state.deals))

    def read(self, partition: int, decision: str, orders: Records) -> None:
        """Take in the orders of a decision that are for this instance."""
        mine = orders[orders["instance_id"] == np.void(self.instance.bytes)]
        for order in mine:
            key = order["order_id"].tobytes()
            pair = order["signal_id"].tobytes() + order["account_id"].tobytes()
            legs = self.legs.setdefault(pair, [])
            if key not in legs:
                legs.append(key)
            if key not in self.outcomes and _unsent(self.journal.known.get(key)):
                item = Waiting(partition, decision, order.copy(), read_at=self.clock())
                self.waiting.setdefault(key, item)

    def claim(self, now: int) -> list[Waiting]:
        """Claim what is ready; return what may be sent, in order."""
        self._held = None
        ready = [w for w in list(self.waiting.values()) if self._is_ready(w, now)]
        ready = [w for w in ready if self.terms.get(w.partition)]
        return self._claim(ready, now) if ready else []

    def _is_ready(self, item: Waiting, now: int) -> bool:
        order = item.order
        if item.not_before > now:
            return False
        if order["valid_until"] and now > order["valid_until"]:
            self.end(item, Outcome.EXPIRED, ReasonCode.ORDER_EXPIRED, now)
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
            self.end(item, Outcome.CANCELLED, ReasonCode.CLOSE_FAILED, now)
            return False
        return all(rank == EXECUTED for rank in ends)

    def _has_target(self, item: Waiting, now: int) -> bool:
        """Return whether the position or order that it acts on has a ticket."""
        opener = item.order["position"].tobytes()
        if RANK[self.outcomes.get(opener, 0)] == RANK[Outcome.FAILED]:
            self.end(item, Outcome.REJECTED, ReasonCode.OPENING_FAILED, now)
            return False
        return opener in self.tickets or self._find_target(opener, item, now)

    def _find_target(self, opener: bytes, item: Waiting, now: int) -> bool:
        """Look at the broker for a position or order that another journal has opened.

        An account that moved here, or a journal that was lost, leaves closes whose opening this
        executor never knew. What is not there after a while is over.
        """
        if opener in self.waiting or opener in self.journal.known:
            return False
        item.not_before = now + SECOND
        found = self._at_broker().get(token(opener))
        if found is not None:
            self.tickets[opener] = found
            return True
        if now - item.read_at > TARGET_SECONDS * SECOND:
            self.end(item, Outcome.REJECTED, ReasonCode.NO_POSITION, now)
        return False

    def _at_broker(self) -> Mapping[bytes, tuple[int, int]]:
        """Tickets of positions and pending orders by token; asked for once in a turn."""
        if self._held is None:
            self._held = {
                token_in(row["comment"]): (int(row["position_ticket"]), int(row["order_ticket"]))
                for row in self.terminal.open_orders()
            }
            for row in self.terminal.positions():
                self._held[token_in(row["comment"])] = (int(row["position_ticket"]), 0)
        return self._held

    def end(self, item: Waiting, outcome: Outcome, reason: ReasonCode, now: int) -> None:
        """Give a "not sent" outcome; the closing script publishes it, if no claim forbids it."""
        report = self.report(item.order, now)
        report["state"], report["outcome"], report["reason"] = OrderState.FINAL, outcome, reason
        del self.waiting[item.order["order_id"].tobytes()]
        self.journalled([(item.partition, True, report)])

    def report(self, order: Any, now: int) -> Any:
        """Return a report about an order that says nothing yet."""
        report = np.zeros(1, REPORT)
        report["order_id"], report["account_id"] = order["order_id"], order["account_id"]
        report["owner"] = np.void(self.journal.id.bytes)
        report["reported_at"] = now
        return report[0]

    def journalled(self, results: Sequence[tuple[int, bool, Any]]) -> None:
        """Record results that no answer brought; they are published at the end of the turn."""
        self.unpublished += self.journal.report(results)

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
        mine = {id(item) for item, claim in pairs if claim.held in (Held.CLAIMED, Held.OURS)}
        for item, claim in pairs:
            item.claimed_at = now
            self._not_granted(item, claim, now)
        return [item for item in ready if id(item) in mine]

    def _not_granted(self, item: Waiting, claim: Claim, now: int) -> None:
        key = item.order["order_id"].tobytes()
        if claim.held is Held.OTHER_TERM:
            # Claimed by this journal under an earlier lease, and never sent: that is over.
            self.end(item, Outcome.FAILED, ReasonCode.EXECUTOR_RESTARTED, now)
        elif claim.held is Held.FOREIGN:
            del self.waiting[key]
            self.doubt(item.partition, self.report(item.order, now))
        elif claim.held in (Held.GONE, Held.CLOSED):
            del self.waiting[key]
            self.outcomes[key] = claim.outcome

    def doubt(self, partition: int, report: Any) -> None:
        """Say that another journal claimed an order, and look for what became of it."""
        report = report.copy()
        report["state"], report["outcome"] = OrderState.FINAL, Outcome.UNRESOLVED
        report["reason"] = ReasonCode.JOURNAL_LOST
        key = report["order_id"].tobytes()
        self.watched[key] = (int(report["reported_at"]), SECOND)
        self.learn(key, report)
        self.journalled([(partition, False, report)])


def _unsent(known: Known | None) -> bool:
    """Return whether the broker surely has nothing of an order, and nothing was said of it.

    An attempt that the broker did not take is no sending: a process that died before the next
    attempt left the order to its successor.
    """
    if known is None:
        return True
    return not known.results and known.answer is not None and _is_refusal(known.answer)


def _is_refusal(answer: Any) -> bool:
    return AnswerClass(int(answer["answer"])) in _NOT_EXECUTED


def _place(result: Result) -> tuple[int, str]:
    ms, seq = result.published or (0, 0)
    return result.partition, f"{ms}-{seq}"
