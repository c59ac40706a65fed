"""Rows on their way to the archive: Arrow batches on the results streams."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import redis

from schema import arrow, keys
from schema.registry import TABLES
from sinks.as_one import Command, raise_first, run_as_one

# Every shard reads every signal; whoever comes first writes what is decided per signal.
_ONCE = """#!lua flags=allow-oom
local mark = redis.call('HGET', KEYS[2], 'mark')
if mark then
  local ms, seq = string.match(mark, '(%d+)-(%d+)')
  ms, seq = tonumber(ms), tonumber(seq)
  local to_ms, to_seq = tonumber(ARGV[1]), tonumber(ARGV[2])
  if to_ms < ms or (to_ms == ms and to_seq <= seq) then return 0 end
end
if #ARGV > 2 then redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3)) end
redis.call('HSET', KEYS[2], 'mark', ARGV[1] .. '-' .. ARGV[2])
return 1
"""

Batches = Mapping[str, pa.RecordBatch]
_AT_ONCE = 8 << 20  # bytes of a transaction: Redis does nothing else meanwhile


class ResultsWriter:
    """Appends rows to results streams; rows are keyed, so writing them twice is harmless."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._once: Any = client.register_script(_ONCE)
        self._names: dict[str, bytes] = {}

    def announce(self) -> None:
        """Publish the schemas of this program's rows, so that readers of any version can decode."""
        history = [table for table in TABLES.values() if table.kind == "history"]
        schemas: Any = dict(arrow.wire_type(table) for table in history)
        self._client.hset(keys.WIRE_TYPES, mapping=schemas)
        self._names = {table.name: arrow.wire_name(table).encode() for table in history}

    def _fields(self, batches: Batches) -> list[bytes]:
        if batches and not self._names:
            self.announce()
        return [
            part
            for name, batch in batches.items()
            if batch.num_rows
            for part in (self._names[name], arrow.encode(batch))
        ]

    def write(self, entries: Sequence[tuple[str, Batches]]) -> None:
        """Append one entry to each of several results streams.

        Args:
            entries: Key of the stream, and rows by table.

        Raises:
            redis.RedisError: Any of them may be missing; write them again.
        """
        made = [(stream, self._fields(batches)) for stream, batches in entries]
        commands = [("XADD", stream, "*", *fields) for stream, fields in made if fields]
        for some in _bounded(commands):
            raise_first(run_as_one(self._client, some))

    def are_stored(self, streams: Sequence[str]) -> bool:
        """Return whether all stores have, but for a last entry each, what streams hold.

        Who has stored it trims it, and keeps the entry that it stands at.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        pipe: Any = self._client.pipeline(transaction=False)
        for stream in streams:
            pipe.xlen(stream)
        return bool(max(pipe.execute()) <= 1)

    def write_signals(self, stream: int, last: str, batches: Batches) -> bool:
        """Append what was decided per signal, unless another shard has come as far.

        Args:
            stream: Number of the signal stream.
            last: The last entry that the rows cover.
            batches: Rows by table.

        Returns:
            Whether this call wrote.
        """
        milliseconds, _, sequence = last.partition("-")
        key = keys.signal_results(stream)
        return bool(
            self._once(
                keys=[key, keys.signal_mark(stream)],
                args=[milliseconds, sequence, *self._fields(batches)],
            )
        )


def _bounded(commands: Iterable[Command]) -> Iterator[list[Command]]:
    """Cut commands into transactions of some size; one that is larger stands alone."""
    some: list[Command] = []
    size = 0
    for command in commands:
        more = sum(map(len, command))
        if some and size + more > _AT_ONCE:
            yield some
            some, size = [], 0
        some.append(command)
        size += more
    if some:
        yield some
