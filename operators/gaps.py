"""The watch over what a shard reads: what others trimmed or deleted is noticed, and said.

A look at a position alone does not see what was trimmed and then passed by. So entries are
counted as they are read: what Redis has ever added up to a position, less what was read up to
it, is missing. A gap in signals is reported, for what is lost cannot be decided; with one in
events or decisions the state cannot be known, and the shard ends (rules.errors.Fatal).
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import redis

from rules.errors import Fatal
from rules.gaps import BEGINNING, Gap, Head, counted_gap, find_gap
from schema import keys

log = logging.getLogger(__name__)
# Entries behind a position that are counted; Redis stands still meanwhile, and events are large.
_SIGNALS_BEHIND, _EVENTS_BEHIND = 10_000, 1000
_KEPT = 100  # gaps of a stream that are kept for `status`

# Atomic, and without sending entries: XINFO, whether the position stands, what stands behind it.
_LOOK = """
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local here = #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1], 'COUNT', 1)
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local kept, generated = {}, ''
for i = 1, #info, 2 do
  local value = info[i + 1]
  if info[i] == 'first-entry' or info[i] == 'last-entry' then
    if value then value = {value[1]} end
  end
  if info[i] == 'last-generated-id' then generated = value end
  kept[#kept + 1] = info[i]
  kept[#kept + 1] = value
end
local after = 0
if generated ~= ARGV[1] and tonumber(ARGV[2]) > 0 then
  after = #redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
end
return {here, after, kept}
"""


class Seen:
    """One look at a stream from a position."""

    def __init__(self, position: str, reply: Any, most: int) -> None:
        self.position = position
        self._most = most
        self.head: Head | None = None
        self.here, self.after = False, 0
        if reply:
            here, self.after, flat = reply
            self.here = bool(here)
            self.head = Head.of(dict(zip(flat[::2], flat[1::2], strict=True)))

    @property
    def ordinal(self) -> int | None:
        """How many entries were ever added up to the position; None if too many stand behind."""
        if self.head is None:
            return 0
        return self.head.added - self.after if self.after < self._most else None

    @property
    def gap(self) -> Gap | None:
        """What the stream itself shows."""
        return find_gap(self.position, self.head, here=self.here)


def look(client: Any, positions: Mapping[str, str], *, count: bool = True) -> dict[str, Seen]:
    """Look at streams from positions, in one round trip.

    Args:
        client: Of the server that has them.
        positions: By stream.
        count: Whether entries behind a position are counted; else there is no `ordinal`.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    pipe: Any = client.pipeline(transaction=False)
    most = {s: _most(s) if count else 0 for s in positions}
    for stream, position in positions.items():
        pipe.execute_command("EVAL", _LOOK, 1, stream, position, most[stream])
    replies = pipe.execute()
    return {s: Seen(p, r, most[s]) for (s, p), r in zip(positions.items(), replies, strict=True)}


def _most(stream: str) -> int:
    return _SIGNALS_BEHIND if stream.startswith("signals:") else _EVENTS_BEHIND


class Gaps:
    """Counts what a shard reads of its streams, and compares it with what was added.

    Attributes:
        found: Gaps that were reported, by stream; whoever counts them empties it.
        lost: Entries that are surely lost, by stream; likewise.
    """

    def __init__(self, client: redis.Redis, shard: int) -> None:
        self._client: Any = client
        self._shard = shard
        self._ordinals: dict[str, int] = {}  # entries ever added up to what was read
        self._told: dict[str, str] = {}
        self.found: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def restart(self, seen: Mapping[str, Seen]) -> None:
        """Count anew, from the positions of a look."""
        self._ordinals = {s: n for s, one in seen.items() if (n := one.ordinal) is not None}

    def took(self, streams: Iterable[str]) -> None:
        """Count entries that were read: the stream of each."""
        for stream, number in Counter(streams).items():
            if stream in self._ordinals:
                self._ordinals[stream] += number

    def look(self, positions: Mapping[str, str]) -> dict[str, Gap]:
        """Return the gaps of streams up to and behind what was read of them.

        Args:
            positions: The last entry that was counted, by stream.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        gaps: dict[str, Gap] = {}
        for stream, seen in look(self._client, positions).items():
            gap = self._gap(stream, seen)
            if gap is not None:
                gaps[stream] = gap
            if seen.ordinal is not None:
                self._ordinals[stream] = seen.ordinal
        return gaps

    def _gap(self, stream: str, seen: Seen) -> Gap | None:
        counted = self._ordinals.get(stream)
        if counted is None or seen.ordinal is None:
            return seen.gap
        return counted_gap(
            *(seen.position, seen.head), here=seen.here, after=seen.after, counted=counted
        )

    def report(self, gaps: Mapping[str, Gap]) -> None:
        """Say which signals are lost: in the log, in the metrics, and on Redis for `status`.

        Raises:
            redis.RedisError: It was said in the log and in the metrics.
        """
        new = {s: gap for s, gap in gaps.items() if self._told.get(s) != gap.position}
        for stream, gap in new.items():
            self._told[stream] = gap.position
            self.found[stream] += 1
            self.lost[stream] += gap.least
            log.error(
                "signals of %s are lost, at least %d: %s; somebody else trims or deletes them",
                *(stream, gap.least, gap.reason),
                extra={"stream": stream, "position": gap.position, "lost": gap.least},
            )
        for stream, gap in new.items():
            fields = {"shard": self._shard, "position": gap.position, "lost": gap.least}
            key = keys.signal_gaps(int(stream.partition(":")[2]))
            self._client.xadd(key, fields | {"reason": gap.reason}, maxlen=_KEPT)


def refuse(stream: str, reason: str) -> Fatal:
    """Return the error for a log that is not whole."""
    return Fatal(
        f"{stream}: {reason}; the state of its accounts cannot be known, so nothing is decided. "
        "Stop whoever trims or deletes in Redis, restore its data from before that, and start "
        "again (docs/explanation/bounds.md)"
    )


def check_events(client: Any, positions: Mapping[int, str]) -> None:
    """Check that nobody took events behind a position.

    Args:
        client: Of the server that has the logs.
        positions: By partition, an entry that nobody of us trims.

    Raises:
        Fatal: Some are gone. Another shard may have trimmed them under a newer snapshot.
        redis.RedisError: Redis does not answer.
    """
    at = {keys.events(p): position for p, position in positions.items()}
    for stream, one in look(client, at, count=False).items():
        if one.gap is not None:
            raise refuse(stream, one.gap.reason)


def check_decisions(client: Any, places: Mapping[int, str]) -> None:
    """Check that nobody took the end of the logs of decisions.

    Args:
        client: Of the server that has the logs.
        places: By partition, the last decision that was folded.

    Raises:
        Fatal: Some are gone.
        redis.RedisError: Redis does not answer.
    """
    at = {keys.decisions(p): decision for p, decision in places.items()}
    for stream, one in look(client, at, count=False).items():
        if one.head is None:
            if one.position != BEGINNING:
                raise refuse(stream, f"the log is gone, and a snapshot stands at {one.position}")
        elif one.head.generated != (one.head.last or BEGINNING):
            raise refuse(stream, f"the last decision was {one.head.generated}, and it is gone")
