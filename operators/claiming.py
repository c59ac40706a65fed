"""The first two steps of sending: which orders are ready, and whose they are."""

import logging
from collections.abc import Mapping
from itertools import islice
from typing import Any

from operators.execution import SECOND, Executor
from operators.waiting import Waiting
from rules.claims import Claim, Held
from rules.errors import Ambiguous, Transient
from rules.journal import DAY, RETENTION
from rules.order_life import EXECUTED, RANK
from rules.tokens import is_token, magic, token, token_in
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome

TARGET_SECONDS = 30  # how long a close waits for a position that nobody here knows

_LONGEST_WAIT = 60 * SECOND  # before an order is tried again
_Mark = bytes | tuple[bytes, bytes, int]
_Tickets = Mapping[_Mark, tuple[int, int]]
log = logging.getLogger(__name__)


def claim(executor: Executor, now: int) -> list[Waiting]:
    """Claim what is ready, up to a batch; return what may be sent, in order.

    Closes, changes and cancels go first: behind a time without a terminal, what would open
    something must not hold up what ends it. The legs of one pair wait for each other all the same.

    Raises:
        redis.RedisError: Nothing is known; what was claimed is found to be ours the next time.
        NotDurable: Likewise.
    """
    executor.write_results()  # what a turn that broke off had ended
    _expire(executor, now)
    if executor.reach.is_away(now) or executor.books.is_away(now):
        _tell_why(executor, now)
    if executor.reach.waits(now):
        return []
    waiting = sorted(executor.waiting.values(), key=_opens)
    ready = list(islice(filter(_Readiness(executor, now).of, waiting), executor.batch.size))
    return _claim(executor, ready, now) if ready else []


def _expire(executor: Executor, now: int) -> None:
    """End what has grown too old, wherever it stands in the queue; whoever has its lease may."""
    old = [item for item in executor.waiting.values() if 0 < item.valid_until < now]
    for item in old:
        if executor.terms.get(item.partition):
            executor.end(item, Outcome.EXPIRED, ReasonCode.ORDER_EXPIRED, now)


def _tell_why(executor: Executor, now: int) -> None:
    """Say of what never grows too old that it waits for its terminal, however long that takes."""
    for item in executor.waiting.values():
        if not item.valid_until and executor.terms.get(item.partition):
            executor.hold(item, ReasonCode.NO_CONNECTION, now)


def _opens(item: Waiting) -> bool:
    return item.kind is LegKind.OPEN


class _Readiness:
    """What may be claimed in this turn; what never will be is ended."""

    def __init__(self, executor: Executor, now: int) -> None:
        self._executor = executor
        self._memory = executor.memory
        self._now = now
        self._held: _Tickets | None = None
        self._changing: dict[tuple[bytes, object], Waiting] = {}

    def of(self, item: Waiting) -> bool:
        order = item.order
        if not self._executor.terms.get(item.partition):
            return False  # whoever has the lease says what becomes of it
        if item.kind is LegKind.MODIFY and not self._is_first_change(item):
            return False
        # One of a time far ahead: the clock was set back.
        if self._now < item.not_before <= self._now + _LONGEST_WAIT:
            return False
        if order["after"] and not self._is_next(item):
            return False
        return item.kind is LegKind.OPEN or self._has_target(item)

    def _is_first_change(self, item: Waiting) -> bool:
        """Return whether no earlier change of the same position or order waits.

        A change keeps the stops that it does not name as they stand when it is sent: behind one
        that was not done yet it would take that back, and one that is tried again would be last.
        """
        opener = item.order["position"].tobytes()
        position, order = self._memory.tickets.get(opener, (0, 0))
        target = (item.order["account_id"].tobytes(), position or order or opener)
        first = self._changing.setdefault(target, item)
        if first.held:
            self._executor.hold(item, first.held, self._now)
        return first is item

    def _is_next(self, item: Waiting) -> bool:
        """Return whether all earlier legs are done; without them this one is cancelled.

        A close that was filled in part is not: what is left stands against what would be opened.
        """
        before = self._memory.earlier(item.order)
        failed = any(
            RANK[outcome] == RANK[Outcome.FAILED]
            or outcome == Outcome.PARTIALLY_FILLED
            or self._is_given_up(key)
            for key, outcome in before.items()
        )
        if failed:
            self._executor.end(item, Outcome.CANCELLED, ReasonCode.CLOSE_FAILED, self._now)
            return False
        if any(outcome == Outcome.UNRESOLVED for outcome in before.values()):
            self._executor.hold(item, ReasonCode.EARLIER_UNRESOLVED, self._now)
        done = all(RANK[outcome] == EXECUTED for outcome in before.values())
        return done and len(before) == item.order["leg"] - 1

    def _is_given_up(self, key: bytes) -> bool:
        """Return whether nobody knows an order's end, and nobody looks for it any more."""
        unknown = self._memory.outcomes.get(key) == Outcome.UNRESOLVED
        return unknown and key not in self._executor.watched

    def _has_target(self, item: Waiting) -> bool:
        """Return whether the position or order that it acts on has a ticket."""
        opener = item.order["position"].tobytes()
        if RANK[self._memory.outcomes.get(opener, 0)] == RANK[Outcome.FAILED]:
            self._executor.end(item, Outcome.REJECTED, ReasonCode.OPENING_FAILED, self._now)
            return False
        return self._is_reachable(opener, item) or self._find_target(opener, item)

    def _is_reachable(self, opener: bytes, item: Waiting) -> bool:
        """Return whether the tickets that are known will do; a close needs a position's.

        While the opening is looked for, what its answer named may be of no use, or the wrong one.
        """
        position, order = self._memory.tickets.get(opener, (0, 0))
        needed = position if item.kind is LegKind.CLOSE else position or order
        return bool(needed) and not self._executor.seeks(opener)

    def _find_target(self, opener: bytes, item: Waiting) -> bool:
        """Look at the broker for a position or order that another journal has opened.

        An account that moved here, or a journal that was lost, leaves closes whose opening this
        executor never knew, or has given up. What is not there after a while is over.
        """
        if self._executor.seeks(opener):
            self._executor.hold(item, ReasonCode.EARLIER_UNRESOLVED, self._now)
            return False
        if opener in self._executor.waiting:
            return False
        item.not_before = self._now + SECOND
        item.read_at = min(item.read_at, self._now)
        if (held := self._at_broker()) is None:
            item.read_at = self._now  # it is looked for from the first answer on
            return False
        marks = (token(opener), _magical(item.order, magic(int(item.order["magic"]), opener)))
        found = next((held[mark] for mark in marks if mark in held), None)
        if found is not None:
            _, order = self._memory.tickets.get(opener, (0, 0))
            self._memory.tickets[opener] = (found[0], found[1] or order)
            if self._is_reachable(opener, item):
                return True
        if self._now - item.read_at > TARGET_SECONDS * SECOND:
            self._executor.end(item, Outcome.REJECTED, ReasonCode.NO_POSITION, self._now)
        return False

    def _at_broker(self) -> _Tickets | None:
        """Tickets of what stands at the broker, by its marks; None while the terminal is silent."""
        books = self._executor.books
        if self._held is None and not books.waits(self._now):
            try:
                self._held = _tickets(self._executor.terminal)
            except (Transient, Ambiguous) as error:
                log.warning("the terminal does not tell what stands: %s", error)
                books.failed(self._now)
            else:
                books.answered()
        return self._held


