"""The shard: the memory of one trade process, and the steps that change it.

Memory is what the logs say. After any doubt, an error, a lost reply, a reconnect, it is
dropped and folded again (design, law 2); `stale` says that this is due.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import redis

from config import faults
from operators.backlog import Backlog
from operators.gaps import Gaps, look, refuse
from operators.grounds import Grounds
from operators.live_state import LiveState
from operators.pressure import Pressure
from operators.replay import Logged, LogMoved, Place, compare, order_of, replay
from operators.result_pieces import Piece, cut
from operators.shard_parts import Intake, Last, Send
from operators.signal_rows import SignalRows
from rules import decision_log
from rules.events_log import EventEntry, fold_entries
from rules.forgetting import forget
from rules.state import State
from rules.touched import Touched, stamp
from schema import keys

log = logging.getLogger(__name__)
_LIVE_ROWS, _LIVE_AT_ONCE = 1000, 200
_RESULTS_EVERY = 250_000  # microseconds
_FORGET_ANYHOW = 600_000_000  # microseconds

Entry = tuple[str, str, Mapping[bytes, bytes]]
"""The stream, the entry's id and its fields."""


class Shard:
    """State of some partitions, what they are decided by, and where each of their logs stands."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        intake: Intake,
        send: Send,
        last: Last,
        grounds: Grounds,
        live: LiveState,
        pressure: Pressure,
    ) -> None:
        self.live = live
        self.pressure = pressure
        self.client = client
        self.settings = grounds.settings
        self.intake = intake
        self.grounds = grounds
        self._send = send
        self._last = last
        self.stale = True
        self.state = State()
        self.places: dict[int, Place] = {}
        self.events: dict[int, str] = {}  # last entry folded, per partition
        self.touched = Touched()
        self.results_at = 0  # when rows were written last, microseconds
        self._decided_ms: dict[int, int] = {}  # when this process decided last, per partition
        self._written = -1  # partition behind which the next piece of rows begins
        self.decisions: list[Logged] = []  # whose rows are not yet written
        self.signal_rows = SignalRows()
        self.backlog = Backlog()
        # Partitions whose logs are to be trimmed before anything else is decided: Redis is full.
        self.relief: list[int] = []
        self.gaps = Gaps(client, self.settings.partitions[0])
        self.read: Mapping[str, str] = {}  # last entry taken, per signal stream
        self._forgotten_at = 0

    @property
    def carries(self) -> bool:
        """Whether no signals are to be read now: some that were read wait, or Redis is full."""
        return bool(self.backlog or self.relief)

    @property
    def ready(self) -> bool:
        """Whether there is a configuration, and memory that can be trusted."""
        return self.grounds.known and not self.stale

    def recover(self) -> dict[str, str]:
        """Drop the memory, fold the logs again, and return where to read on.

        Raises:
            redis.RedisError: Try again.
            rules.errors.Fatal: A log has a gap.
        """
        self.state = State()
        self.signal_rows.clear()
        self.backlog.clear()
        before = self.places
        self.places, self.touched, self.decisions = replay(
            self.client, self.state, self.settings.partitions
        )
        compare(before, self.places)
        self.events = {p: place.events for p, place in self.places.items()}
        self.live.restart(self.state)
        self.grounds.join(self.state)
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
        """Take the configuration anew if its version has changed; say whether."""
        renewed = self.grounds.renew()
        if renewed and not self.stale:
            self.grounds.join(self.state)
        return renewed

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

    def log_decisions(
        self, parts: Mapping[int, decision_log.Decision], touched: Touched, now: int
    ) -> None:
        """Append one decision to each partition; anything but success makes the memory stale.

        Args:
            parts: The decisions.
            touched: Rows of the state that they changed.
            now: Microseconds.

        Raises:
            redis.RedisError: The link broke; nothing is known.
        """
        faults.point("trade.deciding", redis.ConnectionError)
        made = [(p, self.places[p].decision, d.fields()) for p, d in parts.items()]
        # Empty ones are what a snapshot stands at, and only behind one may anything go.
        empty = not any(len(d.verdicts) for d in parts.values())
        ids = self._send(made, beyond=empty or self.pressure.has_reserve)
        faults.point("trade.dispatched", redis.ConnectionError)
        stamps = {}
        for (partition, decision), entry_id in zip(parts.items(), ids, strict=True):
            if entry_id is None:
                log.warning("another shard decided", extra={"partition": partition})
                self.stale = True
                return
            stamps[partition] = order_of(entry_id)
            self.places[partition] = Place(entry_id, decision.events, dict(decision.marks))
            self._decided_ms[partition] = now // 1000
            self.decisions.append((partition, entry_id, decision))
        stamp(self.state, touched, stamps)
        self.touched.add(touched)

    def failed(self, *, full: bool) -> None:
        """Take note that a round failed: the memory is to be made anew.

        Args:
            full: Redis has no memory for what was to be written.
        """
        self.stale = True
        self.backlog.failed()
        if full:
            self.relief = list(self.settings.partitions)

    def piece(self, wanted: Collection[int] = ()) -> Piece:
        """Return what is to be written as rows next (see operators.result_pieces.cut)."""
        return cut(self.state, self.touched, self.decisions, after=self._written, wanted=wanted)

    def wrote(self, piece: Piece) -> None:
        """Take note that the rows of a piece are safe."""
        self.live.touch(piece.touched)
        self.touched, self.decisions, self._written = piece.rest, piece.waiting, piece.last

    def has_rows(self, now: int) -> bool:
        """Return whether rows wait that are to be written as soon as no signal is there."""
        return self.ready and self.rows_are_due(now) and (self.touched.any or self.signal_rows.any)

    def rows_are_due(self, now: int, patience: int = 0) -> bool:
        """Return whether it is time to write rows again, or the clock was set back meanwhile."""
        return not 0 <= now - self.results_at < _RESULTS_EVERY + patience

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
        """Return the partitions whose last decision is so old that an empty one is due.

        A stream's ids never go back, but the clock may: what this process knows itself counts.
        """
        patience = self.settings.idle_decision_ms
        last = ((p, self._decided_ms.get(p, at.decided_ms)) for p, at in self.places.items())
        return [p for p, decided_ms in last if not 0 <= now_ms - decided_ms < patience]

    def forget_finished(self, now: int) -> bool:
        """Drop from memory what has long been finished; rows move, so none may be waiting.

        What is finished is to be shown first. Where there is never time for that, it is shown a
        part at a time, and in the end all at once, for memory must not grow for it.

        Returns:
            Whether it is done, or can wait a minute; else ask again soon.

        Raises:
            redis.RedisError: The link broke.
        """
        if not self.state.pairs.count or self.touched.any or self.pressure.crowded:
            return True
        self._forgotten_at = self._forgotten_at or now
        waited = now - self._forgotten_at
        if self.live.waiting > _LIVE_ROWS and 0 <= waited < 2 * _FORGET_ANYHOW:
            late = waited >= _FORGET_ANYHOW
            if late:
                self.live.write(self.state, _LIVE_AT_ONCE)
            return not late
        self.live.write(self.state, self.live.waiting)
        forget(self.state, now - self.settings.keep_finished_us)
        self._forgotten_at = now
        self.grounds.join(self.state)
        return True

    def already_decided(self, partition: int, stream: int, entry: tuple[int, int]) -> bool:
        """Return whether a partition's log says that it decided an entry."""
        mark = self.places[partition].marks.get(keys.signals(stream), "0-0")
        return entry <= order_of(mark)
