"""Entries of streams that are spread over the nodes of a Redis Cluster.

One XREAD may not name streams of several slots, so nothing can block on all of them: each
node is asked for each of its streams in one pipelined round trip, over and over, at a pace that
slows down while nothing comes.
"""

import time
from collections.abc import Collection, Mapping
from typing import Any

import redis
from redis.exceptions import ClusterDownError, MovedError, RedisClusterException

from sources.redis_streams import Entry, entries_of

_SHORTEST, _LONGEST = 0.001, 0.02


class ClusterStreamReader:
    """Reads many streams of a cluster; used as `sources.redis_streams.StreamReader` is.

    Args:
        client: of the cluster; replies must be bytes.
        positions: the last id already seen, per stream; `0-0` reads from the beginning.
        count: entries that one reply may bring, per stream.
    """

    def __init__(
        self, client: redis.RedisCluster, positions: Mapping[str, str], *, count: int = 512
    ) -> None:
        self._client: Any = client
        self._count = count
        self._links: list[tuple[Any, Any, list[str]]] = []  # pool, connection, streams
        self._pause = _SHORTEST
        self.positions: dict[str, str] = dict(positions)

    def poll(self, wait: float) -> list[Entry]:
        """The entries after `positions`, which move to the last of them.

        Args:
            wait: seconds to wait for the first entry; 0 takes only what is there.

        Raises:
            redis.ConnectionError: a link broke or a slot has moved; the next call starts anew.
            redis.TimeoutError: the same.
        """
        deadline = time.monotonic() + wait
        while True:
            found = self.take()
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(self._pause, left))
            self._pause = min(2 * self._pause, _LONGEST)

    def take(self, streams: Collection[str] = ()) -> list[Entry]:
        """The entries after `positions` that are there now; one round trip to each node.

        Args:
            streams: Those to be read; all of them by default.
        """
        try:
            links = [
                (connection, [s for s in there if not streams or s in streams])
                for _, connection, there in self._connected()
            ]
            for connection, asked in links:
                commands = [
                    ("XREAD", "COUNT", self._count, "STREAMS", s, self.positions[s]) for s in asked
                ]
                connection.send_packed_command(connection.pack_commands(commands))
            found: list[Entry] = []
            for connection, asked in links:
                for _ in asked:
                    found += entries_of(connection.read_response(), self.positions)
        except (MovedError, ClusterDownError, RedisClusterException) as error:
            self._drop()
            self._client.nodes_manager.initialize()
            raise redis.ConnectionError(str(error)) from error
        except redis.ResponseError:
            self._drop()
            raise
        except OSError as error:
            self._drop()
            raise redis.ConnectionError(str(error)) from error
        except (redis.ConnectionError, redis.TimeoutError):
            self._drop()
            raise
        if found:
            self._pause = _SHORTEST
        return found

    def seek(self, positions: Mapping[str, str]) -> None:
        """Read on after these positions, which replace all that were there."""
        self._drop()
        self.positions = dict(positions)

    def close(self) -> None:
        """Drop the links. The reader may be used again."""
        self._drop()

    def _connected(self) -> list[tuple[Any, Any, list[str]]]:
        if not self._links:
            by_node: dict[str, list[str]] = {}
            nodes: dict[str, Any] = {}
            for stream in self.positions:
                node = self._client.get_node_from_key(stream)
                nodes[node.name] = node
                by_node.setdefault(node.name, []).append(stream)
            for name, streams in by_node.items():
                pool = self._client.get_redis_connection(nodes[name]).connection_pool
                self._links.append((pool, pool.get_connection(), streams))
        return self._links

    def _drop(self) -> None:
        links, self._links = self._links, []
        for pool, connection, _ in links:
            connection.disconnect()
            pool.release(connection)
