"""A client of a Redis Cluster whose errors are those of a client of one server.

What a cluster says while a node is away (CLUSTERDOWN, TRYAGAIN, no node for a slot) is to its
users what a broken link is: nothing is known, try again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redis
from redis.cluster import ClusterPipeline
from redis.exceptions import (
    AskError,
    ClusterError,
    RedisClusterException,
    TryAgainError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_AWAY = (AskError, ClusterError, RedisClusterException, TryAgainError)


class Cluster(redis.RedisCluster):
    """A client of all nodes."""

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command on the node that has its keys."""
        with _translated():
            command: Any = super().execute_command  # without types
            return command(*args, **kwargs)

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> ClusterPipeline:
        """Return a pipeline over all nodes; a transaction has keys of one slot only."""
        del shard_hint
        return _Pipeline(
            nodes_manager=self.nodes_manager,
            commands_parser=self.commands_parser,
            startup_nodes=list(self.nodes_manager.startup_nodes.values()),
            result_callbacks=self.result_callbacks,
            cluster_response_callbacks=self.cluster_response_callbacks,
            read_from_replicas=self.read_from_replicas,
            load_balancing_strategy=self.load_balancing_strategy,
            reinitialize_steps=self.reinitialize_steps,
            retry=self.retry,
            lock=self._lock,
            transaction=transaction,
            event_dispatcher=self._event_dispatcher,
        )


class _Pipeline(ClusterPipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _translated():
            replies = super().execute(raise_on_error)
        return [_link_error(r) if isinstance(r, _AWAY) else r for r in replies]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise _link_error(error) from error


def _link_error(error: Exception) -> redis.ConnectionError:
    return redis.ConnectionError(str(error) or type(error).__name__)
