"""The one time of all flows: that of Redis."""

import time
from collections.abc import Callable

import redis

_LOOK_EVERY = 1.0  # seconds


class RedisClock:
    """The time of Redis, carried on by this process' monotonic clock between looks."""

    def __init__(
        self, client: redis.Redis, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._offset = 0.0
        self._due = monotonic()

    def look(self) -> None:
        """Ask Redis for its time.

        Raises:
            redis.RedisError: If it cannot be asked; the old offset stays.
        """
        seconds, micros = self._client.time()
        now = self._monotonic()
        self._offset = seconds + micros / 1e6 - now
        self._due = now + _LOOK_EVERY

    def follow(self) -> None:
        """Look once a second: a clock may be set, and a machine may have slept.

        Raises:
            redis.RedisError: As `look`.
        """
        if self._monotonic() >= self._due:
            self.look()

    def now(self) -> int:
        """Return microseconds since 1970 in UTC."""
        return int((self._monotonic() + self._offset) * 1e6)
