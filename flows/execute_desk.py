"""The steps of flow `execute`, and what is due in between."""

from __future__ import annotations

import logging
import os
import socket
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import redis
from redis.exceptions import OutOfMemoryError

from config import live, restored
from flows import terminals
from operators import confirmation, searching
from operators.claiming import claim
from operators.publishing import publish
from operators.sending import send
from rules import decision_log
from rules.errors import Ambiguous, Fatal, TradecastError, Transient
from sinks.claims import OldJournal
from sinks.instance_state import InstanceState
from sources.orders import Link, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.settings import Settings
    from flows.execute_metrics import Metrics
    from flows.terminals import Instance
    from operators.execution import Executor
    from sinks.events import EventsWriter

log = logging.getLogger(__name__)
_SECOND = 1_000_000
_FORGET_SECONDS = 600
_Answer = TypeVar("_Answer")


class Timers:
    """What is due every so often, in microseconds of the turns' clock."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def due(self, name: str, now: int, every: float) -> bool:
        """Return whether `every` seconds have passed since this was last true."""
        last = self._last.get(name)
        if last is not None and 0 <= now - last < every * _SECOND:
            return False
        self._last[name] = now
        return True


class Desk:
    """One executor at work: the steps of the flow, and what they share."""

    def __init__(
        self,
        client: redis.Redis,
        settings: Settings,
        instance: Instance,
        executor: Executor,
        writer: EventsWriter,
        metrics: Metrics,
        mark: restored.Restored | None = None,
    ) -> None:
        self.link = Link()
        self.journal_is_old = False
        self._client = client
        self._settings = settings.execute
        self._instance = instance
        self._executor = executor
        self._writer = writer
        self._metrics = metrics
        self._restored = mark
        self._timers = Timers()
        self._marked: dict[bytes, bytes] = {}
        self._state = InstanceState(
            client, instance.row, instance.broker, host=socket.gethostname(), process=os.getpid()
        )

    def claim(self, turn: Turn) -> None:
        """Step `claim`: read orders, and claim those that are ready."""
        executor = self._executor
        self.link.busy = False
        if turn.fresh and restored.read(self._client) != self._restored:
            # This is another Redis than the one before: the terminal has to be looked at first.
            turn.failed = self.link.ended = True
            return
        if turn.fresh or self._timers.due("lease", turn.now, self._settings.lease_s / 3):
            executor.lease()
        if turn.fresh:
            self._metrics.linked()
            self._marked.clear()
            executor.reconnected()
        for partition, entry_id, fields in turn.entries:
            executor.read(partition, entry_id, decision_log.read(fields).orders)
        turn.granted = claim(executor, turn.now)
        self.link.busy = bool(turn.granted)

    def send(self, turn: Turn) -> None:
        """Step `send`: journal, ask the terminal, journal its answers."""
        began = self._executor.clock()
        asked = send(self._executor, turn.granted)
        self._metrics.sent(asked, began, self._executor.clock())

    def confirm(self, turn: Turn) -> None:
        """Step `confirm`: publish what is known; look for what is not; tell prices and money.

        A terminal that does not answer one of these questions keeps nothing else from being told.
        """
        executor, wanted, due = self._executor, self._settings, self._timers.due
        deals, marks = confirmation.NO_DEALS, confirmation.NO_MARKS
        if turn.granted or due("poll", turn.now, wanted.poll_ms / 1000):
            deals = self._answer(lambda: confirmation.poll(executor, turn.now), deals)
        self._answer(lambda: self._search(turn.now), None)
        if due("marks", turn.now, wanted.marks_seconds):
            changed = partial(confirmation.changed_marks, executor, self._marked)
            marks = self._answer(changed, marks)
            executor.journal.compact()
        if due("forget", turn.now, _FORGET_SECONDS):
            self._answer(lambda: executor.forget(turn.now), None)
        self._metrics.published(publish(executor, deals, marks))
        if not executor.publisher.told_all:
            self._marked.clear()
        try:
            self._answer(lambda: self._tell_state(turn.now), None)
        except OutOfMemoryError as error:
            # Orders go on: what is told here is of now, and is told again.
            if due("full", turn.now, 60.0):
                log.warning("Redis has no memory for prices and live state: %s", error)
        self._metrics.turned(turn.now)

    def _answer(self, ask: Callable[[], _Answer], nothing: _Answer) -> _Answer:
        """Return what a question to the terminal brought; nothing new where it failed."""
        try:
            return ask()
        except (Transient, Ambiguous) as error:
            self._metrics.unanswered()
            log.warning("the terminal did not answer: %s", error)
            return nothing

    def _tell_state(self, now: int) -> None:
        wanted, due = self._settings, self._timers.due
        if due("quotes", now, wanted.quotes_ms / 1000):
            idle = due("idle quotes", now, wanted.quotes_idle_seconds)
            quotes = self._executor.terminal.quotes()
            self._metrics.quoted(quotes)
            self._writer.publish_quotes(self._instance.broker_id, quotes, 3000, always=idle)
        if due("state", now, 1.0):
            self._look_around(now)

    def _search(self, now: int) -> None:
        due = any(searching.is_due(at, now) for at, _ in self._executor.watched.values())
        start = time.perf_counter()
        searching.look_for(self._executor, now)
        if due:
            self._metrics.took("search", time.perf_counter() - start)

    def _look_around(self, now: int) -> None:
        self._metrics.look(self._executor)
        # A new version may be about others; only what this executor was built from ends it.
        if live.version(self._client) != self._instance.version:
            found = terminals.load(self._client, self._instance.row["key"])
            self.link.ended = not self._instance.trades_as(found)
            if self.link.ended:
                log.info("beginning anew with configuration version %d", found.version)
            self._instance = found
        self._state.write(self._executor, now, running=True)

    def stopped(self) -> None:
        """Say that this instance is not worked on any more."""
        self._state.write(self._executor, self._executor.clock(), running=False)

    def guarded(self, name: str, step: Callable[[Turn], None]) -> Callable[[Turn], Turn]:
        """Return the step; a broken link fails the turn, and what the events lack goes out again.

        What the terminal or the broker says is a value; what is raised here is about the link.
        """

        def run(turn: Turn) -> Turn:
            if not turn.failed:
                start = time.perf_counter()
                try:
                    step(turn)
                    if turn.entries or turn.granted:
                        self._metrics.took(name, time.perf_counter() - start)
                except OldJournal as error:
                    log.critical("%s; it is put aside, and a new one begins", error)
                    self._metrics.put_aside()
                    turn.failed = self.journal_is_old = self.link.ended = True
                except (redis.RedisError, TradecastError) as error:
                    if isinstance(error, Fatal):
                        raise
                    log.warning("the turn failed and is done again: %s", error)
                    self._metrics.failed()
                    turn.failed = self.link.broken = True
            return turn

        return run
