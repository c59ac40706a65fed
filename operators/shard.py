"""The shard: the memory of one trade process, and the steps that change it.

Memory is what the logs say. After any doubt, an error, a lost reply, a reconnect, it is
dropped and folded again (design, law 2); `stale` says that this is due.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import redis

from config import faults
from operators.admitted import Admitted
from operators.gaps import Gaps, look, refuse
from operators.live_state import LiveState
from operators.pressure import Pressure
from operators.replay import Logged, LogMoved, Place, compare, order_of, replay
from operators.result_pieces import Piece, cut
from operators.signal_rows import SignalRows
from rules import decision_log
from rules.book import Book, Market
from rules.compile import compile_book
from rules.events_log import EventEntry, fold_entries
from rules.forgetting import forget
from rules.links import Links
from rules.rates import RatePaths, carry_over, empty_market, update_market
from rules.rows import Names
from rules.state import State
from rules.touched import Touched, stamp
from rules.validation import Validated
from schema import keys
from schema.codes import ReasonCode
from schema.wire import QUOTE, decode

log = logging.getLogger(__name__)
_MINUTE_MS = 60_000
_LIVE_ROWS = 1000
_FORGET_ANYHOW = 600_000_000  # microseconds


class Intake(Protocol):
    """See operators.intake."""

    def admit(
        self, batch: Validated, strategy_status: Callable[[Sequence[str]], Sequence[ReasonCode]]
    ) -> Admitted:
        """Sort a batch into originals, resends and rejections."""
        ...


class Send(Protocol):
    """Appends decisions: sinks.dispatch.Dispatcher.send over plain tuples."""

    def __call__(
        self, appends: Sequence[tuple[int, str, Mapping[bytes, bytes]]]
    ) -> list[str | None]:
        """Return the new id for each partition, None where its last decision was another."""
        ...


class Last(Protocol):
    """See sinks.dispatch.Dispatcher.last."""

    def __call__(self, partitions: Sequence[int]) -> list[str]:
        """Return the id of the last decision of each partition."""
        ...


@dataclass(frozen=True, kw_only=True)
class ShardSettings:
    """What a shard is told."""

    partitions: tuple[int, ...]
    streams: tuple[int, ...] = (0,)
    max_balance_age_us: int = 60_000_000
    max_quote_age_us: int = 30_000_000
    snapshot_ms: int = 60_000
    idle_decision_ms: int = _MINUTE_MS
    keep_finished_us: int = 3_600_000_000


Entry = tuple[str, str, Mapping[bytes, bytes]]
"""The stream, the entry's id and its fields."""

Configuration = tuple[int, dict[str, pa.Table]]


