"""Events of partitions, and prices of brokers, as executors write them."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis
from redis.exceptions import OutOfMemoryError

from schema import keys
from schema.wire import Records, encode
from sinks.as_one import raise_first
from sinks.scripts import Call, Script, call_scripts

log = logging.getLogger(__name__)
_TELL, _MARK = Script.named("tell"), Script.named("mark")

Told = tuple[int, Records, Records, Records]
"""A partition, with REPORT, DEAL and MARK records of its accounts."""

_KEPT_QUOTES = 16
_WAITAOF_MS = 2000


class EventsWriter:
    """Appends reports, deals and marks; the fold drops repeats, so twice is harmless.

    Attributes:
        told_all: whether the last entries had all that they were to have.

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
        self.told_all = True

    def publish(self, entries: Sequence[Told]) -> list[str]:
        """Append one entry to the events of each of several partitions, in one round trip.

        Args:
            entries: Partition, REPORT, DEAL and MARK records.

        Returns:
            The new entries' ids; what they hold is durable. Where Redis has no memory, an
            entry of nothing but marks is not made: its id is "", and `told_all` says so.

        Raises:
            redis.RedisError: Any of them may be missing; append them again.
        """
        calls = [self._call(*entry) for entry in entries]
        tail = [("WAITAOF", 1, 0, _WAITAOF_MS)] if self._wait and calls else []
        replies = call_scripts(self._client, calls, tail)
        # Refused alone: a script that may not go beyond the bound fails at its first write.
        refused = [
            row
            for row, call in enumerate(calls)
            if call.script is _MARK and isinstance(replies[row], OutOfMemoryError)
        ]
        self.told_all = not refused
        if refused:
            log.warning("Redis has no memory for the money of accounts, which waits")
        for row in refused:
            replies[row] = b""
        raise_first(replies)
        if tail and replies.pop()[0] < 1:
            raise redis.TimeoutError("WAITAOF: the events were not fsynced in time")
        return [reply.decode() for reply in replies]

    def _call(self, partition: int, reports: Records, deals: Records, marks: Records) -> Call:
        fields: list[Any] = ["from", self._from]
        for name, records in (("reports", reports), ("deals", deals), ("marks", marks)):
            if len(records):
                fields += (name, encode(records))
        must_be_told = len(reports) or len(deals)
        return Call(_TELL if must_be_told else _MARK, (keys.events(partition),), fields)

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
