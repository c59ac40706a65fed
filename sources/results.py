"""Results streams as a Bytewax source: rows by table, with the entry they came in."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import redis
from bytewax.inputs import AbortExecution, FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from rules.gaps import Head, find_gap
from schema import arrow, keys
from sources.redis_streams import Entry, open_reader
from sources.stop import Stop

log = logging.getLogger(__name__)

PARTITION = "results"
_WAIT = 0.05
_TICK_SECONDS = 0.5
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Decoded:
    """One entry of a results stream.

    Attributes:
        stream: key of the stream.
        entry_id: the entry's id, `ms-seq`.
        tables: rows by table.
    """

    stream: str
    entry_id: str
    tables: Mapping[str, pa.RecordBatch]


class Observer(Protocol):
    """Whoever counts what the source does."""

    def decoded(self, seconds: float) -> None:
        """What one read brought was decoded, which took so long."""

    def unlinked(self) -> None:
        """The link to Redis broke in a read."""

    def lost(self, stream: str) -> None:
        """Entries of a stream are gone that were not read."""


class Decoder:
    """Turns entries into rows; asks Redis for schemas that it has not met."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._schemas: dict[str, pa.Schema] = {}

    def decode(self, entry: Entry) -> Decoded:
        """Return the rows of an entry.

        Raises:
            UnknownWireType: nobody has told the schema of its rows.
            redis.RedisError: Redis cannot be asked.
        """
        stream, entry_id, fields = entry
        tables = {}
        for field, data in fields.items():
            name, rows = self._rows(field.decode(), data)
            tables[name] = rows
        return Decoded(stream, entry_id, tables)

    def _rows(self, field: str, data: bytes) -> tuple[str, pa.RecordBatch]:
        try:
            return arrow.decode(field, data, self._schemas)
        except arrow.UnknownWireType:
            stored: Any = self._client.hgetall(keys.WIRE_TYPES)
            self._schemas = arrow.read_wire_types(stored)
            return arrow.decode(field, data, self._schemas)


def find_gaps(client: redis.Redis, positions: Mapping[str, str]) -> dict[str, str]:
    """Return the streams of which entries behind our position are gone, and why we think so.

    Archives trim a stream up to the entry at their lowest position, and leave that entry: so
    where it is missing, somebody else trimmed or deleted, or Redis lost its data.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    pipe: Any = client.pipeline(transaction=False)
    for stream, position in positions.items():
        pipe.xrange(stream, position, position)
        pipe.xinfo_stream(stream)
    found = pipe.execute(raise_on_error=False)
    gaps: dict[str, str] = {}
    for at, (stream, position) in enumerate(positions.items()):
        here, info = found[2 * at : 2 * at + 2]
        gap = find_gap(position, _head(info), here=bool(here))
        if gap is not None:
            gaps[stream] = gap.reason
    return gaps


def _head(info: Any) -> Head | None:
    if isinstance(info, redis.ResponseError) and "no such key" in str(info):
        return None
    if isinstance(info, Exception):
        raise info
    return Head.of(info)


class _Partition(StatefulSourcePartition[Sequence[Decoded], None]):
    def __init__(self, source: "ResultsSource", positions: Mapping[str, str]) -> None:
        self._source = source
        self._reader = open_reader(source.client, positions, count=source.count)
        self._decoder = Decoder(source.client)
        self._pause = 0.0
        self._pause_until = 0.0
        self._checked = False
        self._epoch_ended = False
        self._tick_at = 0.0

    @override
    def next_batch(self) -> list[Sequence[Decoded]]:
        # The first call after a snapshot: what was read before is flushed.
        if self._source.stop.requested and self._epoch_ended:
            raise AbortExecution
        self._epoch_ended = False
        if self._source.stop.requested:
            return []
        entries = self._read()
        now = time.monotonic()
        if not entries and now < self._tick_at:
            return []
        # The sink has no clock of its own: an empty batch lets it write what waits in its spool.
        self._tick_at = now + _TICK_SECONDS
        return [entries]

    @override
    def snapshot(self) -> None:
        self._epoch_ended = True

    @override
    def close(self) -> None:
        self._reader.close()

    def _read(self) -> Sequence[Decoded]:
        if time.monotonic() < self._pause_until:
            time.sleep(_WAIT)
            return []
        before = dict(self._reader.positions)
        try:
            if not self._checked:
                self._check()
            found = self._reader.poll(_WAIT)
            started = time.monotonic()
            entries = [self._decoder.decode(entry) for entry in found]
            took = time.monotonic() - started
            if entries:
                self._source.settle()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # What was read and not decoded is read again.
            self._reader.seek(before)
            self._checked = False
            self._pause = min(_LONGEST_PAUSE, 2 * self._pause or _FIRST_PAUSE)
            self._pause_until = time.monotonic() + self._pause
            log.warning("Redis is away, trying again in %.1f s: %s", self._pause, error)
            self._source.observer.unlinked()
            return []
        self._pause = 0.0
        if entries:
            self._source.observer.decoded(took)
        return entries

    def _check(self) -> None:
        for stream, reason in find_gaps(self._source.client, self._reader.positions).items():
            log.error("rows of %s never reached the archive: %s", stream, reason)
            self._source.observer.lost(stream)
        self._checked = True


class ResultsSource(FixedPartitionedSource[Sequence[Decoded], None]):
    """Reads results streams after positions that the store itself keeps.

    Args:
        client: of the Redis that has the streams.
        positions: gives the last entry stored, for each stream to read.
        stop: when requested, reading ends, the epoch is flushed, and the flow ends.
        observer: told what happens.
        count: entries that one reply may bring, per stream.
        settle: waits until Redis cannot lose what was read; raises redis.TimeoutError.
    """

    def __init__(
        self,
        client: redis.Redis,
        positions: Callable[[], Mapping[str, str]],
        stop: Stop,
        observer: Observer,
        *,
        count: int = 64,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self.client = client
        self.settle = settle
        self.positions = positions
        self.stop = stop
        self.observer = observer
        self.count = count

    @override
    def list_parts(self) -> list[str]:
        return [PARTITION]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Partition:
        return _Partition(self, self.positions())
