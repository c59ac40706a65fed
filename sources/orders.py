"""The source of the execute flow: decisions of an instance, and the passing of time."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis
from bytewax.inputs import AbortExecution, FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from sources.again import Again
from sources.redis_clock import RedisClock
from sources.redis_streams import open_reader
from sources.stop import Stop

log = logging.getLogger(__name__)
_RETRY = 0.2


@dataclass
class Turn:
    """What was read, and what the steps make of it."""

    now: int  # microseconds, UTC, by the clock of Redis
    entries: Sequence[tuple[int, str, Mapping[bytes, bytes]]] = ()
    fresh: bool = False  # the link is new: what is in doubt is to be published again
    granted: list[Any] = field(default_factory=list)
    failed: bool = False


@dataclass
class Link:
    """Whether the link to Redis is trusted; a step that breaks it says so.

    Attributes:
        broken: it is not: everything is read and published again.
        busy: orders were claimed in the last turn: others may be ready behind them.
        ended: this flow is to end, for another one is to be built.
    """

    broken: bool = True
    busy: bool = False
    ended: bool = False


class _Orders(StatefulSourcePartition[Turn, None]):
    def __init__(
        self,
        client: redis.Redis,
        streams: dict[str, str],
        link: Link,
        stop: Stop,
        wait: float,
        clock: RedisClock,
    ) -> None:
        self._streams = streams
        self._link = link
        self._stop = stop
        self._wait = wait
        self._clock = clock
        self._reader = open_reader(client, streams)
        self._links = Again(stop)

    @override
    def next_batch(self) -> list[Turn]:
        if self._stop.requested or self._link.ended:
            raise AbortExecution
        fresh = self._link.broken
        if fresh and self._links.wait():
            return []
        try:
            self._clock.follow()
            if fresh:
                self._clock.look()
                self._reader.seek(self._streams)
                self._link.broken = False
            found = self._reader.poll(0.0 if self._link.busy else self._wait)
            if found:
                # Orders of one signal stand in many partitions: they are sent together.
                found += self._reader.take()
        except redis.RedisError as error:
            log.warning("Redis cannot be reached; nothing is sent until it can: %s", error)
            self._link.broken = True
            time.sleep(_RETRY)
            return []
        if fresh:
            self._links.tried()
        entries = [(int(s[1 : s.index("}")]), entry_id, fields) for s, entry_id, fields in found]
        return [Turn(now=self._clock.now(), entries=entries, fresh=fresh)]

    @override
    def snapshot(self) -> None:
        return None

    @override
    def close(self) -> None:
        self._reader.close()


class OrdersSource(FixedPartitionedSource[Turn, None]):
    """One partition: the instance's own. What was handled is in the journal, not in Bytewax."""

    def __init__(
        self,
        client: redis.Redis,
        streams: dict[str, str],
        link: Link,
        stop: Stop,
        wait: float,
        clock: RedisClock,
    ) -> None:
        self._parts: tuple[Any, ...] = (client, streams, link, stop, wait, clock)

    @override
    def list_parts(self) -> list[str]:
        return ["instance"]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Orders:
        return _Orders(*self._parts)
