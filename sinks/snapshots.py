"""Snapshots on Redis: one per partition, each kept only of the shard that decided last."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from schema import keys
from sinks.as_one import raise_first
from sinks.scripts import Call, Script, call_scripts

log = logging.getLogger(__name__)
_WAITAOF_MS = 2000

SNAPSHOT = Script.named("snapshot")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of some snapshots.

    Attributes:
        partitions: whose snapshot is on disk; their logs may be trimmed under it.
        overtaken: partitions in which another shard has decided meanwhile.
    """

    partitions: Sequence[int]
    overtaken: Sequence[int]


class SnapshotWriter:
    """Stores snapshots.

    Args:
        client: Of the server that has the logs.
        durability: With `waitaof` a snapshot counts once it is fsynced.
    """

    def __init__(self, client: redis.Redis, *, durability: str = "always") -> None:
        self._client = client
        self._wait = durability == "waitaof"

    def keep(self, snapshots: Sequence[tuple[int, str, bytes]]) -> Kept:
        """Store snapshots, in one round trip.

        Args:
            snapshots: Partition, the id of the decision that it stands at, and its bytes.

        Raises:
            redis.RedisError: Any of them may be stored; none may be trimmed under.
        """
        if not snapshots:
            return Kept(partitions=(), overtaken=())
        calls = [
            Call(SNAPSHOT, (keys.decisions(p), keys.snapshot(p)), (decision, blob))
            for p, decision, blob in snapshots
        ]
        tail = [("WAITAOF", 1, 0, _WAITAOF_MS)] if self._wait else []
        replies: list[Any] = call_scripts(self._client, calls, tail)
        raise_first(replies)
        kept = [p for (p, _, _), reply in zip(snapshots, replies, strict=False) if reply]
        overtaken = [p for p, _, _ in snapshots if p not in kept]
        if self._wait and replies[-1][0] < 1:
            log.warning("snapshots were not fsynced in time; nothing is trimmed under them")
            kept = []
        return Kept(partitions=kept, overtaken=overtaken)
