"""How much of its memory bound a Redis uses."""

from typing import Any

import redis


def used_memory(client: redis.Redis) -> float:
    """Return the share of `maxmemory` that is used, of the fullest node; 0 without a bound.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    found: Any = client.info("memory")
    nodes = found.values() if isinstance(client, redis.RedisCluster) else [found]
    return max(
        (node["used_memory"] / node["maxmemory"] if node.get("maxmemory") else 0.0)
        for node in nodes
    )
