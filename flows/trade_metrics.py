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

    from operators.admitted import Admitted
    from operators.gaps import Gaps
    from operators.shard import Shard
    from rules.rounds import Round
    from sinks.spooled_results import SpooledResults

_SECONDS = [0.0005 * 2**step for step in range(16)]


class Metrics:
    """Counts what a shard does; one for each process.

    Args:
        shard: number of the shard, a label of each metric.
        registry: where metrics are kept.
    """

    def __init__(self, shard: int, registry: CollectorRegistry = REGISTRY) -> None:
        self._shard = str(shard)
        self._sorted: Admitted | None = None

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

        def gauge(name: str, help_text: str) -> Gauge:
            made = Gauge(f"tradecast_trade_{name}", help_text, ["shard"], registry=registry)
            made.labels(self._shard)  # there from the start, so that nobody waits for it in vain
            return made

        self._entries = counter("entries", "Entries of signal streams that were read.")
        self._signals = counter("signals", "Signals that were admitted; every shard reads all.")
        self._rejections = counter(
            "signal_rejections", "Signals that were rejected; every shard reads all.", "reason"
        )
        self._resends = counter("signal_resends", "Signals that had come before.")
        self._verdicts = counter("verdicts", "Accounts that were decided.", "outcome", "reason")
        self._orders = counter("orders", "Order legs that were dispatched.")
        self._events = counter("events", "Entries of events that were folded.")
        self._gaps = counter("gaps", "Gaps noticed in signal streams, made by others.", "stream")
        self._lost = counter(
            "lost_entries", "Signals that others trimmed or deleted unread, at least.", "stream"
        )
        self._noticed: Gaps | None = None
        self._failed = counter("failed_rounds", "Rounds that a broken link has failed.")
        self._steps = seconds(
            "step",
            "Time that a step took: `events` in rounds with events, `results` where rows were"
            " written, the others in rounds with signals.",
            "step",
        )
        self._recover = seconds(
            "recover", "Time to fold the logs anew: at the start and after each broken link."
        )
        self._latency = seconds("signal_to_dispatch", "From a signal's arrival to its orders.")
        self._ready = gauge("ready", "1 while the shard has a configuration and trusts its memory.")
        self._version = gauge(
            "config_version", "Version of the configuration that it decides by; 0 for none yet."
        )
        self._round = gauge("last_round_timestamp_seconds", "When the last round was done.")
        self._orders_known = gauge("orders_in_memory", "Orders that the shard remembers.")
        self._unresolved = gauge(
            "orders_unresolved", "Orders in memory whose outcome is `unresolved`."
        )
        self._redis_memory = gauge(
            "redis_memory_ratio", "Share of Redis' memory bound that is used; 0 without a bound."
        )
        self._spooling = gauge("results_spooling", "1 while rows go to the spool on disk.")
        self._spool = gauge("spool_bytes", "Size of the shard's spool of rows on disk.")
        self._damaged = gauge(
            "spool_damaged_files", "Files of the spool that were not what was written, put aside."
        )
        self._paused = gauge("exposure_paused", "1 while openings are refused.")
        self._failed.labels(self._shard)

    def watch(self, shard: Shard, results: SpooledResults) -> None:
        """Show a shard's state whenever somebody asks, whether rounds come or not.

        Args:
            shard: whose.
            results: where its rows go.
        """
        pressure, self._noticed = shard.pressure, shard.gaps
        for gauge, value in (
            (self._ready, lambda: shard.ready),
            (self._version, lambda: shard.grounds.book.version if shard.ready else 0),
            (self._orders_known, lambda: shard.state.orders.count),
            (self._unresolved, lambda: _unresolved(shard)),
            (self._redis_memory, lambda: pressure.share),
            (self._spooling, lambda: pressure.spools),
            (self._spool, lambda: results.spooled_bytes),
            (self._damaged, lambda: results.damaged),
            (self._paused, lambda: pressure.pauses),
        ):
            gauge.labels(self._shard).set_function(value)

    def timed(
        self, name: str, step: Callable[[Round], Round], worked: Callable[[Round], object]
    ) -> Callable[[Round], Round]:
        """Return a step that is timed where it worked.

        Args:
            name: of the step.
            step: it.
            worked: asked after the step, whether it had something to do.
        """
        took = self._steps.labels(self._shard, name)

        def run(turn: Round) -> Round:
            start = time.perf_counter()
            done = step(turn)
            if not done.failed and worked(done):
                took.observe(time.perf_counter() - start)
            return done

        return run

    def recovered(self, seconds: float) -> None:
        """Count that the logs were folded anew."""
        self._recover.labels(self._shard).observe(seconds)

    def sorted(self, found: Admitted) -> None:
        """Take in what became of a round's signals before any account was looked at."""
        self._sorted = found

    def count(self, turn: Round) -> None:
        """Count a round that has passed all steps."""
        if self._noticed is not None:
            noticed = ((self._gaps, self._noticed.found), (self._lost, self._noticed.lost))
            for counted, by_stream in noticed:
                for stream, times in by_stream.items():
                    counted.labels(self._shard, stream).inc(times)
                by_stream.clear()
        found, self._sorted = self._sorted, None
        if turn.failed:
            self._failed.labels(self._shard).inc()
            return
        self._round.labels(self._shard).set(turn.now / 1e6)
        self._entries.labels(self._shard).inc(len(turn.signals))
        self._events.labels(self._shard).inc(len(turn.events))
        if found is not None:
            self._signals.labels(self._shard).inc(len(found.signals))
            self._resends.labels(self._shard).inc(len(found.resends))
            codes, numbers = np.unique(np.asarray(found.rejections.reason), return_counts=True)
            for code, number in zip(codes.tolist(), numbers.tolist(), strict=True):
                self._rejections.labels(self._shard, ReasonCode(code).name).inc(number)
        if turn.decided is not None:
            self._decided(turn)

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


def _unresolved(shard: Shard) -> int:
    return int(np.count_nonzero(shard.state.orders["outcome"] == Outcome.UNRESOLVED))
