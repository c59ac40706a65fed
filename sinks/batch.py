"""One frame around every store: it batches, retries, spools, and loses nothing."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import pyarrow as pa

from config import faults
from rules.errors import Transient
from schema.row_rules import Refusal
from sinks.batch_parts import Flush, Observer, Rows, StopRequested, Writer
from sinks.sifting import sift
from sinks.spool import Spool, SpoolFull

log = logging.getLogger(__name__)
_DOWN_AGE = 5.0
_DRAIN_SECONDS = 0.5
_TOLD = 20  # refused rows of one batch that the log repeats
_PATIENCE = 10.0  # with a store that takes long to fail


class BatchFrame:
    """Collects rows and hands them to a store, or to the spool while the store is down.

    `durable` is called with the positions whose rows are in the store or in the spool, never
    earlier. Spooled rows go to the store before newer ones.
    """

    def __init__(
        self,
        writer: Writer,
        spool: Spool,
        taken: Mapping[str, str],
        durable: Callable[[Mapping[str, str]], None],
        observer: Observer,
        stop: StopRequested,
        flush: Flush,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer = writer
        self._spool = spool
        self._durable = durable
        self._observer = observer
        self._stop = stop
        self._flush = flush
        self._clock = clock
        self._sleep = sleep
        self._taken = {stream: _pair(entry_id) for stream, entry_id in taken.items()}
        self._marks: dict[str, str] | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._since: float | None = None
        self._clear()
        observer.spool(spool.size)

    def add(self, entries: Iterable[Rows]) -> None:
        """Take rows; an entry that was taken before is passed over."""
        for entry in entries:
            place = _pair(entry.entry_id)
            if place <= self._taken.get(entry.stream, (0, 0)):
                continue
            self._taken[entry.stream] = place
            self._positions[entry.stream] = entry.entry_id
            faults.point("archive.taken")
            for name, batch in entry.tables.items():
                self._parts.setdefault(name, []).append(batch)
                self._sent.setdefault(name, []).append((batch.num_rows, place[0]))
                self._count += batch.num_rows
            if self._since is None:
                self._since = self._clock()
            if self._count >= self._flush.rows:
                self.flush()

    def epoch_end(self) -> None:
        """Write what there is, but not too many small files while the store is down."""
        down = self._clock() < self._retry_at
        young = self._since is None or self._clock() - self._since < _DOWN_AGE
        if not (down and young):
            self.flush()

    def flush(self) -> None:
        """Make all rows durable: in the store, else in the spool.

        When neither takes them, it waits, so that nothing more is read; if the process shall end
        meanwhile, the rows stay where they came from and are read again.
        """
        started = self._clock()
        self._drain()
        if not self._positions:
            return
        rows = {name: _together(parts) for name, parts in self._parts.items()}
        tables, refused = sift(rows, self._positions, self._sent)
        self._refused[:] = refused
        if not len(self._spool) and self._attempt(tables, self._positions, self._flush.attempts):
            self._accepted(started)
            return
        while not self._spooled(tables):
            if self._stop.requested:
                log.warning("stopped with rows that neither the store nor the spool took")
                self._clear()
                return
            self._sleep(max(0.05, min(1.0, self._retry_at - self._clock())))
            self._drain()
            if not len(self._spool) and self._attempt(tables, self._positions, 1):
                break
        self._accepted(started)

    def close(self) -> None:
        """Let go of the store. What was not flushed is read again by the next start."""
        self._writer.close()

    def _accepted(self, started: float) -> None:
        positions, refused = self._positions, self._refused
        self._clear()
        faults.point("archive.stored")
        self._durable(positions)
        self._tell(refused)
        self._observer.flushed(self._clock() - started)

    def _clear(self) -> None:
        self._parts: dict[str, list[pa.RecordBatch]] = {}
        # Of each part, its rows and the milliseconds of its entry.
        self._sent: dict[str, list[tuple[int, int]]] = {}
        self._positions: dict[str, str] = {}
        self._refused: list[Refusal] = []
        self._count = 0
        self._since = None

    def _spooled(self, tables: Mapping[str, pa.Table]) -> bool:
        try:
            self._spool.append(tables, self._positions)
            faults.point("archive.spooled")
        except (SpoolFull, OSError) as error:
            log.error("the spool does not take rows: %s; reading waits", error)  # noqa: TRY400
            return False
        self._observer.spool(self._spool.size)
        return True

    def _drain(self) -> None:
        """Write what the spool has, oldest first, for a while."""
        until = self._clock() + _DRAIN_SECONDS
        while len(self._spool) and self._clock() >= self._retry_at:
            spooled, positions = self._spool.first()
            # An older release has spooled rows as they came.
            tables, refused = sift(spooled, positions)
            if not self._attempt(tables, positions, 1):
                return
            self._tell(refused)
            faults.point("archive.drained")
            self._spool.drop_first()
            self._observer.spool(self._spool.size)
            if not len(self._spool):
                log.info("the store has all rows of the spool")
            if self._clock() > until:
                return

    def _attempt(
        self, tables: Mapping[str, pa.Table], positions: Mapping[str, str], attempts: int
    ) -> bool:
        if self._clock() < self._retry_at:
            return False
        began = self._clock()
        for attempt in range(attempts):
            started = self._clock()
            try:
                if not self._has(positions):
                    self._writer.write(tables, positions)
                    self._marked(positions)
            except Transient as error:
                pause = self._failed(error)
                if self._clock() - began > _PATIENCE:
                    return False
                if attempt + 1 < attempts and not self._stop.requested:
                    self._sleep(pause)
            else:
                self._failures, self._retry_at = 0, 0.0
                self._observer.stored(tables, self._clock() - started, time.time())
                return True
        return False

    def _tell(self, refused: Sequence[Refusal]) -> None:
        for each in refused:
            self._observer.refused(each.table)
        for each in refused[:_TOLD]:
            log.error("not stored: %s", each)
        if len(refused) > _TOLD:
            log.error("not stored: %d more rows, see system_event_log", len(refused) - _TOLD)

    def _failed(self, error: Transient) -> float:
        self._failures += 1
        pause = self._flush.backoff.pause(self._failures, random.random())  # noqa: S311
        self._retry_at = self._clock() + pause
        self._observer.failed()
        log.warning("the store did not take rows (%d times in a row): %s", self._failures, error)
        # What was stored is unknown now; the store is asked before the next attempt.
        self._marks = None
        return pause

    def _has(self, positions: Mapping[str, str]) -> bool:
        """Whether a batch, which is stored as a whole, is in the store."""
        if self._marks is None:
            self._marks = self._writer.positions()
        marks = self._marks
        return all(
            _pair(entry_id) <= _pair(marks.get(stream, "0-0"))
            for stream, entry_id in positions.items()
        )

    def _marked(self, positions: Mapping[str, str]) -> None:
        if self._marks is not None:
            self._marks.update(positions)


def _pair(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)


def _together(parts: list[pa.RecordBatch]) -> pa.Table:
    # Stores take a few long columns much faster than many short ones.
    return pa.Table.from_batches(parts).combine_chunks()
