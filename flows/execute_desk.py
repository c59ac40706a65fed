"""The steps of flow `execute`, and what is due in between."""

from __future__ import annotations

import logging
import os
import socket
import time
from functools import partial
from typing import TYPE_CHECKING

import redis
from redis.exceptions import OutOfMemoryError

from config import live, restored
from flows import terminals
from flows.terminal_questions import TerminalQuestions
from operators import confirmation, searching
from operators.claiming import claim
from operators.publishing import publish
from operators.sending import send
from rules import decision_log
from rules.errors import Fatal, TradecastError
from sinks.claims import OldJournal
from sinks.instance_state import InstanceState, Prices
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
        self._questions = TerminalQuestions(metrics.unanswered)
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
        """Step `confirm`: publish what is known; look for what is not; tell prices and money."""
        executor, wanted, now = self._executor, self._settings, turn.now
        due, ask = self._timers.due, self._questions.ask
        deals, marks = confirmation.NO_DEALS, confirmation.NO_MARKS
        if turn.granted or due("poll", now, wanted.poll_ms / 1000):
            deals = ask("news", now, lambda: confirmation.poll(executor, now), deals)
        ask("what became of orders", now, lambda: self._search(now), None)
        if due("marks", now, wanted.marks_seconds):
            changed = partial(confirmation.changed_marks, executor, self._marked)
            marks = ask("the money of accounts", now, changed, marks)
            executor.journal.compact()
        if due("forget", now, _FORGET_SECONDS):
            ask("what stands", now, lambda: executor.forget(now), None)
        self._metrics.published(publish(executor, deals, marks))
        if not executor.publisher.told_all:
            self._marked.clear()
        try:
            self._tell_state(now)
        except OutOfMemoryError as error:
            # Orders go on: what is told here is of now, and is told again.
            if due("full", now, 60.0):
                log.warning("Redis has no memory for prices and live state: %s", error)
        self._metrics.turned(now)

    def _tell_state(self, now: int) -> None:
        if self._timers.due("quotes", now, self._settings.quotes_ms / 1000):
            quotes = self._questions.ask("prices", now, self._executor.terminal.quotes, None)
            if quotes is not None:
                idle = self._timers.due("idle quotes", now, self._settings.quotes_idle_seconds)
                self._metrics.quoted(quotes)
                self._writer.publish_quotes(self._instance.broker_id, quotes, 3000, always=idle)
        if self._timers.due("state", now, 1.0):
            self._look_around(now)

    def _prices(self) -> Prices:
        terminal = self._executor.terminal
        points = {row["symbol"].encode(): row["point"] for row in terminal.symbols()}
        return Prices(terminal.quotes(), points)

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
        prices = self._questions.ask("prices", now, self._prices, None)
        self._state.write(self._executor, now, prices, running=True)

    def stopped(self) -> None:
        """Say that this instance is not worked on any more."""
        self._state.write(self._executor, self._executor.clock(), None, running=False)

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
