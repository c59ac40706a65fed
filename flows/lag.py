"""How far the readers of the streams are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis

from schema import keys

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTITIONS = 64
STORES = ("duckdb", "clickhouse")
_NONE = (0, 0)
_GAPS_SHOWN = 10

# By stream: an entry's id; length and last id ever.
_Places = dict[str, tuple[int, int]]
_Heads = dict[str, tuple[int, tuple[int, int]]]


@dataclass(frozen=True)
class Lag:
    """One family of streams.

    Attributes:
        name: of the family: `signals`, `decisions`, `events`, `results`.
        entries: that the streams hold, together.
        last_ms: time of the newest entry ever, milliseconds; 0 for none.
        behind: by store, results streams with entries that neither it nor its spool has.
        seconds: by store, age of the oldest entry that neither it nor its spool has; 0 for none.
    """

    name: str
    entries: int
    last_ms: int
    behind: dict[str, int]
    seconds: dict[str, float]


def results_streams(signal_streams: int) -> list[str]:
    """All streams of rows for the stores."""
    return [keys.results(partition) for partition in range(PARTITIONS)] + [
        keys.signal_results(stream) for stream in range(signal_streams)
    ]


def look(client: redis.Redis, signal_streams: int) -> list[Lag]:
    """Look at all streams.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    families = {
        "signals": [keys.signals(stream) for stream in range(signal_streams)],
        "decisions": [keys.decisions(partition) for partition in range(PARTITIONS)],
        "events": [keys.events(partition) for partition in range(PARTITIONS)],
    }
    found = []
    for name, streams in families.items():
        heads = _heads(client, streams)
        found.append(_family(name, heads, {}, {}))
    heads, late = _results(client, signal_streams)
    found.append(_family("results", heads, late, _ages(client, late)))
    return found


def all_stored(client: redis.Redis, signal_streams: int) -> bool:
    """Whether both stores, or their spools on disk, have every row that was written for them.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    return not any(_results(client, signal_streams)[1].values())


def behind_seconds(client: redis.Redis, signal_streams: int) -> dict[str, float]:
    """Return, by store, the age of the oldest entry that neither it nor its spool has; 0 for none.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    return _ages(client, _results(client, signal_streams)[1])


def gaps(client: redis.Redis, signal_streams: int) -> list[dict[str, Any]]:
    """Return what shards have noticed to be gone of signal streams, newest first.

    Returns:
        Stream, shard, position, entries lost at least, reason, and when (microseconds).

    Raises:
        redis.RedisError: Redis does not answer.
    """
    pipe: Any = client.pipeline(transaction=False)
    for stream in range(signal_streams):
        pipe.xrevrange(keys.signal_gaps(stream), count=_GAPS_SHOWN)
    return [
        {
            "stream": keys.signals(stream),
            "shard": int(fields[b"shard"]),
            "position": fields[b"position"].decode(),
            "lost_at_least": int(fields[b"lost"]),
            "reason": fields[b"reason"].decode(),
            "noticed_at": _id(entry_id)[0] * 1000,
        }
        for stream, entries in enumerate(pipe.execute())
        for entry_id, fields in entries
    ]


def _heads(client: redis.Redis, streams: Sequence[str]) -> _Heads:
    """Length and last id ever of each stream that exists."""
    pipe: Any = client.pipeline(transaction=False)
    for stream in streams:
        pipe.xinfo_stream(stream)
    heads = {}
    for stream, info in zip(streams, pipe.execute(raise_on_error=False), strict=True):
        if isinstance(info, redis.ResponseError):
            continue  # there is no such stream yet
        if isinstance(info, Exception):
            raise info
        heads[stream] = int(info["length"]), _id(info["last-generated-id"])
    return heads


def _stored(client: redis.Redis, streams: Sequence[str], store: str) -> _Places:
    pipe: Any = client.pipeline(transaction=False)
    for stream in streams:
        pipe.get(keys.stored(stream, store))
    found = pipe.execute()
    return {s: _id(value) if value else _NONE for s, value in zip(streams, found, strict=True)}


def _results(client: redis.Redis, signal_streams: int) -> tuple[_Heads, dict[str, _Places]]:
    """Heads of the results streams; by store, how far it is in those that it lacks entries of."""
    heads = _heads(client, results_streams(signal_streams))
    late = {}
    for store in STORES:
        places = _stored(client, list(heads), store)
        late[store] = {s: places[s] for s, (_, last) in heads.items() if places[s] < last}
    return heads, late


def _ages(client: redis.Redis, late: dict[str, _Places]) -> dict[str, float]:
    found: Any = client.time()
    now = found[0] * 1000 + found[1] // 1000
    ages = {}
    for store, places in late.items():
        pipe: Any = client.pipeline(transaction=False)
        for stream, (ms, seq) in places.items():
            pipe.xrange(stream, f"({ms}-{seq}", "+", count=1)
        oldest = [_id(entries[0][0])[0] for entries in pipe.execute() if entries]
        ages[store] = max(0, now - min(oldest, default=now)) / 1000
    return ages


def _family(name: str, heads: _Heads, late: dict[str, _Places], seconds: dict[str, float]) -> Lag:
    return Lag(
        name,
        sum(length for length, _ in heads.values()),
        max((last[0] for _, last in heads.values()), default=0),
        {store: len(places) for store, places in late.items()},
        seconds,
    )


def _id(text: bytes | str) -> tuple[int, int]:
    milliseconds, _, sequence = (text.decode() if isinstance(text, bytes) else text).partition("-")
    return int(milliseconds), int(sequence or 0)
