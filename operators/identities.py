"""The registry of identities on Redis: one hash per signal stream and UTC day.

Most batches have no target, so what is to be registered does not depend on what is kept: one
script then looks an identity up and registers it, in one round trip with one fsync.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import redis

from rules.identity import Original
from rules.signals import Signals
from schema import keys
from schema.codes import ReasonCode
from sinks.as_one import Command, raise_first, run_as_one

DAY_MS = 86_400_000
# A signal that fired 7 days ago is taken, and may have fired a minute after its first entry.
KEPT_MS = 7 * DAY_MS + 60_000
KEPT_DAYS = 8  # hashes that may hold such an entry, besides that of the day
EXPIRY = (KEPT_DAYS + 2) * 86_400
AT_ONCE = 2000  # identities of one script: Lua's stack takes some thousands

Place = tuple[int, int, int]
Known = dict[tuple[int, bytes], Original]
"""What is kept, by signal stream and identity."""

# KEYS: the hashes of the days, the entries' own last. ARGV: seconds to keep it, then an identity
# and the record to register it with, empty for one that is only looked up.
# The hash of an older day has the older entry, which is the original, unless it is too old.
# It may take memory beyond Redis' bound: what is not registered cannot be decided, nor trimmed.
_CLAIM = f"""#!lua flags=allow-oom
local ids, since, kept = {{}}, {{}}, {{}}
for i = 2, #ARGV, 2 do
  ids[#ids + 1] = ARGV[i]
  since[#ids] = (tonumber(string.match(ARGV[i + 1], '^%d+')) or 0) - {KEPT_MS}
end
for _, key in ipairs(KEYS) do
  local found = redis.call('HMGET', key, unpack(ids))
  for i = 1, #ids do
    local known = kept[i] or found[i]
    kept[i] = known and tonumber(string.match(known, '^%d+')) >= since[i] and known
  end
end
local own, new = KEYS[#KEYS], false
for i, id in ipairs(ids) do
  local record = ARGV[2 * i + 1]
  if not kept[i] and record ~= '' then
    if redis.call('HSETNX', own, id, record) == 1 then
      kept[i], new = record, true
    else
      kept[i] = redis.call('HGET', own, id)
    end
  end
end
if new then redis.call('EXPIRE', own, ARGV[1]) end
return kept
"""


def claim(
    client: redis.Redis, signals: Signals, places: Sequence[Place], codes: Sequence[ReasonCode]
) -> Known:
    """Register the identities that are new, and return what is kept of all; one round trip.

    Args:
        client: Replies must be bytes.
        signals: None of them a target.
        places: Of the signals.
        codes: NONE for each that may claim its identity.

    Raises:
        redis.RedisError: Some may be registered; trying again with the same batch is harmless.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    streams, days = signals.stream.tolist(), (signals.entry_ms // DAY_MS).tolist()
    for row, group in enumerate(zip(streams, days, strict=True)):
        groups.setdefault(group, []).append(row)
    commands: list[Command] = []
    asked: list[list[tuple[int, bytes]]] = []
    contents, ids = signals.content_hash.tolist(), signals.signal_id.tolist()
    for (stream, day), group_rows in sorted(groups.items()):
        names = [keys.identities(stream, _name(day - back)) for back in range(KEPT_DAYS, -1, -1)]
        for start in range(0, len(group_rows), AT_ONCE):
            rows = group_rows[start : start + AT_ONCE]
            args: list[Any] = [EXPIRY]
            for row in rows:
                new = codes[row] == ReasonCode.NONE
                record = Original(places[row], contents[row], float("nan"))
                args += (ids[row], record.encode() if new else b"")
            commands.append(("EVAL", _CLAIM, len(names), *names, *args))
            asked.append([(stream, ids[row]) for row in rows])
    known: Known = {}
    replies = run_as_one(client, commands)
    raise_first(replies)
    for pairs, values in zip(asked, replies, strict=True):
        for key, value in zip(pairs, values, strict=True):
            if value is not None:
                record = Original.decode(value)
                before = known.get(key)
                if before is None or record.place < before.place:
                    known[key] = record
    return known


def key_of(signals: Signals, row: int) -> tuple[int, bytes]:
    """Return stream and identity of a signal: its key among what is known."""
    return int(signals.stream[row]), signals.signal_id[row].tobytes()


def day(ms: int) -> str:
    """Return the UTC day of a time, as keys have it."""
    return _name(ms // DAY_MS)


@lru_cache(maxsize=64)
def _name(number: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).strftime("%Y-%m-%d")
