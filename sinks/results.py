"""Rows on their way to the archive: Arrow batches on the results streams."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import redis

from schema import arrow, keys
from schema.registry import TABLES
from sinks.as_one import raise_first, run_as_one

# Every shard reads every signal; whoever comes first writes what is decided per signal.
_ONCE = """
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
        if not self._names:
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
        raise_first(run_as_one(self._client, commands))

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
