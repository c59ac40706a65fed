"""How much of its memory bound a Redis uses."""

from typing import Any

import redis


def used_memory(client: redis.Redis) -> float:
    """Return the share of `maxmemory` that is used, of the fullest node; 0 without a bound.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    driver: Any = client
    if isinstance(client, redis.RedisCluster):
        nodes = driver.info("memory", target_nodes=redis.RedisCluster.PRIMARIES).values()
    else:
        nodes = [driver.info("memory")]
    return max(
        (node["used_memory"] / node["maxmemory"] if node.get("maxmemory") else 0.0)
        for node in nodes
    )
