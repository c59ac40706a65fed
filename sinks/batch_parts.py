"""What a frame of batches works with: rows, a store that takes them, and who looks on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from sinks.retry import Backoff


@dataclass(frozen=True)
class Rows:
    """What one entry of a results stream holds.

    Attributes:
        stream: key of the stream.
        entry_id: the entry's id, `ms-seq`.
        tables: rows by table, as the registry knows them.
    """

    stream: str
    entry_id: str
    tables: Mapping[str, pa.RecordBatch]


class Writer(Protocol):
    """A store. What it is given twice, it shows once."""

    def positions(self) -> dict[str, str]:
        """Return the last entry stored, by stream."""

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows, and then how far they reach; both are durable on return.

        Raises:
            Transient: it may work later; none, some or all of the rows are stored.
        """

    def close(self) -> None:
        """Let go of the store."""


class Observer(Protocol):
    """Whoever counts what the frame does."""

    def stored(self, tables: Mapping[str, pa.Table], seconds: float, at: float) -> None:
        """Rows are in the store since `at` (seconds since 1970), which took so long."""

    def flushed(self, seconds: float) -> None:
        """A batch is durable, in the store or in the spool, and took so long from its flush."""

    def spool(self, size: int) -> None:
        """The spool has this many bytes."""

    def failed(self) -> None:
        """The store did not take the rows."""

    def refused(self, table: str) -> None:
        """A row broke a rule of its table, and is not stored there."""


@dataclass(frozen=True, kw_only=True)
class Flush:
    """When rows are written.

    Attributes:
        rows: at the latest when there are so many.
        attempts: on a store that fails, before rows go to the spool.
        backoff: pauses between attempts.
    """

    rows: int = 50_000
    attempts: int = 3
    backoff: Backoff = field(default_factory=Backoff)


class StopRequested(Protocol):
    """Whether the process shall end."""

    @property
    def requested(self) -> bool:
        """True once it shall."""
