"""A hold on the stores, by which a backup has them stay where they are while it looks at Redis.

It is kept on Redis, so it reaches archives on other machines, and it ends by itself when who
holds it is gone. A writer first says that it is busy and then looks for the hold; who holds sets
the hold and then waits until nobody is busy: one of the two always sees the other.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import redis

from rules.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from sinks.batch_parts import StopRequested, Writer

log = logging.getLogger(__name__)
HOLD = "archive:hold"
HOLD_MS = 30_000
BUSY_MS = 60_000
_PAUSE = 0.05


class HoldFailed(Transient):
    """The stores cannot be held now, or were not held to the end."""


def busy_key(store: str) -> str:
    """Key that says that rows are being written to a store."""
    return f"archive:busy:{store}"


class HeldWriter:
    """A store's writer that waits while the stores are held.

    Args:
        writer: of the store.
        client: of the Redis that has the hold.
        store: its name.
        stop: ends the waiting.
        sleep: between two looks.
    """

    def __init__(
        self,
        writer: Writer,
        client: redis.Redis,
        store: str,
        stop: StopRequested,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer = writer
        self._client = client
        self._busy = busy_key(store)
        self._stop = stop
        self._sleep = sleep
        self._waits = False

    def positions(self) -> dict[str, str]:
        """Return the last entry stored, by stream."""
        return self._writer.positions()

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows and marks, when nobody holds the store.

        Raises:
            Transient: it may work later, or the process is to end while it waits.
        """
        while not self._entered():
            if self._stop.requested:
                raise HoldFailed("a backup holds the store, and this process is to end")
            self._sleep(_PAUSE)
        try:
            self._writer.write(tables, positions)
        finally:
            self._left()

    def close(self) -> None:
        """Let go of the store."""
        self._writer.close()

    def _entered(self) -> bool:
        """Say that rows are being written; tell whether they may be."""
        try:
            # One after the other: on a cluster the keys live on different nodes.
            self._say_busy()
            held = self._client.get(HOLD)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # Nobody can hold the stores now, but somebody may: the rows can wait for Redis.
            if not self._waits:
                log.warning("rows wait, for Redis does not say whether they may go: %s", error)
            self._waits = True
            return False
        self._waits = False
        if held is not None:
            self._left()
        return held is None

    def _say_busy(self) -> None:
        try:
            self._client.set(self._busy, 1, px=BUSY_MS)
        except redis.ResponseError as error:
            # It has no memory or disk for a key, so nobody can begin to hold the stores either;
            # and storing rows is what gives it room again.
            log.warning("Redis takes no word that %s is busy: %s", self._busy, error)

    def _left(self) -> None:
        try:
            self._client.delete(self._busy)
        except redis.RedisError:
            return  # the key expires


@contextmanager
def held(client: redis.Redis, stores: Sequence[str], *, patience: float = 75.0) -> Iterator[None]:
    """Have nothing written to the stores while this lasts.

    Args:
        client: of the Redis that archives read from.
        stores: their names.
        patience: seconds to wait for what is being written.

    Raises:
        HoldFailed: somebody else holds them, a store is written for too long, or the hold was
            lost meanwhile, so that what was copied may not belong together.
        redis.RedisError: Redis does not answer.
    """
    token = secrets.token_hex(16).encode()
    if not client.set(HOLD, token, px=HOLD_MS, nx=True):
        raise HoldFailed("another backup runs; wait until it has ended")
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(client, token, ended), daemon=True)
    keeper.start()
    try:
        deadline = time.monotonic() + patience
        while any(client.exists(busy_key(store)) for store in stores):
            if time.monotonic() > deadline:
                raise HoldFailed(f"a store is being written for more than {patience:g} s")
            time.sleep(_PAUSE)
        yield
        if client.get(HOLD) != token:
            raise HoldFailed("the hold on the stores was lost; try again")
    finally:
        ended.set()
        keeper.join()
        if client.get(HOLD) == token:
            client.delete(HOLD)


def _keep(client: redis.Redis, token: bytes, ended: threading.Event) -> None:
    while not ended.wait(HOLD_MS / 5000):
        try:
            if client.get(HOLD) != token:
                return  # lost; who holds will see
            client.pexpire(HOLD, HOLD_MS)
        except redis.RedisError:
            continue  # it may answer before the hold runs out
