"""Flow `trade`: signals and events become decisions, with orders inside, and rows of results."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bytewax.operators as op
import redis
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from typing_extensions import override

from config import live
from config.settings import Settings
from flows.lag import STORES
from flows.process import run_flow
from flows.trade_metrics import Metrics
from operators import steps
from operators.admitted import Admitted
from operators.grounds import Grounds
from operators.intake import Intake
from operators.live_state import LiveState
from operators.pressure import Pressure
from operators.shard import Shard
from operators.shard_parts import ShardSettings, StrategyStatus
from operators.upkeep import Upkeep
from rules.rounds import Round
from rules.validation import Validated
from schema.ids import PARTITIONS
from sinks.claims import Claims
from sinks.dispatch import Append, Dispatcher
from sinks.live_state import LiveStateWriter
from sinks.memory import used_memory
from sinks.results import ResultsWriter
from sinks.spool import Spool
from sinks.spooled_results import SpooledResults
from sources.redis_clock import RedisClock
from sources.rounds import RoundSource
from sources.stop import Stop

_SECOND = 1_000_000


class _Last(StatelessSinkPartition[Round]):
    def __init__(self, step: Callable[[Round], Round]) -> None:
        self._step = step

    @override
    def write_batch(self, items: list[Round]) -> None:
        for turn in items:
            self._step(turn)


class LastStep(DynamicSink[Round]):
    """The step that ends the flow, as the sink that Bytewax wants there."""

    def __init__(self, step: Callable[[Round], Round]) -> None:
        self._step = step

    @override
    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Last:
        return _Last(self._step)


class MeasuredIntake(Intake):
    """An intake that tells the metrics what it found."""

    def __init__(self, client: redis.Redis, metrics: Metrics) -> None:
        super().__init__(client)
        self._metrics = metrics

    @override
    def admit(self, batch: Validated, strategy_status: StrategyStatus) -> Admitted:
        found = super().admit(batch, strategy_status)
        self._metrics.sorted(found)
        return found


class MeasuredShard(Shard):
    """A shard that tells the metrics how long it took to fold the logs."""

    def __init__(self, *args: Any, metrics: Metrics, **more: Any) -> None:
        super().__init__(*args, **more)
        self._metrics = metrics

    @override
    def recover(self) -> dict[str, str]:
        start = time.perf_counter()
        positions = super().recover()
        self._metrics.recovered(time.perf_counter() - start)
        return positions


def build(
    source: FixedPartitionedSource[Round, None],
    shard: Shard,
    results: steps.Results,
    upkeep: Upkeep,
    metrics: Metrics,
    clock: Callable[[], int],
) -> Dataflow:
    """Wire the steps; a round passes all of them before the next one is read."""
    flow = Dataflow("trade")
    stream = op.input("rounds", flow, source)
    for name, step in (
        ("events", steps.fold_events),
        ("validate", steps.validate_signals),
        ("route", steps.route_signals),
        ("size", steps.size_pairs),
        ("guard", steps.guard_and_decide),
        ("dispatch", steps.dispatch(upkeep, clock)),
    ):
        worked = _had_events if name == "events" else _had_signals
        stream = op.map(name, stream, metrics.timed(name, steps.guarded(step, shard), worked))
    written = 0

    def wrote(_turn: Round) -> bool:
        nonlocal written
        before, written = written, shard.results_at
        return written != before

    write = steps.guarded(steps.write_results(results, upkeep), shard)
    last = metrics.timed("results", write, wrote)

    def end(turn: Round) -> Round:
        done = last(turn)
        metrics.count(done)
        return done

    op.output("results", stream, LastStep(end))
    return flow


def _had_events(turn: Round) -> bool:
    return bool(turn.events)


def _had_signals(turn: Round) -> bool:
    return turn.busy


def shard_settings(settings: Settings, shard: tuple[int, int]) -> ShardSettings:
    """Return what shard i of k is told: every k-th partition is its own."""
    index, count = shard
    trade = settings.trade
    return ShardSettings(
        partitions=tuple(range(index, PARTITIONS, count)),
        streams=tuple(range(settings.signals.streams)),
        max_balance_age_us=int(trade.max_balance_age_s * _SECOND),
        max_quote_age_us=int(trade.max_quote_age_s * _SECOND),
        snapshot_ms=int(trade.snapshot_seconds * 1000),
        idle_decision_ms=int(trade.idle_decision_seconds * 1000),
    )


def run_trade(
    client: redis.Redis,
    settings: Settings,
    shard: tuple[int, int],
    spool_dir: Path,
    stop: Stop,
    left_spools: Callable[[Spool], bool],
) -> None:
    """Run shard i of k until it is asked to stop."""
    flow = wire(client, settings, shard, stop, Metrics(shard[0]), spool_dir, left_spools)
    run_flow(flow, epoch_seconds=settings.trade.epoch_ms / 1000)


def wire(
    client: redis.Redis,
    settings: Settings,
    shard: tuple[int, int],
    stop: Stop,
    metrics: Metrics,
    spool_dir: Path,
    left_spools: Callable[[Spool], bool] = lambda _: False,
) -> Dataflow:
    """Return the flow of shard i of k with everything that it needs.

    Args:
        client: of the Redis of all logs.
        settings: of the process.
        shard: i and k.
        stop: ends the flow.
        metrics: of this shard.
        spool_dir: of this shard alone.
        left_spools: adds rows to its spool that shards of before have left behind.
    """
    durability = settings.redis.durability
    dispatcher = Dispatcher(client, durability)

    def send(
        appends: Sequence[tuple[int, str, Mapping[bytes, bytes]]], *, beyond: bool
    ) -> list[str | None]:
        made = [Append(partition=p, previous=previous, fields=f) for p, previous, f in appends]
        return dispatcher.send(made, beyond=beyond)

    chosen = shard_settings(settings, shard)
    grounds = Grounds(chosen, lambda: live.version(client), lambda: live.load(client))
    pressure = Pressure(lambda: used_memory(client), lambda: results.full)
    spool = Spool(spool_dir, settings.trade.spool_mb << 20)
    results = SpooledResults(ResultsWriter(client), spool, pressure, left_spools)
    memory = MeasuredShard(
        client,
        metrics=metrics,
        intake=MeasuredIntake(client, metrics),
        send=send,
        last=dispatcher.last,
        grounds=grounds,
        live=LiveState(LiveStateWriter(client)),
        pressure=pressure,
    )
    upkeep = Upkeep(
        client,
        memory,
        Claims(client, durability=durability),
        stores=STORES,
        grace=int(settings.trade.expiry_grace_seconds * _SECOND),
        durability=durability,
    )
    clock = RedisClock(client)
    source = RoundSource(client, memory, lambda: grounds.brokers, stop, clock)
    metrics.watch(memory, results)
    return build(source, memory, results, upkeep, metrics, clock.now)
