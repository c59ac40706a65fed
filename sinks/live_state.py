"""Hashes of live state on Redis, for dashboards; nothing is decided from them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pyarrow as pa
import redis

from schema import keys
from schema import redis as hashes
from schema.table import Table

GRACE_SECONDS = 3600  # how long what is over stays to be looked at


class LiveStateWriter:
    """Replaces the hashes of one table.

    Args:
        client: Of the server that has them.
        table: A live table whose rows belong to partitions.
    """

    def __init__(self, client: redis.Redis, table: Table) -> None:
        self._client = client
        self._table = table

    def write(self, partitions: Sequence[int], rows: pa.RecordBatch, over: Sequence[bool]) -> None:
        """Replace the hash of each row.

        Args:
            partitions: Of each row.
            rows: Of the table.
            over: Whether what a row tells has ended: it goes after a while.

        Raises:
            redis.RedisError: Some may be missing.
        """
        pipe: Any = self._client.pipeline(transaction=False)
        kept = hashes.seconds(self._table)
        ids = hashes.encode(self._table, rows)
        key = self._table.key[0]
        for partition, fields, ended in zip(partitions, ids, over, strict=True):
            place = keys.state(partition, self._table.name, UUID(fields[key]))
            pipe.hset(place, mapping=fields)
            seconds = GRACE_SECONDS if ended else kept
            if seconds is not None:
                pipe.expire(place, seconds)
            else:
                pipe.persist(place)
        pipe.execute()
