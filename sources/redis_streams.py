"""Entries of Redis streams, as they come, without a poll per millisecond."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import redis

Entry = tuple[str, str, dict[bytes, bytes]]
"""The stream, the entry's id (`ms-seq`) and its fields."""

StreamId = tuple[int, int]

BEGINNING = "0-0"


def parse_id(entry_id: str) -> StreamId:
    """The order of ids is that of these pairs, not that of their text."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)


class Reader(Protocol):
    """Reads entries of many streams as they come: StreamReader, or that of a cluster."""

    positions: dict[str, str]

    def poll(self, wait: float) -> list[Entry]:
        """Return the entries after `positions`, which move on."""
        ...

    def take(self, streams: Collection[str] = ()) -> list[Entry]:
        """Return what is there now, of some of the streams if they are named."""
        ...

    def seek(self, positions: Mapping[str, str]) -> None:
        """Read on after other positions."""
        ...

    def close(self) -> None:
        """Drop the link."""
        ...


def open_reader(client: Any, positions: Mapping[str, str], *, count: int = 512) -> Reader:
    """Return the reader for a server, or for a cluster."""
    if isinstance(client, redis.RedisCluster):
        from sources.cluster_streams import ClusterStreamReader  # noqa: PLC0415 - it imports this

        return ClusterStreamReader(client, positions, count=count)
    return StreamReader(client, positions, count=count)


class StreamReader:
    """Reads many streams through one blocking XREAD, and never blocks longer than it is told.

    The command is sent with BLOCK 0 and its reply is awaited here: the server checks its own
    timeouts only some ten times a second, so a short BLOCK would wait far longer than asked for.

    Args:
        client: of the server that has the streams; replies must be bytes.
        positions: the last id already seen, per stream; `0-0` reads from the beginning.
        count: entries that one reply may bring, per stream.
    """

    def __init__(
        self, client: redis.Redis, positions: Mapping[str, str], *, count: int = 512
    ) -> None:
        self._client = client
        self._count = count
        # redis-py leaves half of a connection's methods without types.
        self._connection: Any = None
        self._pending = False
        self.positions: dict[str, str] = dict(positions)

    def poll(self, wait: float) -> list[Entry]:
        """The entries after `positions`, which move to the last of them.

        Args:
            wait: seconds to wait for the first entry; 0 takes only what is there.

        Returns:
            The entries of each stream in order; none if nothing came in time.

        Raises:
            redis.ConnectionError: the link broke; it is dropped, and the next call starts anew.
            redis.TimeoutError: the same.
        """
        if not self.positions:
            time.sleep(wait)
            return []
        with self._link():
            if not self._request().can_read(timeout=wait):
                return []
            return self._reply()

    def take(self, streams: Collection[str] = ()) -> list[Entry]:
        """The entries after `positions` that are there now; one round trip.

        Call it behind a `poll` that has found some: a command of a pipeline wakes the blocked
        reader before the next one is done, so what was written together comes in two replies.
        Behind one that has found none, that reader still waits, and nothing is returned.

        Args:
            streams: Those to be read; all of them by default.

        Raises:
            redis.ConnectionError, redis.TimeoutError: as `poll`.
        """
        if self._pending or not self.positions:
            return []
        with self._link():
            self._request(streams or self.positions, block=False)
            return self._reply()

    def fileno(self) -> int:
        """The descriptor that becomes readable when entries come; for `select`.

        It changes when the link broke or after `seek`.

        Raises:
            redis.ConnectionError: there is no link and none can be had.
        """
        # redis-py offers `can_read` alone, and one select cannot be made of two of those.
        return int(self._request()._get_socket().fileno())  # noqa: SLF001

    def seek(self, positions: Mapping[str, str]) -> None:
        """Read on after these positions, which replace all that were there."""
        self._drop()
        self.positions = dict(positions)

    def close(self) -> None:
        """Drop the link. The reader may be used again."""
        self._drop()

    def _request(self, streams: Collection[str] = (), *, block: bool = True) -> Any:
        if self._connection is None:
            self._connection = self._client.connection_pool.get_connection()
        if not self._pending:
            wait = ("BLOCK", 0) if block else ()
            names = streams or self.positions
            places = ("STREAMS", *names, *(self.positions[name] for name in names))
            with self._link():
                self._connection.send_command("XREAD", "COUNT", self._count, *wait, *places)
            self._pending = True
        return self._connection

    def _reply(self) -> list[Entry]:
        try:
            return entries_of(self._connection.read_response(), self.positions)
        finally:
            self._pending = False

    @contextmanager
    def _link(self) -> Iterator[None]:
        """Drop a link that broke: a reply to who knows what may still be under way."""
        try:
            yield
        except redis.ResponseError:
            raise
        except OSError as error:
            self._drop()
            raise redis.ConnectionError(str(error)) from error
        except (redis.ConnectionError, redis.TimeoutError):
            self._drop()
            raise

    def _drop(self) -> None:
        connection, self._connection, self._pending = self._connection, None, False
        if connection is not None:
            # A reply may still be under way, so this connection cannot serve anyone else.
            connection.disconnect()
            self._client.connection_pool.release(connection)


def entries_of(reply: Any, positions: dict[str, str]) -> list[Entry]:
    """Return the entries of a reply to XREAD, and move the positions to the last of them."""
    entries: list[Entry] = []
    pairs = reply.items() if isinstance(reply, dict) else reply or ()
    for name, messages in pairs:
        stream = name.decode()
        for entry_id, flat in messages:
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            if 2 * len(fields) != len(flat):
                fields = _with_repeated(flat)
            entries.append((stream, entry_id.decode(), fields))
        if messages:
            positions[stream] = messages[-1][0].decode()
    return entries


def _with_repeated(flat: list[bytes]) -> dict[bytes, bytes]:
    """Return the fields of an entry that has one of them twice: `json`, then `json again`.

    Only the first and the last are kept; which of them was meant is for the reader to refuse.
    """
    fields: dict[bytes, bytes] = {}
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        fields[name + b" again" if name in fields else name] = value
    return fields
