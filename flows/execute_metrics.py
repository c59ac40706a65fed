"""What an execute process tells Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from schema.codes import ReasonCode
from schema.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operators.execution import Executor
    from operators.waiting import Waiting
    from rules.journal import Result
    from schema.wire import Records

_SECONDS = [0.001 * 2**step for step in range(14)]


class Metrics:
    """Counts what an executor does; one for each process.

    Args:
        instance: key of the terminal's instance: the label `terminal` of each metric, since
            `instance` is Prometheus' own name for the address that it asked.
        registry: where metrics are kept.
    """

    def __init__(self, instance: str, registry: CollectorRegistry = REGISTRY) -> None:
        self._instance = instance

        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(
                f"tradecast_execute_{name}", help_text, ["terminal", *labels], registry=registry
            )

        def seconds(name: str, help_text: str, *labels: str) -> Histogram:
            return Histogram(
                f"tradecast_execute_{name}_seconds",
                help_text,
                ["terminal", *labels],
                buckets=_SECONDS,
                registry=registry,
            )

        def gauge(name: str, help_text: str) -> Gauge:
            made = Gauge(f"tradecast_execute_{name}", help_text, ["terminal"], registry=registry)
            made.labels(self._instance)  # there from the start, so that nobody waits in vain
            return made

        self._results = counter("results", "Results published.", "outcome", "reason")
        self._sent = counter("orders_sent", "Orders that the terminal was asked for.")
        self._retries = counter(
            "retries", "Orders asked for again that the broker surely had not taken."
        )
        self._steps = seconds(
            "step",
            "Time that a step took: claim, send and confirm in turns with orders, search where"
            " an order of unknown end was looked for.",
            "step",
        )
        self._submit = seconds("submit", "Time from `sending` on disk to the terminal's answers.")
        self._wait = seconds("decided_to_sent", "Time from an order's decision to its sending.")
        self._failed = counter("failed_turns", "Turns that a broken link has failed.")
        self._links = counter("redis_links", "Times that the link to Redis was made, or made anew.")
        self._old = counter(
            "journals_put_aside", "Times that the journal was older than what it had sent."
        )
        self._waiting = gauge("orders_waiting", "Orders that were read and not sent.")
        self._unresolved = gauge(
            "orders_unresolved", "Orders whose end nobody knows and that are looked for."
        )
        self._journal = gauge("journal_bytes", "Size of the journal.")
        self._leases = gauge("leases", "Partitions whose lease is held.")
        self._partitions = gauge("partitions", "Partitions whose lease is needed.")
        self._accounts = gauge("accounts", "Accounts of the terminal.")
        self._quoted = gauge("newest_quote_timestamp_seconds", "Time of the terminal's last price.")
        self._unanswered = counter(
            "unanswered_questions", "Questions that the terminal did not answer; orders are none."
        )
        self._turn = gauge("last_turn_timestamp_seconds", "When the last turn was done.")
        for some in (self._retries, self._failed, self._links, self._old, self._unanswered):
            some.labels(self._instance)

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
        self._retries.labels(self._instance).inc(sum(item.attempts > 1 for item in items))
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

    def unanswered(self) -> None:
        """Count a question that the terminal did not answer."""
        self._unanswered.labels(self._instance).inc()

    def turned(self, now: int) -> None:
        """Show that a turn was done."""
        self._turn.labels(self._instance).set(now / 1e6)

    def linked(self) -> None:
        """Count a link to Redis that was made anew."""
        self._links.labels(self._instance).inc()

    def put_aside(self) -> None:
        """Count a journal that had gone back."""
        self._old.labels(self._instance).inc()

    def took(self, step: str, seconds: float) -> None:
        """Show how long a step took."""
        self._steps.labels(self._instance, step).observe(seconds)

    def quoted(self, quotes: Records) -> None:
        """Show how new the prices are."""
        if len(quotes):
            self._quoted.labels(self._instance).set(int(quotes["quoted_at"].max()) / 1e6)

    def look(self, executor: Executor) -> None:
        """Show what waits."""
        partitions = set(executor.partitions.values())
        for gauge, value in (
            (self._waiting, len(executor.waiting)),
            (self._unresolved, len(executor.watched)),
            (self._journal, executor.journal.size),
            (self._leases, sum(map(bool, executor.terms.values()))),
            (self._partitions, len(partitions)),
            (self._accounts, len(executor.partitions)),
        ):
            gauge.labels(self._instance).set(value)
