"""That a Redis was restored from a backup: what was sent since is not in it.

Executors read it, on whatever machine they are: for as long as publishers may repeat a signal, they
look at the broker before they send (`brokers.looking_first`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

if TYPE_CHECKING:
    import redis

KEY = "{config}:restored"
# Identities of signals are known for nine days; who repeats an older one sends a new one.
LASTS_SECONDS = 9 * 86_400


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A restored backup.

    Attributes:
        backup: its id.
        point: its moment, microseconds UTC by Redis' clock.
        at: when it was restored, likewise.
    """

    backup: str
    point: int
    at: int


def write(client: redis.Redis, mark: Restored) -> None:
    """Say that this Redis was restored.

    Raises:
        redis.RedisError: it may not have been said.
    """
    client.set(KEY, msgspec.json.encode(mark), ex=LASTS_SECONDS)


def read(client: redis.Redis) -> Restored | None:
    """Return the backup that this Redis was restored from; None if none, or long ago.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    found = cast("bytes | None", client.get(KEY))
    return None if found is None else msgspec.json.decode(found, type=Restored)