class Shard:
    """State, book and market of some partitions, and where each of their logs stands."""

    def __init__(
        self,
        client: redis.Redis,
        settings: ShardSettings,
        *,
        intake: Intake,
        send: Send,
        last: Last,
        version: Callable[[], int | None],
        load: Callable[[], Configuration | None],
        live: LiveState,
        pressure: Pressure,
    ) -> None:
        self.live = live
        self.pressure = pressure
        self.client = client
        self.settings = settings
        self.intake = intake
        self._send = send
        self._last = last
        self._version = version
        self._load = load
        self.stale = True
        self.state = State()
        self.places: dict[int, Place] = {}
        self.events: dict[int, str] = {}  # last entry folded, per partition
        self.touched = Touched()
        self.results_due = 0
        self._written = -1  # partition behind which the next piece of rows begins
        self.decisions: list[Logged] = []  # whose rows are not yet written
        self.signal_rows = SignalRows()
        self.gaps = Gaps(client, settings.partitions[0])
        self.read: Mapping[str, str] = {}  # last entry taken, per signal stream
        self._forgotten_at = 0
        self._book: Book | None = None
        self._links: Links | None = None
        self._names: Names | None = None
        self._paths: RatePaths | None = None
        self._market: Market | None = None

    @property
    def book(self) -> Book:
        """The configuration in force; only call it when `ready`."""
        assert self._book is not None
        return self._book

    @property
    def brokers(self) -> list[bytes]:
        """Ids of the brokers whose prices are needed; none before there is a configuration."""
        return [] if self._book is None else list(self._book.brokers.tolist())

    @property
    def links(self) -> Links:
        """Links of the state and the book."""
        assert self._links is not None
        return self._links

    @property
    def names(self) -> Names:
        """What rows need of the book."""
        assert self._names is not None
        return self._names

    @property
    def market(self) -> Market:
        """Prices now."""
        assert self._market is not None
        return self._market

    @property
    def ready(self) -> bool:
        """Whether there is a configuration, and memory that can be trusted."""
        return self._book is not None and not self.stale

    def recover(self) -> dict[str, str]:
        """Drop the memory, fold the logs again, and return where to read on.

        Raises:
            redis.RedisError: Try again.
            rules.errors.Fatal: A log has a gap.
        """
        self.state = State()
        self.signal_rows.clear()
        before = self.places
        self.places, self.touched, self.decisions = replay(
            self.client, self.state, self.settings.partitions
        )
        compare(before, self.places)
        self.events = {p: place.events for p, place in self.places.items()}
        self.live.restart(self.state)
        if self._book is not None:
            self._links = Links(self._book, self.state)
        events = {keys.events(p): self.events[p] for p in self.settings.partitions}
        self.read = self._signal_positions()
        seen = look(self.client, {**events, **self.read})
        gaps = {s: gap for s, one in seen.items() if (gap := one.gap) is not None}
        if gaps and not (self._is_last() and self._signal_positions() == self.read):
            # Another shard decides for these partitions, and trims what it has decided.
            raise LogMoved("the signals that were to be read were decided meanwhile")
        for stream in gaps.keys() & events.keys():
            raise refuse(stream, gaps[stream].reason)
        self.gaps.restart(seen)
        self.gaps.report(gaps)
        self.stale = False
        return {**events, **self.read}

    def _signal_positions(self) -> dict[str, str]:
        """Return the last entry of each signal stream behind which something may be undecided."""
        positions = {}
        for stream in self.settings.streams:
            key = keys.signals(stream)
            marks = [place.marks.get(key, "0-0") for place in self.places.values()]
            written: Any = self.client.hget(keys.signal_mark(stream), "mark")
            positions[key] = min([*marks, (written or b"0-0").decode()], key=order_of)
        return positions

    def _is_last(self) -> bool:
        """Return whether the last decisions of all partitions are those that were folded."""
        folded = [self.places[p].decision for p in self.settings.partitions]
        return self._last(self.settings.partitions) == folded

    def look_for_gaps(self) -> None:
        """Report signals that are gone unread.

        Raises:
            redis.RedisError: The link broke.
        """
        gaps = self.gaps.look(self.read)
        # Another shard that decides for these partitions has trimmed what it has read.
        if gaps and self.owns(self.settings.partitions):
            self.gaps.report(gaps)

    def check_events(self, partitions: Sequence[int]) -> bool:
        """Return whether the events of partitions were all read; False if others decide for them.

        Raises:
            Fatal: Some were trimmed or deleted unread.
            redis.RedisError: The link broke.
        """
        gaps = self.gaps.look({keys.events(p): self.events[p] for p in partitions})
        if not gaps:
            return True
        if not self.owns(partitions):
            return False
        stream, gap = next(iter(gaps.items()))
        raise refuse(stream, gap.reason)

    def configure(self) -> bool:
        """Compile the book anew if the configuration's version has changed; say whether."""
        current = self._version()
        if current is None or (self._book is not None and current == self._book.version):
            return False
        found = self._load()
        if found is None:
            return False
        version, tables = found
        settings = self.settings
        book = compile_book(
            tables,
            version,
            partitions=settings.partitions,
            max_balance_age_us=settings.max_balance_age_us,
            max_quote_age_us=settings.max_quote_age_us,
        )
        paths = RatePaths.of(book, tables["instruments"])
        if self._book is None or self._market is None:
            self._market = empty_market(book)
        else:
            self._market = carry_over(self._book, self._market, book, paths)
        self._book, self._paths, self._names = book, paths, Names(book)
        if not self.stale:
            self._links = Links(book, self.state)
        log.info("configuration in force", extra={"version": version})
        return True

    def take_quotes(self, quotes: Sequence[tuple[bytes, bytes]]) -> None:
        """Take prices in; those of brokers that the book does not know are left out."""
        if self._book is None or self._paths is None:
            return
        rows = {key: row for row, key in enumerate(self._book.brokers.tolist())}
        for broker, data in quotes:
            row = rows.get(broker)
            if row is not None:
                records = decode(data, QUOTE)
                self._market = update_market(self._book, self._paths, self._market, row, records)

    def fold_events(self, entries: Sequence[EventEntry]) -> None:
        """Fold events that were read, once each."""
        fresh = [entry for entry in entries if order_of(entry[1]) > order_of(self.events[entry[0]])]
        if not fresh:
            return  # most rounds: a fold of nothing costs a quarter of one
        self.touched.add(fold_entries(self.state, fresh))
        for partition, entry_id, _ in fresh:
            self.events[partition] = entry_id
        self.gaps.took(keys.events(partition) for partition, _, _ in fresh)

    def take_signals(self, entries: Sequence[Entry], positions: Mapping[str, str]) -> None:
        """Count entries of signal streams that were read, up to these positions."""
        if positions:
            self.read = positions
        self.gaps.took(stream for stream, _, _ in entries)

    def log_decisions(self, parts: Mapping[int, decision_log.Decision], touched: Touched) -> None:
        """Append one decision to each partition; anything but success makes the memory stale.

        Raises:
            redis.RedisError: The link broke; nothing is known.
        """
        faults.point("trade.deciding", redis.ConnectionError)
        ids = self._send([(p, self.places[p].decision, d.fields()) for p, d in parts.items()])
        faults.point("trade.dispatched", redis.ConnectionError)
        stamps = {}
        for (partition, decision), entry_id in zip(parts.items(), ids, strict=True):
            if entry_id is None:
                log.warning("another shard decided", extra={"partition": partition})
                self.stale = True
                return
            stamps[partition] = order_of(entry_id)
            self.places[partition] = Place(entry_id, decision.events, dict(decision.marks))
            self.decisions.append((partition, entry_id, decision))
        stamp(self.state, touched, stamps)
        self.touched.add(touched)

    def piece(self, wanted: Collection[int] = ()) -> Piece:
        """Return what is to be written as rows next (see operators.result_pieces.cut)."""
        return cut(self.state, self.touched, self.decisions, after=self._written, wanted=wanted)

    def wrote(self, piece: Piece) -> None:
        """Take note that the rows of a piece are safe."""
        self.live.touch(piece.touched)
        self.touched, self.decisions, self._written = piece.rest, piece.waiting, piece.last

    def has_rows(self, now: int) -> bool:
        """Return whether rows wait that are to be written as soon as no signal is there."""
        return self.ready and now >= self.results_due and (self.touched.any or self.signal_rows.any)

    def owns(self, partitions: Sequence[int]) -> bool:
        """Return whether nobody else has decided for these partitions; else memory is stale.

        Who decides also trims under its snapshots, events first: another shard's memory may
        have a gap then, and its rows must not be written. Where the last decision is the one
        that was folded, nothing was trimmed that this shard had not read before.

        Raises:
            redis.RedisError: The link broke.
        """
        ours = [self.places[p].decision for p in partitions]
        if self._last(partitions) == ours:
            return True
        log.warning("another shard decides for these partitions; folding again")
        self.stale = True
        return False

    def idle(self, now_ms: int) -> list[int]:
        """Return the partitions whose last decision is so old that an empty one is due."""
        due = now_ms - self.settings.idle_decision_ms
        return [p for p, place in self.places.items() if place.decided_ms <= due]

    def forget_finished(self, now: int) -> None:
        """Drop from memory what has long been finished; rows move, so none may be waiting."""
        if self.state.pairs.count and not self.touched.any:
            self._forgotten_at = self._forgotten_at or now
            if self.live.waiting > _LIVE_ROWS and 0 <= now - self._forgotten_at < _FORGET_ANYHOW:
                return  # what is finished is to be shown first; it goes a minute later
            # Where there is never time to show it, memory must not grow for that.
            self.live.write(self.state, self.live.waiting)
            forget(self.state, now - self.settings.keep_finished_us)
            self._forgotten_at = now
            if self._book is not None:
                self._links = Links(self._book, self.state)

    def already_decided(self, partition: int, stream: int, entry: tuple[int, int]) -> bool:
        """Return whether a partition's log says that it decided an entry."""
        mark = self.places[partition].marks.get(keys.signals(stream), "0-0")
        return entry <= order_of(mark)


def strategy_status(book: Book) -> Callable[[Sequence[str]], Sequence[ReasonCode]]:
    """Return the check of strategies that an intake asks for."""

    def status(names: Sequence[str]) -> list[ReasonCode]:
        codes = []
        for name in names:
            row = book.strategy_index.get(name)
            if row is None:
                codes.append(ReasonCode.UNKNOWN_STRATEGY)
            elif not book.strategies.active[row]:
                codes.append(ReasonCode.STRATEGY_INACTIVE)
            else:
                codes.append(ReasonCode.NONE)
        return codes

    return status
