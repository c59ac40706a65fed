"""What an executor's journal remembers, folded from its records.

`JournalState.apply` is the fold, the same when a record is written and when the file is read
again.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.journal_records import (
    ATTEMPT,
    COUNT,
    DEAL_MARK,
    FINISHED,
    PLACE,
    PUBLISHED,
    Kind,
    finish,
    rows_of,
)
from rules.order_life import RANK
from schema.broker import ANSWER, REQUEST
from schema.enums import OrderState, Outcome
from schema.wire import ORDER, REPORT, Records

DAY = 86_400_000_000
RETENTION = 7 * DAY  # microseconds; what is unresolved is kept beyond it
RECENT = DAY // 24  # how long published results are kept whole, should Redis lose them


@dataclass
class Result:
    """A report that was journalled, and where it was published."""

    ordinal: int
    partition: int
    closing: bool
    report: Any  # one REPORT row
    published: tuple[int, int] | None = None
    published_at: int = 0


@dataclass
class Known:
    """An order that is not finished: what was sent, answered and reported."""

    attempt: Any = None  # one ATTEMPT row: the last one
    order: Any = None  # one ORDER row
    request: Any = None  # one REQUEST row
    answer: Any = None  # one ANSWER row to the last attempt, or None
    results: list[Result] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        """How often it was sent."""
        return 0 if self.attempt is None else int(self.attempt["attempt"])

    @property
    def said(self) -> bool:
        """Whether more was said of it than that it waits for another order."""
        return any(r.report["sent"] or not _is_unresolved(r.report) for r in self.results)

    @property
    def in_doubt(self) -> bool:
        """Whether it may have reached the broker, and nobody knows what came of it."""
        return self.said and _is_unresolved(self.results[-1].report)

    @property
    def sent_unanswered(self) -> bool:
        """Whether it was about to be sent, and no answer is known."""
        return self.attempt is not None and self.answer is None

    def given_up(self, before: int) -> bool:
        """Return whether its last word is unresolved, public, and older than a time."""
        if not self.in_doubt or any(r.published is None for r in self.results):
            return False
        return bool(self.results[-1].report["reported_at"] < before)

    @property
    def final(self) -> bool:
        """Whether the last result needs no more watching, and all results are published."""
        if not self.results or any(r.published is None for r in self.results):
            return False
        return is_over(self.results[-1].report)


def _is_unresolved(report: Any) -> bool:
    return int(report["outcome"]) == Outcome.UNRESOLVED


def is_over(report: Any) -> bool:
    """Return whether a report has an outcome above unresolved."""
    return bool(
        int(report["state"]) == OrderState.FINAL
        and RANK[report["outcome"]] > RANK[Outcome.UNRESOLVED]
    )


@dataclass
class JournalState:
    """The fold of a journal."""

    known: dict[bytes, Known] = field(default_factory=dict)
    finished: dict[bytes, Any] = field(default_factory=dict)  # FINISHED rows
    recent: dict[int, Result] = field(default_factory=dict)  # results by ordinal
    deals: dict[bytes, int] = field(default_factory=dict)
    sendings: int = 0  # records of `sending` ever written: how far the journal has come
    next_ordinal: int = 1

    def apply(self, kind: Kind, blocks: Sequence[Records]) -> None:
        """Fold one record."""
        if kind is Kind.SENDING:
            self.sendings += 1
            for attempt, order, request in zip(*blocks, strict=True):
                known = self.known.setdefault(attempt["order_id"].tobytes(), Known())
                known.attempt, known.order, known.request = attempt, order, request
                known.answer = None
        elif kind is Kind.ANSWERED:
            self._answered(*blocks)
        elif kind is Kind.PUBLISHED:
            for row in blocks[0]:
                self._published(row)
        elif kind is Kind.DEALS:
            pairs = zip(
                blocks[0]["account_id"].tolist(), blocks[0]["deal_ticket"].tolist(), strict=True
            )
            self.deals.update(pairs)
        elif kind is Kind.COUNT:
            self.sendings = int(blocks[0]["sendings"][0])
        elif kind is Kind.DOUBTED:
            for order in blocks[0]:
                self.known.setdefault(order["order_id"].tobytes(), Known()).order = order
        else:
            for row in blocks[0]:
                self.known.pop(row["order_id"].tobytes(), None)
                self.finished[row["order_id"].tobytes()] = row

    def _answered(self, answers: Records, places: Records, reports: Records) -> None:
        for answer in answers:
            known = self.known.get(answer["order_id"].tobytes())
            if known is not None:
                known.answer = answer
        for place, report in zip(places, reports, strict=True):
            ordinal = int(place["ordinal"])
            result = Result(ordinal, int(place["partition"]), bool(place["closing"]), report)
            self.known.setdefault(report["order_id"].tobytes(), Known()).results.append(result)
            self.recent[ordinal] = result
            self.next_ordinal = max(self.next_ordinal, ordinal + 1)

    def _published(self, row: Any) -> None:
        result = self.recent.get(int(row["ordinal"]))
        if result is None:
            return
        order_id = result.report["order_id"].tobytes()
        known = self.known.get(order_id)
        if row["void"]:
            del self.recent[result.ordinal]
            if known is not None:
                known.results = [r for r in known.results if r is not result]
                if not known.results and known.attempt is None:
                    del self.known[order_id]
            return
        result.published = (int(row["entry_ms"]), int(row["entry_seq"]))
        result.published_at = int(row["published_at"])
        if known is not None and known.final:
            self.finished[order_id] = finish(known.results[-1].report)
            del self.known[order_id]

    def unpublished(self) -> Iterator[Result]:
        """Yield the results that are not in the events yet, oldest first."""
        waiting = [r for k in self.known.values() for r in k.results if r.published is None]
        yield from sorted(waiting, key=lambda result: result.ordinal)

    def forget(self, now: int, held: Container[int], watched: Container[bytes] = ()) -> list[bytes]:
        """Drop what was finished more than 7 days ago, and published results after an hour.

        What nobody knows the end of, and nobody looks for any more, goes after twice that time.

        Args:
            now: Microseconds.
            held: Tickets of positions and orders that still stand: what opened them is kept.
            watched: Orders that are looked for.

        Returns:
            The orders that were dropped.
        """
        old = [
            order_id
            for order_id, row in self.finished.items()
            if row["finished_at"] < now - RETENTION
            and row["position_ticket"] not in held
            and row["order_ticket"] not in held
        ]
        for order_id in old:
            del self.finished[order_id]
        given_up = [
            order_id
            for order_id, known in self.known.items()
            if order_id not in watched and known.given_up(now - 2 * RETENTION)
        ]
        for order_id in given_up:
            del self.known[order_id]
        old += given_up
        done = [
            r.ordinal
            for r in self.recent.values()
            if r.published is not None and r.published_at < now - RECENT
        ]
        for ordinal in done:
            del self.recent[ordinal]
        return old

    def records(self) -> Iterator[tuple[Kind, Sequence[Records]]]:
        """Yield records that fold to this state: what compaction writes."""
        sent = [k for k in self.known.values() if k.attempt is not None]
        yield (
            Kind.SENDING,
            (
                rows_of([k.attempt for k in sent], ATTEMPT),
                rows_of([k.order for k in sent], ORDER),
                rows_of([k.request for k in sent], REQUEST),
            ),
        )
        yield Kind.COUNT, (rows_of([(self.sendings,)], COUNT),)
        doubted = [k.order for k in self.known.values() if k.attempt is None]
        yield Kind.DOUBTED, (rows_of([o for o in doubted if o is not None], ORDER),)
        kept = {r.ordinal: r for k in self.known.values() for r in k.results} | self.recent
        results = [kept[ordinal] for ordinal in sorted(kept)]
        places = [(r.ordinal, r.partition, r.closing) for r in results]
        yield (
            Kind.ANSWERED,
            (
                rows_of([k.answer for k in sent if k.answer is not None], ANSWER),
                rows_of(places, PLACE),
                rows_of([r.report for r in results], REPORT),
            ),
        )
        public = [(r.ordinal, *r.published, 0, r.published_at) for r in results if r.published]
        yield Kind.PUBLISHED, (rows_of(public, PUBLISHED),)
        yield Kind.FINISHED, (rows_of(self.finished.values(), FINISHED),)
        yield Kind.DEALS, (rows_of(self.deals.items(), DEAL_MARK),)
