"""Events of partitions, and prices of brokers, as executors write them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis

from schema import keys
from schema.wire import Records, encode

_KEPT_QUOTES = 16


class EventsWriter:
    """Appends reports, deals and marks; the fold drops repeats, so twice is harmless."""

    def __init__(self, client: redis.Redis, instance: UUID) -> None:
        self._client = client
        self._from = str(instance)

    def publish(self, entries: Sequence[tuple[int, Records, Records, Records]]) -> list[str]:
        """Append one entry to the events of each of several partitions, in one round trip.

        Args:
            entries: Partition, REPORT, DEAL and MARK records.

        Returns:
            The new entries' ids.

        Raises:
            redis.RedisError: Any of them may be missing; append them again.
        """
        pipe: Any = self._client.pipeline(transaction=False)
        for partition, reports, deals, marks in entries:
            fields: dict[Any, Any] = {"from": self._from}
            for name, records in (("reports", reports), ("deals", deals), ("marks", marks)):
                if len(records):
                    fields[name] = encode(records)
            pipe.xadd(keys.events(partition), fields)
        return [reply.decode() for reply in pipe.execute()]

    def publish_quotes(self, broker: UUID, quotes: Records, lease_ms: int) -> None:
        """Append the prices of a broker, if this executor is the one that publishes them."""
        key = keys.quotes_publisher(broker)
        holder: Any = self._client.set(key, self._from, nx=True, px=lease_ms, get=True)
        if holder is not None and holder.decode() != self._from:
            return
        if holder is not None:
            self._client.pexpire(key, lease_ms)
        self._client.xadd(keys.quotes(broker), {"q": encode(quotes)}, maxlen=_KEPT_QUOTES)