def _tickets(terminal: Any) -> _Tickets:
    """Return positions and pending orders by token; by what is `_magical` where there is none.

    A position counts for more than an order.
    """
    found: dict[_Mark, tuple[int, int]] = {}
    for rows in (terminal.open_orders(), terminal.positions()):
        for row in rows:
            word = token_in(row["comment"])
            mark = word if is_token(word) else _magical(row, int(row["magic"]))
            pending = int(row["order_ticket"]) if "order_ticket" in rows.dtype.names else 0
            found[mark] = (int(row["position_ticket"]), pending)
    return found


def _magical(row: Any, number: int) -> _Mark:
    """Return the mark of a position or order whose comment the broker has rewritten."""
    return row["account_id"].tobytes(), bytes(row["symbol"]), number


def _claim(executor: Executor, ready: list[Waiting], now: int) -> list[Waiting]:
    """Claim by script; return what this journal and term may send."""
    parts: dict[int, list[Waiting]] = {}
    for item in ready:
        parts.setdefault(item.partition, []).append(item)
    batches = [
        executor.claim_batch(
            partition=p,
            term=executor.terms[p],
            orders=[(i.order["order_id"].tobytes(), i.decision) for i in items],
        )
        for p, items in parts.items()
    ]
    answers = executor.claims.claim_all(executor.instance, executor.journal.id, batches)
    granted = set()
    for items, found in zip(parts.values(), answers, strict=True):
        for item, answer in zip(items, found, strict=True):
            item.claimed_at = now
            if _is_granted(executor, item, answer, now):
                granted.add(id(item))
    return [item for item in ready if id(item) in granted]


def _is_granted(executor: Executor, item: Waiting, answer: Claim, now: int) -> bool:
    """Return whether an order may be sent; if it never may be, say what it came to."""
    held, key = answer.held, item.order["order_id"].tobytes()
    known = executor.journal.known.get(key)
    if known is not None and known.sent_unanswered:
        # Whoever has the claim: this journal may have sent it, so it is looked for.
        del executor.waiting[key]
        executor.watched[key] = (now, SECOND)
        return False
    if held is Held.CLAIMED:
        return True
    ours = held in (Held.OURS, Held.OTHER_TERM)
    if held is Held.FOREIGN or (ours and _is_forgotten(executor, item, now)):
        del executor.waiting[key]
        executor.doubt(item.partition, executor.report(item.order, now), item.order)
        return False
    if held is Held.OTHER_TERM:
        # Claimed by this journal under an earlier lease, and never sent: that is over.
        executor.end(item, Outcome.FAILED, ReasonCode.EXECUTOR_RESTARTED, now)
    elif held is Held.CLOSED:
        del executor.waiting[key]
        executor.memory.outcomes[key] = answer.outcome
    elif held is Held.GONE:
        # Its decision was lost; should the shard decide it again, it is read again.
        del executor.waiting[key]
    return held is Held.OURS


def _is_forgotten(executor: Executor, item: Waiting, now: int) -> bool:
    """Return whether the journal may have sent an order, and have forgotten it since."""
    known = item.order["order_id"].tobytes() in executor.journal.known
    return not known and bool(item.order["decided_at"] < now - RETENTION + DAY)
