"""Flow `execute`: orders of one terminal are claimed, sent once, and confirmed."""

from __future__ import annotations

import logging
import os
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING

import bytewax.operators as op
import redis
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from typing_extensions import override

from brokers.retcodes import verdict
from config import live
from flows import terminals
from flows.execute_metrics import Metrics
from flows.process import run_flow
from operators import confirmation, searching
from operators.claiming import claim
from operators.execution import Executor
from operators.publishing import publish
from operators.sending import send
from rules import decision_log
from rules.errors import Fatal, TradecastError
from schema import keys
from sinks.claims import ClaimBatch, Claims, OldJournal
from sinks.events import EventsWriter
from sinks.instance_state import InstanceState
from sinks.journal import Journal
from sources.orders import Link, OrdersSource, Turn
from sources.rounds import RedisClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bytewax.inputs import FixedPartitionedSource

    from config.settings import Settings
    from flows.terminals import Instance
    from sources.stop import Stop

log = logging.getLogger(__name__)
_SECOND = 1_000_000
_WAIT = 0.1  # seconds: how late a stop may be noticed
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


class _Last(StatelessSinkPartition[Turn]):
    @override
    def write_batch(self, items: list[Turn]) -> None:
        """End of the flow: everything was published by the steps."""


class LastStep(DynamicSink[Turn]):
    """The end that Bytewax wants of a flow."""

    @override
    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Last:
        return _Last()


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
    ) -> None:
        self.link = Link()
        self.journal_is_old = False
        self._client = client
        self._settings = settings.execute
        self._instance = instance
        self._executor = executor
        self._writer = writer
        self._metrics = metrics
        self._timers = Timers()
        self._marked: dict[bytes, bytes] = {}
        self._state = InstanceState(
            client, instance.row, instance.broker, host=socket.gethostname(), process=os.getpid()
        )

    def claim(self, turn: Turn) -> None:
        """Step `claim`: read orders, and claim those that are ready."""
        executor = self._executor
        if turn.fresh or self._timers.due("lease", turn.now, self._settings.lease_s / 3):
            executor.lease()
        if turn.fresh:
            self._metrics.linked()
            self._marked.clear()
            executor.reconnected()
        for partition, entry_id, fields in turn.entries:
            executor.read(partition, entry_id, decision_log.read(fields).orders)
        turn.granted = claim(executor, turn.now)

    def send(self, turn: Turn) -> None:
        """Step `send`: journal, ask the terminal, journal its answers."""
        began = self._executor.clock()
        send(self._executor, turn.granted)
        self._metrics.sent(turn.granted, began, self._executor.clock())

    def confirm(self, turn: Turn) -> None:
        """Step `confirm`: publish what is known; look for what is not; tell prices and money."""
        executor, wanted, due = self._executor, self._settings, self._timers.due
        polled = turn.granted or due("poll", turn.now, wanted.poll_ms / 1000)
        deals = confirmation.poll(executor, turn.now) if polled else confirmation.NO_DEALS
        self._search(turn.now)
        marks = confirmation.NO_MARKS
        if due("marks", turn.now, wanted.marks_seconds):
            marks = confirmation.changed_marks(executor, self._marked)
            executor.journal.compact()
        if due("forget", turn.now, _FORGET_SECONDS):
            executor.forget(turn.now)
        self._metrics.published(publish(executor, deals, marks))
        if due("quotes", turn.now, wanted.quotes_ms / 1000):
            idle = due("idle quotes", turn.now, wanted.quotes_idle_seconds)
            quotes = executor.terminal.quotes()
            self._metrics.quoted(quotes)
            self._writer.publish_quotes(self._instance.broker_id, quotes, 3000, always=idle)
        if due("state", turn.now, 1.0):
            self._look_around(turn.now)

    def _search(self, now: int) -> None:
        due = any(at <= now for at, _ in self._executor.watched.values())
        start = time.perf_counter()
        searching.look_for(self._executor, now)
        if due:
            self._metrics.took("search", time.perf_counter() - start)

    def _look_around(self, now: int) -> None:
        self._metrics.look(self._executor)
        self._state.write(self._executor, now, running=True)
        # A new version may be about others; only what this executor was built from ends it.
        if live.version(self._client) != self._instance.version:
            found = terminals.load(self._client, self._instance.row["key"])
            self.link.ended = not self._instance.trades_as(found)
            if self.link.ended:
                log.info("beginning anew with configuration version %d", found.version)
            self._instance = found

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


def build(source: FixedPartitionedSource[Turn, None], desk: Desk) -> Dataflow:
    """Wire the steps; a turn passes all of them before the next one is read."""
    flow = Dataflow("execute")
    stream = op.input("orders", flow, source)
    for name, step in (("claim", desk.claim), ("send", desk.send), ("confirm", desk.confirm)):
        stream = op.map(name, stream, desk.guarded(name, step))
    op.output("done", stream, LastStep())
    return flow


def run_execute(
    client: redis.Redis,
    settings: Settings,
    instance: str,
    *,
    directory: Path,
    prices: Path,
    stop: Stop,
) -> None:
    """Execute the orders of one instance until asked to stop.

    A configuration that changes its accounts, symbols or broker ends the flow, and another one
    is built; the lease and the journal stay this process'.

    Raises:
        Fatal: If the configuration does not know the instance.
    """
    metrics = Metrics(instance)
    while not stop.requested:
        found = terminals.load(client, instance)
        _work(client, settings, found, directory, prices, stop, metrics)


def _work(
    client: redis.Redis,
    settings: Settings,
    instance: Instance,
    directory: Path,
    prices: Path,
    stop: Stop,
    metrics: Metrics,
) -> None:
    durability = settings.redis.durability
    writer = EventsWriter(client, instance.instance_id, durability=durability)
    clock = RedisClock(client)
    compact_bytes = int(settings.execute.journal_mb * (1 << 20))
    with (
        closing(terminals.open_terminal(instance, directory, prices)) as terminal,
        closing(Journal(directory / "journal", compact_bytes=compact_bytes)) as journal,
    ):
        executor = Executor(
            instance=instance.instance_id,
            partitions=instance.partitions,
            claims=Claims(client, durability=durability),
            journal=journal,
            terminal=terminal,
            publisher=writer,
            verdict=lambda code, kind: verdict(code, kind)[1:],
            claim_batch=ClaimBatch,
            clock=clock.now,
            attempts=settings.execute.attempts,
            deviation=settings.execute.deviation_points,
            lease_ms=int(settings.execute.lease_s * 1000),
            watch_us=int(settings.execute.watch_days * 86_400 * _SECOND),
        )
        desk = Desk(client, settings, instance, executor, writer, metrics)
        streams = {keys.decisions(p): "0-0" for p in sorted(set(executor.partitions.values()))}
        wait = min(_WAIT, settings.execute.poll_ms / 1000)
        run_flow(build(OrdersSource(client, streams, desk.link, stop, wait, clock), desk))
        if desk.journal_is_old:
            journal.put_aside()
        if stop.requested:
            executor.release()
            desk.stopped()
