"""The executor: claims orders, sends each at most once, and reports what came of it.

The four steps of sending (design, law 2): claim by script; the claim is durable
(operators.claiming); the journal fsyncs `sending`; the terminal is asked, once
(operators.sending). What has a `sending` and no answer is ambiguous: it is looked for at the
broker (operators.searching), and never sent again. What was journalled is published at the end
of a turn (operators.publishing), and again after each reconnect as far as the events lack it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from operators.batch_size import BatchSize
from operators.order_memory import NO_OUTCOME, OrderMemory
from operators.reach import Reach
from operators.waiting import Waiting, is_unsent
from rules.broker_orders import is_on_its_way
from rules.journal import RETENTION, Known, Result
from rules.order_life import EXECUTED, RANK
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, Outcome
from schema.wire import REPORT, Records

log = logging.getLogger(__name__)
SECOND = 1_000_000
Verdict = Callable[[int, LegKind], tuple[ReasonCode, Outcome]]


class Publisher(Protocol):
    """Appends to the events of partitions (see sinks.events)."""

    told_all: bool  # whether the last entries had all that they were to have

    def publish(self, entries: Sequence[tuple[int, Records, Records, Records]]) -> list[str]:
        """Append reports, deals and marks to each of several partitions; return the ids."""
        ...

    def missing(self, places: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        """Return those entries, of partition and id, that the events lost."""
        ...


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
        attempts: how often the broker may refuse to take an order now.
        deviation: points that a market order may slip.
        lease_ms: how long a lease lasts unless it is renewed.
        watch_us: how long an order of unknown fate is looked for.
        batch: how many orders are claimed at once.
        reach: whether the terminal is worth asking for orders.
        books: whether it is for what stands.
        watched: orders of unknown fate, and those on their way: next look, pause.
        adopted: those that were found, and that the broker's history does not show yet.
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
    memory: OrderMemory = field(default_factory=OrderMemory)
    batch: BatchSize = field(init=False)
    reach: Reach = field(default_factory=Reach)
    books: Reach = field(default_factory=Reach)
    watched: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    adopted: dict[bytes, Known] = field(default_factory=dict)
    unpublished: list[Result] = field(default_factory=list)  # journalled in this turn
    _ending: dict[bytes, Any] = field(default_factory=dict)  # ORDER rows that are being closed
    _unwritten: list[tuple[int, bool, Any]] = field(default_factory=list)  # results of this turn

    def __post_init__(self) -> None:
        self.batch = BatchSize(within=self.lease_ms * 1000 // 10)
        self.memory.recall(self.journal.state)
        for order_id, known in self.journal.known.items():
            if known.sent_unanswered or known.in_doubt or is_on_its_way(known):
                self.watched[order_id] = (0, SECOND)
        self.terminal.resume(dict(self.journal.state.deals))

    def lease(self) -> None:
        """Take or renew the leases.

        Raises:
            OldJournal: The journal has gone back, and must not be used (see sinks.claims).
        """
        partitions = sorted(set(self.partitions.values()))
        self.terms = self.claims.acquire(
            partitions,
            self.instance,
            self.journal.id,
            ttl_ms=self.lease_ms,
            sendings=self.journal.state.sendings,
        )

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
        """Take in the orders of a decision that are for accounts of this instance.

        An account that has moved here brings the orders that nobody has claimed.
        """
        accounts = orders["account_id"].tolist()
        mine = [row for row, account in enumerate(accounts) if account in self.partitions]
        for order in orders[mine]:
            key = order["order_id"].tobytes()
            self.memory.sisters(order)
            known = self.journal.known.get(key)
            if known is not None and known.order is None and key in self.watched:
                self.journal.doubted(np.array([order]))
            if key in self.waiting:
                # The log lost its decision, and this one takes its place.
                self.waiting[key].decision = decision
            elif key not in self.memory.outcomes and key not in self._ending and is_unsent(known):
                self.waiting[key] = Waiting.of(partition, decision, order, known, self.clock())

    def end(self, item: Waiting, outcome: Outcome, reason: ReasonCode, now: int) -> None:
        """Give a "not sent" outcome; the closing script publishes it, if no claim forbids it.

        It is journalled at the end of the turn, with all others: they may be thousands. A process
        that dies before ends them anew.
        """
        report = self.report(item.order, now)
        report["state"], report["outcome"], report["reason"] = OrderState.FINAL, outcome, reason
        key = item.order["order_id"].tobytes()
        del self.waiting[key]
        self._ending[key] = item.order
        self._unwritten.append((item.partition, True, report))

    def put_back(self, items: Iterable[Waiting], now: int) -> None:
        """Have claimed orders wait a moment: what they need to know was not told."""
        for item in items:
            item.not_before = now + SECOND

    def hold(self, item: Waiting, reason: ReasonCode, now: int) -> None:
        """Say, once, why an order waits that no age ends; it is sent when that is over."""
        if not item.held:
            item.held = reason
            report = self.report(item.order, now)
            report["state"], report["outcome"] = OrderState.DISPATCHED, Outcome.UNRESOLVED
            report["reason"] = reason
            self._unwritten.append((item.partition, False, report))

    def write_results(self) -> None:
        """Journal what ended in this turn, in one write."""
        results, self._unwritten = self._unwritten, []
        self.journalled(results)

    def report(self, order: Any, now: int) -> Any:
        """Return a report about an order that says nothing yet."""
        report = np.zeros(1, REPORT)
        report["order_id"], report["account_id"] = order["order_id"], order["account_id"]
        report["owner"] = np.void(self.journal.id.bytes)
        report["reported_at"] = now
        return report[0]

    def seeks(self, order_id: bytes) -> bool:
        """Return whether an order is looked for, and not known to have been executed."""
        executed = RANK[self.memory.outcomes.get(order_id, NO_OUTCOME)] == EXECUTED
        return order_id in self.watched and not executed

    def journalled(self, results: Sequence[tuple[int, bool, Any]]) -> None:
        """Record results that no answer brought; they are published at the end of the turn."""
        self.unpublished += self.journal.report(results)

    def doubt(self, partition: int, report: Any, order: Any = None) -> None:
        """Say that nobody here knows what became of a claimed order, and look for it.

        Args:
            partition: of the order.
            report: about it.
            order: ORDER row, by which it can be found without its token.
        """
        report = report.copy()
        report["state"], report["outcome"] = OrderState.FINAL, Outcome.UNRESOLVED
        report["reason"], report["sent"] = ReasonCode.JOURNAL_LOST, 1  # for all that we know
        key = report["order_id"].tobytes()
        self.watched[key] = (int(report["reported_at"]), SECOND)
        self.memory.learn(key, report, owns=False)
        if order is not None:
            self.journal.doubted(np.array([order]))
        self.journalled([(partition, False, report)])

    def closed(self, result: Result, before: int | None) -> None:
        """Take in what the closing script said of a "not sent" outcome.

        Args:
            result: that was to be published.
            before: None if it was; else the outcome that the order had been closed with, 0 if
                another has claimed it.
        """
        key = result.report["order_id"].tobytes()
        order = self._ending.pop(key, None)
        self.memory.outcomes[key] = int(result.report["outcome"]) if before is None else before
        if before == NO_OUTCOME:
            self.doubt(result.partition, result.report, order)

    def forget(self, now: int) -> None:
        """Drop what was finished a week ago, unless its position or order stands at the broker.

        What others have closed or opened goes a week after this executor first knew of it.
        """
        held = set(self.terminal.positions()["position_ticket"].tolist())
        held.update(self.terminal.open_orders()["order_ticket"].tolist())
        self.memory.forget(self.journal.forget(now, held, self.watched))
        journal = self.journal.state
        known = (journal.known, journal.finished, self.waiting, self.watched, self._ending)
        self.memory.forget(self.memory.old_strangers(now, known, held, RETENTION))


def _place(result: Result) -> tuple[int, str]:
    ms, seq = result.published or (0, 0)
    return result.partition, f"{ms}-{seq}"
