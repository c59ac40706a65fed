"""Folding a partition again from its snapshot and its logs.

Each decision is folded after the events up to the position it had seen (design, law 2);
events behind the last decision are left to the live reader.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import redis

from operators.gaps import check_decisions, check_events, refuse
from rules import decision_log, snapshots
from rules.decision_log import BEGINNING
from rules.errors import Fatal
from rules.events_log import EventEntry, fold_entries
from rules.new_rows import fold_decision
from rules.state import State
from rules.tables import joined
from rules.touched import Touched, stamp
from schema import keys

log = logging.getLogger(__name__)
_PAGE = 200  # entries, of each of 64 partitions at once
Entry = tuple[str, dict[bytes, bytes]]
Logged = tuple[int, str, decision_log.Decision]
"""A decision in its log: the partition, the entry's id, and what it says."""


class LogMoved(redis.RedisError):
    """Another shard has trimmed a log while it was folded: fold again."""


@dataclass
class Place:
    """Where a partition's fold stands."""

    decision: str = BEGINNING
    events: str = BEGINNING
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def decided_ms(self) -> int:
        """Time of the last decision, milliseconds."""
        return int(self.decision.partition("-")[0])


@lru_cache(maxsize=4096)  # the same few ids are compared over and over
def order_of(entry_id: str) -> tuple[int, int]:
    """Return what stream ids sort by."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)


def replay(
    client: redis.Redis, state: State, partitions: Sequence[int]
) -> tuple[dict[int, Place], Touched, list[Logged]]:
    """Fold the logs of partitions into an empty state.

    Returns:
        Where each partition stands; the rows that the log touched after the snapshots, and the
        decisions in it, for nobody knows whether their rows were written.

    Raises:
        Fatal: If a log has a gap: something was trimmed or lost that no snapshot covers.
            It was not this shard's trimming, nor another's.
        redis.RedisError: If the link broke, or another shard trimmed what was being read; start
            again with an empty state.
    """
    pipe: Any = client.pipeline(transaction=False)
    for partition in partitions:
        pipe.get(keys.snapshot(partition))
    blobs = pipe.execute()
    places = {
        p: _restore(client, state, p, blob) for p, blob in zip(partitions, blobs, strict=True)
    }
    stood = {partition: place.events for partition, place in places.items()}
    touched = Touched()
    logged: list[Logged] = []
    logs = {partition: _Log(client, partition, place) for partition, place in places.items()}
    try:
        while logs:
            read = {partition: log.step() for partition, log in logs.items()}
            logs = {partition: log for partition, log in logs.items() if read[partition]}
            logged += _fold([step for step in read.values() if step], state, touched)
        check_decisions(client, {p: place.decision for p, place in places.items()})
        check_events(client, stood)
        check_events(client, {p: place.events for p, place in places.items()})
    except Fatal as error:
        _check_unmoved(client, partitions, blobs, error)
        raise
    _check_unmoved(client, partitions, blobs)
    return places, touched, logged


def _check_unmoved(
    client: redis.Redis,
    partitions: Sequence[int],
    blobs: Sequence[bytes | None],
    error: Fatal | None = None,
) -> None:
    """Raise if another shard has stored a snapshot since these were read.

    It trims the logs under it, events first: what was read behind an older one may have a gap.
    """
    pipe: Any = client.pipeline(transaction=False)
    for partition in partitions:
        pipe.get(keys.snapshot(partition))
    for partition, before, now in zip(partitions, blobs, pipe.execute(), strict=True):
        if before != now:
            moved = f"partition {partition}: another shard has stored a snapshot"
            raise LogMoved(moved) from error


def compare(before: Mapping[int, Place], after: Mapping[int, Place]) -> None:
    """Say so if Redis has lost decisions that this process had folded.

    Raises:
        Fatal: Nothing at all is left of some partition.
    """
    back = [
        p for p, place in before.items() if order_of(after[p].decision) < order_of(place.decision)
    ]
    for partition in back:
        if after[partition].decision == BEGINNING:
            log_key = keys.decisions(partition)
            raise refuse(log_key, f"nothing is left; its last was {before[partition].decision}")
    if back:
        log.error(
            "Redis lost the last decisions of %d partitions: it was restarted without them, or "
            "failed over; what they ordered may be decided again, and is sent once",
            *(len(back),),
            extra={"partitions": back},
        )


def _restore(client: redis.Redis, state: State, partition: int, blob: bytes | None) -> Place:
    """Put a stored snapshot into the state, if the log still knows the decision it stands at."""
    if blob is None:
        return Place()
    try:
        snapshot = snapshots.read(blob)
    except ValueError as error:
        raise _unreadable(partition, error) from error
    key = keys.decisions(partition)
    first = _page(client, key, snapshot.decision)
    covered = first and (
        first[0][0] == snapshot.decision
        or decision_log.read(first[0][1]).previous == snapshot.decision
    )
    if not first and not client.xrevrange(key, count=1):
        raise refuse(key, f"no decision is left, and a snapshot stands at {snapshot.decision}")
    if not covered:
        # Redis lost a suffix that the snapshot rests on: what the log says counts.
        return Place()
    try:
        snapshots.restore(state, snapshot)
    except ValueError as error:
        raise _unreadable(partition, error) from error
    return Place(snapshot.decision, snapshot.events, dict(snapshot.marks))


def _unreadable(partition: int, error: ValueError) -> Fatal:
    return Fatal(
        f"{keys.snapshot(partition)}: the snapshot of partition {partition} cannot be read, and "
        f"what it covers is trimmed: {error}. If a newer Tradecast wrote it, start that one; "
        "else restore the data of Redis from a backup (docs/howto/backup.md)"
    )


def _page(client: redis.Redis, key: str, start: str) -> list[Entry]:
    raw: Any = client.xrange(key, start, "+", count=_PAGE)
    return [(entry_id.decode(), fields) for entry_id, fields in raw]


def _entries(client: redis.Redis, key: str, after: str) -> Iterator[Entry]:
    while True:
        page = _page(client, key, f"({after}" if after != BEGINNING else "-")
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1][0]


@dataclass
class _Step:
    """The next decision of a partition, and the events that it had seen and no one before it."""

    partition: int
    entry_id: str
    decision: decision_log.Decision
    events: list[EventEntry]


class _Log:
    """The logs of a partition, read forward behind a place, which moves on."""

    def __init__(self, client: redis.Redis, partition: int, place: Place) -> None:
        self._partition = partition
        self._place = place
        self._events = _Events(client, partition, place.events)
        self._entries = _entries(client, keys.decisions(partition), place.decision)

    def step(self) -> _Step | None:
        """Return what is to be folded next, None at the end.

        Raises:
            Fatal: A decision is missing.
        """
        entry = next(self._entries, None)
        if entry is None:
            return None
        place, entry_id, decision = self._place, entry[0], decision_log.read(entry[1])
        if decision.previous != place.decision:
            raise Fatal(
                f"partition {self._partition}: decision {entry_id} follows {decision.previous}, "
                f"but the log was folded up to {place.decision}; no snapshot covers what is missing"
            )
        place.decision, place.events = entry_id, decision.events
        place.marks = dict(decision.marks)
        return _Step(self._partition, entry_id, decision, self._events.up_to(decision.events))


def _fold(steps: Sequence[_Step], state: State, touched: Touched) -> list[Logged]:
    """Fold one decision of each of several partitions; they know nothing of each other.

    A fold of few rows costs what one of a thousand does.
    """
    if not steps:
        return []
    touched.add(fold_entries(state, [entry for step in steps for entry in step.events]))
    verdicts = [step.decision.verdicts for step in steps]
    made = fold_decision(
        state,
        joined([step.decision.orders for step in steps]),
        joined(verdicts),
        np.repeat(np.array([step.partition for step in steps], np.int32), [*map(len, verdicts)]),
    )
    stamp(state, made, {step.partition: order_of(step.entry_id) for step in steps})
    touched.add(made)
    return [(step.partition, step.entry_id, step.decision) for step in steps]


class _Events:
    """The events log of a partition, read forward."""

    def __init__(self, client: redis.Redis, partition: int, after: str) -> None:
        self._partition = partition
        self._entries = _entries(client, keys.events(partition), after)
        self._next: Entry | None = None

    def up_to(self, position: str) -> list[EventEntry]:
        """Return the entries not yet returned, up to a position."""
        out: list[EventEntry] = []
        if position == BEGINNING:
            return out
        limit = order_of(position)
        while True:
            entry = self._next or next(self._entries, None)
            self._next = entry
            if entry is None or order_of(entry[0]) > limit:
                return out
            out.append((self._partition, entry[0], entry[1]))
            self._next = None
