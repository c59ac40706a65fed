"""Hashes of live state on Redis, for dashboards; nothing is decided from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa
import redis

from schema import keys
from schema import redis as hashes
from schema.table import Table
from sinks.as_one import Command, raise_first, run_as_one

GRACE_SECONDS = 3600  # how long what is over stays to be looked at


@dataclass(frozen=True)
class LiveRows:
    """Rows of a live table.

    Attributes:
        table: Whose rows belong to partitions.
        rows: Of the table.
        partitions: Of each row.
        over: Whether what a row tells has ended: it goes after a while.
    """

    table: Table
    rows: pa.RecordBatch
    partitions: Sequence[int]
    over: Sequence[bool]


class LiveStateWriter:
    """Replaces hashes.

    Args:
        client: Of the server that has them.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def write(self, changed: Sequence[LiveRows]) -> None:
        """Replace the hash of each row of some tables, in one round trip.

        Raises:
            redis.RedisError: Some may be missing.
        """
        commands = [command for each in changed for command in _commands(each)]
        raise_first(run_as_one(self._client, commands))


def _commands(changed: LiveRows) -> Iterator[Command]:
    kept, key = hashes.seconds(changed.table), changed.table.key[0]
    found = hashes.encode(changed.table, changed.rows)
    for partition, fields, ended in zip(changed.partitions, found, changed.over, strict=True):
        place = keys.state(partition, changed.table.name, UUID(fields[key]))
        yield "HSET", place, *(part for item in fields.items() for part in item)
        seconds = GRACE_SECONDS if ended else kept
        yield ("PERSIST", place) if seconds is None else ("EXPIRE", place, seconds)
