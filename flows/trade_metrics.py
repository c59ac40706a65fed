"""What a trade process tells Prometheus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from schema.codes import ReasonCode
from schema.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from operators.shard import Shard
    from rules.rounds import Round

_SECONDS = [0.0005 * 2**step for step in range(16)]


class Metrics:
    """Counts what a shard does; one for each process.

    Args:
        shard: number of the shard, a label of each metric.
        registry: where metrics are kept.
    """

    def __init__(self, shard: int, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(
                f"tradecast_trade_{name}", help_text, ["shard", *labels], registry=registry
            )

        def seconds(name: str, help_text: str, *labels: str) -> Histogram:
            return Histogram(
                f"tradecast_trade_{name}_seconds",
                help_text,
                ["shard", *labels],
                buckets=_SECONDS,
                registry=registry,
            )

        self._shard = str(shard)
        self._entries = counter("entries", "Entries of signal streams that were read")
        self._signals = counter("signals", "Signals that were admitted")
        self._verdicts = counter("verdicts", "Accounts that were decided", "outcome", "reason")
        self._orders = counter("orders", "Order legs that were dispatched")
        self._events = counter("events", "Entries of events that were folded")
        self._failed = counter("failed_rounds", "Rounds that a broken link has failed")
        self._steps = seconds("step", "Time that a step took in a round with signals", "step")
        self._latency = seconds("signal_to_dispatch", "From a signal's arrival to its orders")

        def gauge(name: str, help_text: str) -> Gauge:
            return Gauge(f"tradecast_trade_{name}", help_text, ["shard"], registry=registry)

        self._orders_known = gauge("orders_in_memory", "Orders that the shard remembers")
        self._redis_memory = gauge("redis_memory_ratio", "Share of Redis' memory that is used")
        self._spools = gauge("results_spooling", "1 while rows go to the spool on disk")
        self._paused = gauge("exposure_paused", "1 while openings are refused")

    def timed(self, name: str, step: Callable[[Round], Round]) -> Callable[[Round], Round]:
        """Return a step that is timed in rounds with signals."""
        took = self._steps.labels(self._shard, name)

        def run(turn: Round) -> Round:
            if not turn.signals:
                return step(turn)
            start = time.perf_counter()
            done = step(turn)
            took.observe(time.perf_counter() - start)
            return done

        return run

    def count(self, shard: Shard, turn: Round) -> None:
        """Count a round that has passed all steps."""
        if turn.failed:
            self._failed.labels(self._shard).inc()
            return
        self._entries.labels(self._shard).inc(len(turn.signals))
        self._events.labels(self._shard).inc(len(turn.events))
        if turn.admitted is not None:
            self._signals.labels(self._shard).inc(len(turn.admitted))
        if turn.decided is not None:
            self._decided(turn)
        if shard.ready:
            self._orders_known.labels(self._shard).set(shard.state.orders.count)
            self._redis_memory.labels(self._shard).set(shard.pressure.share)
            self._spools.labels(self._shard).set(shard.pressure.spools)
            self._paused.labels(self._shard).set(shard.pressure.pauses)

    def _decided(self, turn: Round) -> None:
        assert turn.decided is not None
        verdicts, orders = turn.decided.verdicts, turn.decided.orders
        pairs = verdicts["outcome"].astype(np.int64) << 8 | verdicts["reason"]
        for pair, number in zip(*np.unique(pairs, return_counts=True), strict=True):
            outcome, reason = Outcome(int(pair) >> 8).word, ReasonCode(int(pair) & 255).name
            self._verdicts.labels(self._shard, outcome, reason).inc(int(number))
        self._orders.labels(self._shard).inc(len(orders))
        latency = self._latency.labels(self._shard)
        if turn.dispatched_at:
            for received in np.unique(verdicts["received_at"]).tolist():
                latency.observe(max(0, turn.dispatched_at - received) / 1e6)
