"""Dispatch: a partition's decision and its orders are appended as one entry, or not at all.

The script appends only if the last decision of the partition is the one that the shard has
folded; a second shard, or one that missed a write of its own, writes nothing (design, law 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from schema import keys
from sinks.as_one import raise_first, run_as_one

# The entry is checked, not a key beside it: after Redis lost a suffix the two could disagree.
_APPEND = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local id = '0-0'
if #last > 0 then id = last[1][1] end
if id ~= ARGV[1] then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""
# The same, which Redis runs although its memory is at its bound (Redis 7 and later).
_BEYOND = f"#!lua flags=allow-oom{_APPEND}"


@dataclass(frozen=True, kw_only=True)
class Append:
    """An entry for the decisions log of one partition."""

    partition: int
    previous: str
    fields: Mapping[bytes, bytes]


_LAST = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return #last > 0 and last[1][1] or '0-0'
"""


class Dispatcher:
    """Appends decisions, one script in flight per partition; guarantee: at most once each.

    Args:
        client: Of the server that holds the logs.
        durability: `always` (a reply implies the fsync), `waitaof`, or `lossy`.
        timeout_ms: How long WAITAOF may take.
    """

    def __init__(
        self, client: redis.Redis, durability: str = "always", timeout_ms: int = 2000
    ) -> None:
        self._client = client
        self._wait = durability == "waitaof"
        self._timeout_ms = timeout_ms
        self._shas: dict[bool, str] = {}

    def send(self, appends: Sequence[Append], *, beyond: bool = False) -> list[str | None]:
        """Append one decision to each of several partitions, in one round trip.

        Args:
            appends: The decisions.
            beyond: Whether they may take memory beyond the bound of Redis.

        Returns:
            The new entry's id for each, None where the partition's last decision was another.

        Raises:
            redis.RedisError: The link broke or a script failed: nothing is known; fold again.
        """
        if not self._shas:
            load = self._client.script_load
            self._shas = {True: str(load(_BEYOND)), False: str(load(_APPEND))}
        replies = self._run(appends, self._shas[beyond])
        if any(isinstance(reply, redis.exceptions.NoScriptError) for reply in replies):
            # The server restarted. The caller's memory may be older than its log: load, and fail.
            self._shas = {}
        raise_first(replies)
        if self._wait and replies.pop()[0] < 1:
            raise redis.TimeoutError("WAITAOF: the decision was not fsynced in time")
        return [reply.decode() if reply else None for reply in replies]

    def last(self, partitions: Sequence[int]) -> list[str]:
        """Return the id of the last decision of each partition, in one round trip.

        Raises:
            redis.RedisError: The link broke.
        """
        pipe: Any = self._client.pipeline(transaction=False)
        for partition in partitions:
            pipe.execute_command("EVAL", _LAST, 1, keys.decisions(partition))
        return [reply.decode() for reply in pipe.execute()]

    def _run(self, appends: Sequence[Append], sha: str) -> list[Any]:
        commands = []
        for append in appends:
            flat = [part for item in append.fields.items() for part in item]
            place = keys.decisions(append.partition)
            commands.append(("EVALSHA", sha, 1, place, append.previous, *flat))
        tail = [("WAITAOF", 1, 0, self._timeout_ms)] if self._wait else []
        return run_as_one(self._client, commands, tail)
