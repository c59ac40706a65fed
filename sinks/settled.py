"""Waiting until Redis cannot lose what was read from it."""

from typing import Any

import redis

from schema import keys

_WAIT_MS = 2000


class Settled:
    """A fence in Redis' append-only file: what was written before it is on disk when it is.

    A reader may see what is not fsynced yet, where a reply does not imply the fsync; a row of it
    in a store would outlive the decision that it tells of (design, law 2).

    Args:
        client: of the Redis.
        reader: whose fence it is.
    """

    def __init__(self, client: redis.Redis, reader: str) -> None:
        self._client = client
        self._key = keys.fence(reader)

    def wait(self) -> None:
        """Wait until all that this reader has seen is on disk.

        Raises:
            redis.RedisError: It may not be; read it again.
        """
        pipe: Any = self._client.pipeline(transaction=False)
        pipe.incr(self._key)
        pipe.execute_command("WAITAOF", 1, 0, _WAIT_MS)
        if pipe.execute()[1][0] < 1:
            raise redis.TimeoutError("WAITAOF: what was read was not fsynced in time")
