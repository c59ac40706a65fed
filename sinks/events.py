"""Events of partitions, and prices of brokers, as executors write them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis

from schema import keys
from schema.wire import Records, encode
from sinks.as_one import raise_first, run_as_one

_KEPT_QUOTES = 16
_WAITAOF_MS = 2000


class EventsWriter:
    """Appends reports, deals and marks; the fold drops repeats, so twice is harmless.

    Args:
        client: Replies as bytes.
        instance: Who writes.
        durability: `waitaof` has each entry wait for its fsync; with `always` a reply implies it.
    """

    def __init__(self, client: redis.Redis, instance: UUID, *, durability: str = "always") -> None:
        self._client = client
        self._from = str(instance)
        self._wait = durability == "waitaof"
        self._told = b""

    def publish(self, entries: Sequence[tuple[int, Records, Records, Records]]) -> list[str]:
        """Append one entry to the events of each of several partitions, in one round trip.

        Args:
            entries: Partition, REPORT, DEAL and MARK records.

        Returns:
            The new entries' ids; what they hold is durable.

        Raises:
            redis.RedisError: Any of them may be missing; append them again.
        """
        commands = []
        for partition, reports, deals, marks in entries:
            fields: list[Any] = ["from", self._from]
            for name, records in (("reports", reports), ("deals", deals), ("marks", marks)):
                if len(records):
                    fields += (name, encode(records))
            commands.append(("XADD", keys.events(partition), "*", *fields))
        tail = [("WAITAOF", 1, 0, _WAITAOF_MS)] if self._wait else []
        replies = run_as_one(self._client, commands, tail)
        raise_first(replies)
        if self._wait and replies.pop()[0] < 1:
            raise redis.TimeoutError("WAITAOF: the events were not fsynced in time")
        return [reply.decode() for reply in replies]

    def missing(self, places: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        """Return those entries that are neither in their partition's events nor trimmed.

        Args:
            places: Partition and entry id, ascending; what `publish` had returned.

        Raises:
            redis.RedisError: Ask again.
        """
        if not places:
            return set()
        partitions = sorted({partition for partition, _ in places})
        pipe: Any = self._client.pipeline(transaction=False)
        for partition in partitions:
            pipe.xrange(keys.events(partition), "-", "+", count=1)
        for partition, entry_id in places:
            pipe.xrange(keys.events(partition), entry_id, entry_id)
        replies = pipe.execute()
        first = {
            partition: _order(found[0][0].decode()) if found else (0, 0)
            for partition, found in zip(partitions, replies, strict=False)
        }
        return {
            place
            for place, found in zip(places, replies[len(partitions) :], strict=True)
            if not found and _order(place[1]) >= first[place[0]]
        }

    def publish_quotes(
        self, broker: UUID, quotes: Records, lease_ms: int, *, always: bool = True
    ) -> None:
        """Append the prices of a broker, if this executor is the one that publishes them.

        Args:
            broker: Whose.
            quotes: QUOTE records of all its symbols.
            lease_ms: How long this executor stays the one, from now.
            always: Although none has changed since they were last given.
        """
        data = encode(quotes)
        if data == self._told and not always:
            return
        self._told = data
        key = keys.quotes_publisher(broker)
        holder: Any = self._client.set(key, self._from, nx=True, px=lease_ms, get=True)
        if holder is not None and holder.decode() != self._from:
            return
        if holder is not None:
            self._client.pexpire(key, lease_ms)
        self._client.xadd(keys.quotes(broker), {"q": data}, maxlen=_KEPT_QUOTES)


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq or 0)
