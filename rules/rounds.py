"""A round: what one read of the streams brought, and what the trade flow makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.asked import Asked, Decided
from rules.book import Pairs
from rules.events_log import EventEntry
from rules.signals import Intents, Signals
from rules.tables import Rows

SignalEntry = tuple[str, str, dict[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class Routed:
    """Signals with their accounts; a reverse stands twice (see rules.deciding.Asked)."""

    signals: Signals
    intents: Intents
    pairs: Pairs
    origin: Rows


@dataclass
class Round:
    """One turn of the flow. Each step fills in its part; a round that failed is passed through."""

    now: int  # microseconds, UTC, by the clock of Redis
    signals: list[SignalEntry] = field(default_factory=list)
    events: list[EventEntry] = field(default_factory=list)
    quotes: list[tuple[bytes, bytes]] = field(default_factory=list)  # broker id, QUOTE records
    marks: Mapping[str, str] = field(default_factory=dict)  # last entry decided, per signal stream
    last: bool = False  # the flow ends: nothing may be left waiting
    snapshots: list[int] = field(default_factory=list)  # partitions that are to have one
    failed: bool = False
    admitted: Signals | None = None
    intents: Intents | None = None  # aligned to what was admitted
    routed: Routed | None = None
    asked: Asked | None = None
    decided: Decided | None = None
    dispatched_at: int = 0  # microseconds; 0: nothing was

    @property
    def busy(self) -> bool:
        """Whether it has signals, of its own read or of one before."""
        return bool(self.signals) or self.admitted is not None
