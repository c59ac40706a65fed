"""What a shard is given: its settings, and the parts that it works with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from operators.admitted import Admitted
from rules.validation import Validated
from schema.codes import ReasonCode

_MINUTE_MS = 60_000

StrategyStatus = Callable[[Sequence[str]], Sequence[ReasonCode]]
"""Gives NONE, UNKNOWN_STRATEGY or STRATEGY_INACTIVE for each key."""


class Intake(Protocol):
    """See operators.intake."""

    def admit(self, batch: Validated, strategy_status: StrategyStatus) -> Admitted:
        """Sort a batch into originals, resends and rejections."""
        ...


class Send(Protocol):
    """Appends decisions: sinks.dispatch.Dispatcher.send over plain tuples."""

    def __call__(
        self, appends: Sequence[tuple[int, str, Mapping[bytes, bytes]]], *, beyond: bool
    ) -> list[str | None]:
        """Return the new id for each partition, None where its last decision was another.

        Args:
            appends: Partition, its last decision, and the fields of the next.
            beyond: Whether they may take memory beyond the bound of Redis.
        """
        ...


class Last(Protocol):
    """See sinks.dispatch.Dispatcher.last."""

    def __call__(self, partitions: Sequence[int]) -> list[str]:
        """Return the id of the last decision of each partition."""
        ...


@dataclass(frozen=True, kw_only=True)
class ShardSettings:
    """What a shard is told."""

    partitions: tuple[int, ...]
    streams: tuple[int, ...] = (0,)
    max_balance_age_us: int = 60_000_000
    max_quote_age_us: int = 30_000_000
    snapshot_ms: int = 60_000
    idle_decision_ms: int = _MINUTE_MS
    keep_finished_us: int = 3_600_000_000
