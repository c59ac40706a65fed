"""Rows for the archive, on Redis or, while that is too full for them, on disk."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa
from redis.exceptions import OutOfMemoryError

from schema import keys
from schema.ids import PARTITIONS
from sinks.results import Batches, ResultsWriter
from sinks.spool import Spool, SpoolDamaged, SpoolFull

log = logging.getLogger(__name__)
_PIECE = 4 << 20  # bytes of rows in one entry of a results stream, about
_STREAMS = [keys.results(partition) for partition in range(PARTITIONS)]


class Room(Protocol):
    """See operators.pressure.Pressure."""

    @property
    def spools(self) -> bool:
        """Whether rows are to be spooled now."""
        ...

    @property
    def crowded(self) -> bool:
        """Whether Redis has no room for rows, whatever becomes of them."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether Redis refuses what needs memory."""
        ...


class SpooledResults:
    """Writes rows to results streams, or to a spool that is emptied into them later.

    Rows are keyed and versioned, so it does not matter that newer ones overtake spooled ones.

    Args:
        writer: of the streams.
        spool: of this shard alone.
        room: how much there is on Redis.
        refill: adds rows to the spool that others left behind; tells whether there were any.
    """

    def __init__(
        self,
        writer: ResultsWriter,
        spool: Spool,
        room: Room,
        refill: Callable[[Spool], bool] = lambda _: False,
    ) -> None:
        self._writer = writer
        self._spool = spool
        self._room = room
        self._refill = refill
        self.full = False

    @property
    def spooled_bytes(self) -> int:
        """Size of the spool."""
        return self._spool.size

    @property
    def damaged(self) -> int:
        """Files of the spool that were put aside."""
        return self._spool.damaged

    def write(self, entries: Sequence[tuple[str, Batches]]) -> bool:
        """Append one entry to each of several results streams, or all of them to the spool.

        Returns:
            Whether the rows are safe; if not, neither takes them now: give them again.

        Raises:
            redis.RedisError: Any of them may be missing; write them again.
        """
        if self._room.spools:
            if self._to_spool(entries):
                return True
            if self._room.crowded:
                return False
        try:
            self._writer.write(entries)
        except OutOfMemoryError as error:
            log.warning("Redis has no memory for rows, they are spooled: %s", error)
            return self._to_spool(entries)
        return True

    def write_signals(self, stream: int, last: str, batches: Batches) -> bool:
        """Append what was decided per signal, unless another shard has come as far.

        Returns:
            Whether the rows are safe.
        """
        if self._room.spools:
            if self._to_spool([(keys.signal_results(stream), batches)]):
                batches = {}
            elif self._room.crowded:
                return False
        self._writer.write_signals(stream, last, batches)
        return True

    def drain(self) -> None:
        """Move the oldest rows of the spool to Redis, when it has room for them.

        It has where little else is on it, and where both stores keep up, so that rows soon go.

        Raises:
            redis.RedisError: They stay in the spool.
        """
        if self._room.is_full or not (len(self._spool) or self._refill(self._spool)):
            return
        if self._room.spools and not self._writer.are_stored(_STREAMS):
            return
        try:
            tables, positions = self._spool.first()
        except SpoolDamaged as error:
            # Trading does not end for rows of what is long done.
            log.error("%s; it is put aside as %s", error, self._spool.put_first_aside())  # noqa: TRY400
            return
        stream = next(iter(positions))
        try:
            for batches in _pieces(tables):
                self._writer.write([(stream, batches)])
        except OutOfMemoryError as error:
            log.warning("Redis has no memory for rows of the spool: %s", error)
            return
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


def _pieces(tables: Mapping[str, pa.Table]) -> Iterator[Batches]:
    """Cut rows into entries of bounded size."""
    for name, rows in tables.items():
        whole = rows.combine_chunks()
        at_once = max(1, whole.num_rows * _PIECE // max(_PIECE, whole.nbytes))
        for batch in whole.to_batches(at_once):
            yield {name: batch}
