"""Rows for the archive, on Redis or, while that is too full for them, on disk."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from redis.exceptions import OutOfMemoryError

from schema import keys
from sinks.results import Batches, ResultsWriter
from sinks.spool import Spool, SpoolFull

log = logging.getLogger(__name__)


class SpooledResults:
    """Writes rows to results streams, or to a spool that is emptied into them later.

    Rows are keyed and versioned, so it does not matter that newer ones overtake spooled ones.

    Args:
        writer: of the streams.
        spool: of this shard alone.
        spools: whether rows are to be spooled now.
        refill: adds rows to the spool that others left behind; tells whether there were any.
    """

    def __init__(
        self,
        writer: ResultsWriter,
        spool: Spool,
        spools: Callable[[], bool],
        refill: Callable[[Spool], bool] = lambda _: False,
    ) -> None:
        self._writer = writer
        self._spool = spool
        self._spools = spools
        self._refill = refill
        self.full = False

    @property
    def spooled_bytes(self) -> int:
        """Size of the spool."""
        return self._spool.size

    def write(self, entries: Sequence[tuple[str, Batches]]) -> bool:
        """Append one entry to each of several results streams, or all of them to the spool.

        Returns:
            Whether the rows are safe; if not, neither takes them now: give them again.

        Raises:
            redis.RedisError: Any of them may be missing; write them again.
        """
        if not self._spools():
            try:
                self._writer.write(entries)
            except OutOfMemoryError as error:
                log.warning("Redis has no memory for rows, they are spooled: %s", error)
            else:
                return True
        return self._to_spool(entries)

    def write_signals(self, stream: int, last: str, batches: Batches) -> bool:
        """Append what was decided per signal, unless another shard has come as far.

        Returns:
            Whether the rows are safe.
        """
        if self._spools():
            if not self._to_spool([(keys.signal_results(stream), batches)]):
                return False
            batches = {}
        self._writer.write_signals(stream, last, batches)
        return True

    def drain(self) -> None:
        """Move the oldest rows of the spool to Redis, when it has room again.

        Raises:
            redis.RedisError: They stay in the spool.
        """
        if self._spools() or not (len(self._spool) or self._refill(self._spool)):
            return
        tables, positions = self._spool.first()
        stream = next(iter(positions))
        self._writer.write([(stream, {name: _batch(rows) for name, rows in tables.items()})])
        self._spool.drop_first()
        self.full = False

    def _to_spool(self, entries: Sequence[tuple[str, Batches]]) -> bool:
        tables: dict[str, list[pa.RecordBatch]] = {}
        for _, batches in entries:
            for name, batch in batches.items():
                tables.setdefault(name, []).append(batch)
        if not tables:
            return True
        whole: Mapping[str, Any] = {n: pa.Table.from_batches(b) for n, b in tables.items()}
        try:
            self._spool.append(whole, {entries[0][0]: ""})
        except (SpoolFull, OSError) as error:
            if not self.full:
                log.error("the spool does not take rows: %s", error)  # noqa: TRY400
            self.full = True
            return False
        self.full = False
        return True


def _batch(rows: pa.Table) -> pa.RecordBatch:
    return rows.combine_chunks().to_batches()[0]
