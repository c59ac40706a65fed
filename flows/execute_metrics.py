"""What an execute process tells Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from schema.codes import ReasonCode
from schema.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operators.execution import Executor, Waiting
    from rules.journal import Result

_SECONDS = [0.001 * 2**step for step in range(14)]


class Metrics:
    """Counts what an executor does; one for each process.

    Args:
        instance: key of the instance, a label of each metric.
        registry: where metrics are kept.
    """

    def __init__(self, instance: str, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(
                f"tradecast_execute_{name}", help_text, ["instance", *labels], registry=registry
            )

        def seconds(name: str, help_text: str) -> Histogram:
            return Histogram(
                f"tradecast_execute_{name}_seconds",
                help_text,
                ["instance"],
                buckets=_SECONDS,
                registry=registry,
            )

        def gauge(name: str, help_text: str) -> Gauge:
            return Gauge(f"tradecast_execute_{name}", help_text, ["instance"], registry=registry)

        self._instance = instance
        self._results = counter("results", "Results published", "outcome", "reason")
        self._sent = counter("orders_sent", "Orders that the terminal was asked for")
        self._submit = seconds("submit", "Time from `sending` on disk to the terminal's answers")
        self._wait = seconds("decided_to_sent", "Time from an order's decision to its sending")
        self._failed = counter("failed_turns", "Turns that a broken link has failed")
        self._waiting = gauge("orders_waiting", "Orders that were read and not sent")
        self._watched = gauge("orders_watched", "Orders that nobody knows the end of")
        self._journal = gauge("journal_bytes", "Size of the journal")
        self._leases = gauge("leases", "Partitions whose lease is held")

    def sent(self, items: Sequence[Waiting], began: int, ended: int) -> None:
        """Count a batch that was sent.

        Args:
            items: the orders.
            began: microseconds before it.
            ended: microseconds after it.
        """
        if not items:
            return
        self._sent.labels(self._instance).inc(len(items))
        self._submit.labels(self._instance).observe((ended - began) / 1e6)
        waited = self._wait.labels(self._instance)
        for item in items:
            waited.observe(max(0, began - int(item.order["decided_at"])) / 1e6)

    def published(self, results: Sequence[Result]) -> None:
        """Count results."""
        for result in results:
            outcome = Outcome(int(result.report["outcome"])).word
            reason = ReasonCode(int(result.report["reason"])).name
            self._results.labels(self._instance, outcome, reason).inc()

    def failed(self) -> None:
        """Count a turn that failed."""
        self._failed.labels(self._instance).inc()

    def look(self, executor: Executor) -> None:
        """Show what waits."""
        self._waiting.labels(self._instance).set(len(executor.waiting))
        self._watched.labels(self._instance).set(len(executor.watched))
        self._journal.labels(self._instance).set(executor.journal.size)
        self._leases.labels(self._instance).set(sum(map(bool, executor.terms.values())))
