"""Flow `execute`: orders of one terminal are claimed, sent once, and confirmed."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import bytewax.operators as op
import pyarrow as pa
import redis
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from typing_extensions import override

from brokers.port import Terminal
from brokers.retcodes import verdict
from brokers.simulated import Instrument, SimulatedAccount, SimulatedTerminal, failures, units
from config import live
from config.settings import Execute
from flows.process import run_flow
from operators import confirmation
from operators.execution import Executor
from rules import decision_log
from rules.errors import Fatal, TradecastError
from schema import keys
from sinks.claims import ClaimBatch, Claims
from sinks.events import EventsWriter
from sinks.journal import Journal
from sources.orders import Link, OrdersSource, Turn
from sources.prices import Feed
from sources.stop import Stop

log = logging.getLogger(__name__)
_LEASE_EVERY = 3_000_000
_WAIT = 0.05
Step = Callable[[Turn], None]


class Timers:
    """What is due every so often, in microseconds of the turns' clock."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def due(self, name: str, now: int, every: int) -> bool:
        """Return whether `every` microseconds have passed since this was last true."""
        if now - self._last.get(name, -every) < every:
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


def guarded(step: Step, link: Link) -> Callable[[Turn], Turn]:
    """Return the step; a broken link fails the turn, and what was journalled is published again."""

    def run(turn: Turn) -> Turn:
        if not turn.failed:
            try:
                step(turn)
            except (redis.RedisError, TradecastError) as error:
                if isinstance(error, Fatal):
                    raise
                log.warning("the turn failed and is done again: %s", error)
                turn.failed = link.broken = True
        return turn

    return run


def build(
    source: FixedPartitionedSource[Turn, None],
    executor: Executor,
    link: Link,
    quotes: Callable[[], None],
    settings: Execute,
) -> Dataflow:
    """Wire the steps; a turn passes all of them before the next one is read."""
    timers, marked = Timers(), dict[bytes, bytes]()

    def claim(turn: Turn) -> None:
        if turn.fresh or timers.due("lease", turn.now, _LEASE_EVERY):
            executor.lease()
        if turn.fresh:
            marked.clear()
            executor.republish(turn.now)
        for partition, entry_id, fields in turn.entries:
            executor.read(partition, entry_id, decision_log.read(fields).orders)
        turn.granted = executor.claim(turn.now)

    def send(turn: Turn) -> None:
        executor.send(turn.granted, turn.now)

    def confirm(turn: Turn) -> None:
        if turn.granted or timers.due("poll", turn.now, settings.poll_ms * 1000):
            confirmation.poll(executor, turn.now)
        confirmation.look_for(executor, turn.now)
        if timers.due("quotes", turn.now, settings.quotes_ms * 1000):
            quotes()
        if timers.due("marks", turn.now, int(settings.marks_seconds * 1_000_000)):
            confirmation.publish_marks(executor, marked)
            executor.journal.compact(turn.now)

    flow = Dataflow("execute")
    stream = op.input("orders", flow, source)
    for name, step in (("claim", claim), ("send", send), ("confirm", confirm)):
        stream = op.map(name, stream, guarded(step, link))
    op.output("done", stream, LastStep())
    return flow


def run_execute(
    client: redis.Redis,
    settings: Execute,
    instance: str,
    *,
    directory: Path,
    prices: Path,
    stop: Stop,
) -> None:
    """Execute the orders of one instance until asked to stop.

    Raises:
        Fatal: If the configuration does not know the instance.
    """
    found = live.load(client)
    rows = {} if found is None else found[1]
    row = _only(rows.get("instances"), "key", instance)
    if row is None:
        raise Fatal(f"no instance has the key {instance!r}; apply a configuration that names it")
    accounts = _where(rows["accounts"], "instance_id", row["instance_id"])
    terminal = _simulated(rows, row, accounts, directory, prices)
    journal = Journal(directory / "journal")
    instance_id = UUID(bytes=row["instance_id"])
    writer = EventsWriter(client, instance_id)
    executor = Executor(
        instance=instance_id,
        partitions={a["account_id"]: a["partition"] for a in accounts},
        claims=Claims(client),
        journal=journal,
        terminal=terminal,
        publisher=writer,
        verdict=lambda code, kind: verdict(code, kind)[1:],
        claim_batch=ClaimBatch,
        attempts=settings.attempts,
        deviation=settings.deviation_points,
    )
    broker = UUID(bytes=row["broker_id"])
    streams = {keys.decisions(p): "0-0" for p in sorted(set(executor.partitions.values()))}
    link = Link()
    source = OrdersSource(client, streams, link, stop, _WAIT)

    def quotes() -> None:
        writer.publish_quotes(broker, terminal.quotes(), 3000)

    try:
        run_flow(build(source, executor, link, quotes, settings))
        executor.release()
    finally:
        terminal.close()
        journal.close()


def _where(table: pa.Table, column: str, value: object) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if row[column] == value]


def _only(table: pa.Table | None, column: str, value: object) -> dict[str, Any] | None:
    found = [] if table is None else _where(table, column, value)
    return found[0] if found else None


def _simulated(
    tables: dict[str, pa.Table],
    row: dict[str, Any],
    accounts: list[dict[str, Any]],
    directory: Path,
    prices: Path,
) -> Terminal:
    broker = _only(tables["brokers"], "broker_id", row["broker_id"]) or {}
    feed = Feed(prices)
    known = sorted(feed.symbols, key=len, reverse=True)
    instruments = []
    for line in _where(tables["instruments"], "broker_id", row["broker_id"]):
        name = next((s for s in known if s in line["symbol"]), "")
        if name:
            instruments.append(Instrument.of(line, feed=name))
    settings = json.loads(row.get("settings") or "{}")
    return SimulatedTerminal(
        directory / "terminal",
        accounts=[
            SimulatedAccount(
                account_id=a["account_id"],
                currency=a["currency"],
                balance=units(str(a["balance"] or 0)),
                leverage=a["leverage"],
                commission_per_lot=units(str(broker.get("commission_per_lot") or 0)),
            )
            for a in accounts
        ],
        instruments=instruments,
        prices=feed,
        now=lambda: time.time_ns() // 1000,
        script=failures(settings.get("failures", [])),
    )
