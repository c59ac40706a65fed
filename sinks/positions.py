"""How far each store has the results streams, told on Redis; and their trimming."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis

from schema import keys

log = logging.getLogger(__name__)


class StoredPositions:
    """Publishes what a store has, and trims what all stores have.

    The entry at the lowest position stays in its stream: as long as it is there, nothing behind
    it was lost.

    Args:
        client: of the Redis that has the streams.
        store: the store of this process.
        stores: all stores that must have an entry before it may go.
        trim_seconds: time between two trims.
    """

    def __init__(
        self,
        client: redis.Redis,
        store: str,
        stores: Sequence[str],
        *,
        trim_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._store = store
        self._stores = tuple(stores)
        self._trim_seconds = trim_seconds
        self._clock = clock
        self._untold: dict[str, str] = {}
        self._untrimmed: set[str] = set()
        self._trim_at = clock() + trim_seconds

    def read(self, streams: Sequence[str]) -> dict[str, str]:
        """Return what was published before.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        pipe: Any = self._client.pipeline(transaction=False)
        for stream in streams:
            pipe.get(keys.stored(stream, self._store))
        found = pipe.execute()
        return {s: value.decode() for s, value in zip(streams, found, strict=True) if value}

    def publish(self, positions: Mapping[str, str]) -> None:
        """Tell that rows are durable. What Redis does not take now is told with the next."""
        self._untold.update(positions)
        pipe: Any = self._client.pipeline(transaction=False)
        for stream, entry_id in self._untold.items():
            pipe.set(keys.stored(stream, self._store), entry_id)
        try:
            pipe.execute()
            self._untrimmed.update(self._untold)
            self._untold.clear()
            self._trim()
        except redis.RedisError as error:
            log.warning("Redis did not take the positions of %s: %s", self._store, error)

    def _trim(self) -> None:
        if self._clock() < self._trim_at or not self._untrimmed:
            return
        self._trim_at = self._clock() + self._trim_seconds
        pipe: Any = self._client.pipeline(transaction=False)
        for stream in self._untrimmed:
            pipe.execute_command("MGET", *(keys.stored(stream, s) for s in self._stores))
        known = dict(zip(self._untrimmed, pipe.execute(), strict=True))
        for stream, positions in known.items():
            if all(positions):
                lowest = min((p.decode() for p in positions), key=_pair)
                pipe.xtrim(stream, minid=lowest, approximate=False)
        pipe.execute()
        self._untrimmed.clear()


def _pair(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
