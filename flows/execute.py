"""Flow `execute`: orders of one terminal are claimed, sent once, and confirmed."""

from __future__ import annotations

import logging
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import bytewax.operators as op
import redis
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from typing_extensions import override

from brokers.looking_first import LookingFirst
from brokers.retcodes import verdict
from config import restored
from flows import terminals
from flows.errors import causes
from flows.execute_desk import Desk
from flows.execute_metrics import Metrics
from flows.process import run_flow
from operators.execution import Executor
from schema import keys
from sinks.claims import ClaimBatch, Claims
from sinks.events import EventsWriter
from sinks.journal import Journal
from sources.orders import OrdersSource, Turn
from sources.redis_clock import RedisClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bytewax.inputs import FixedPartitionedSource

    from brokers.port import Terminal
    from config.settings import Settings
    from flows.terminals import Instance
    from sources.stop import Stop

log = logging.getLogger(__name__)
_SECOND = 1_000_000
_WAIT = 0.1  # seconds: how late a stop may be noticed


class _Last(StatelessSinkPartition[Turn]):
    @override
    def write_batch(self, items: list[Turn]) -> None:
        """End of the flow: everything was published by the steps."""


class LastStep(DynamicSink[Turn]):
    """The end that Bytewax wants of a flow."""

    @override
    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Last:
        return _Last()


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
    is built; the lease and the journal stay this process'. One that has the instance no more asks
    for a stop.

    Raises:
        Fatal: If the configuration does not know the instance at the start.
    """
    found = terminals.load(client, instance)
    metrics = Metrics(instance)
    while not stop.requested:
        _work(client, settings, found, directory, prices, stop, metrics)
        if not stop.requested:
            with _left_to(stop):
                found = terminals.load(client, instance)


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
    mark = restored.read(client)
    with (
        closing(_open_terminal(instance, directory, prices, mark)) as terminal,
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
        desk = Desk(client, settings, instance, executor, writer, metrics, mark)
        streams = {keys.decisions(p): "0-0" for p in sorted(set(executor.partitions.values()))}
        wait = min(_WAIT, settings.execute.poll_ms / 1000)
        with _left_to(stop):
            run_flow(build(OrdersSource(client, streams, desk.link, stop, wait, clock), desk))
        if desk.journal_is_old:
            journal.put_aside()
        if stop.requested:
            executor.release()
            desk.stopped()


@contextmanager
def _left_to(stop: Stop) -> Iterator[None]:
    """Ask for a stop where the instance turns out to have left the configuration."""
    try:
        yield
    except Exception as error:
        # Bytewax wraps what a step raised.
        gone = next((one for one in causes(error) if isinstance(one, terminals.Gone)), None)
        if gone is None:
            raise
        log.info("ending: %s", gone)
        stop.requested = True


def _open_terminal(
    instance: Instance, directory: Path, prices: Path, mark: restored.Restored | None
) -> Terminal:
    """Open the terminal; after a restore, so that it looks at the broker before it sends."""
    terminal = terminals.open_terminal(instance, directory, prices)
    return terminal if mark is None else LookingFirst(terminal, mark.point)
