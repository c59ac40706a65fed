"""Targets on Redis: the last one accepted of each strategy and symbol, and who came before it.

The record of a target's identity holds the target last accepted before it, so that every shard
and every replay resolves it alike.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import redis

from operators.identities import (
    AT_ONCE,
    DAY_MS,
    EXPIRY,
    KEPT_DAYS,
    KEPT_MS,
    Known,
    Place,
    day,
    key_of,
)
from rules.identity import Original
from rules.intent import is_known
from rules.signals import Float, Signals
from schema import keys
from schema.codes import ReasonCode
from schema.enums import Action
from sinks.as_one import Command, raise_first, run_as_one

# A target replaces an older one only; values are "<ms>-<seq>-<row> <position>".
_ADVANCE = """#!lua flags=allow-oom
for i = 1, #ARGV, 5 do
  local kept = redis.call('HGET', KEYS[1], ARGV[i])
  local newer = true
  if kept then
    local ms, seq, row = string.match(kept, '^(%d+)-(%d+)-(%d+) ')
    ms, seq, row = tonumber(ms), tonumber(seq), tonumber(row)
    local a, b, c = tonumber(ARGV[i+1]), tonumber(ARGV[i+2]), tonumber(ARGV[i+3])
    newer = a > ms or (a == ms and (b > seq or (b == seq and c > row)))
  end
  if newer then
    local place = ARGV[i+1] .. '-' .. ARGV[i+2] .. '-' .. ARGV[i+3]
    redis.call('HSET', KEYS[1], ARGV[i], place .. ' ' .. ARGV[i+4])
  end
end
return 1
"""

# KEYS: the hash of a day. ARGV: seconds to keep it, then identities and their records. Registers
# those that are absent, and returns what is kept of all.
_REGISTER = """#!lua flags=allow-oom
local ids = {}
for i = 2, #ARGV, 2 do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
  ids[#ids + 1] = ARGV[i]
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return redis.call('HMGET', KEYS[1], unpack(ids))
"""

# Place and size of the last target, by stream, strategy and symbol.
_LastTargets = dict[tuple[int, str, str], tuple[Place, float]]


class Targets:
    """The registry of targets on Redis, which claims the identities of batches that have some.

    Args:
        client: Replies must be bytes.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def claim(self, signals: Signals, places: list[Place], codes: Sequence[ReasonCode]) -> Known:
        """Register what is new in two trips, for a target's record holds the target before it.

        See `operators.identities.claim`, which does it for batches without a target.

        Raises:
            redis.RedisError: Some may be registered; trying again with the same batch is harmless.
        """
        known, targets = self._look_up(signals)
        claims = _claims(signals, places, known, targets, codes)
        if claims:
            for row, original in self._register(signals, claims).items():
                known[key_of(signals, row)] = original
        return known

    def _look_up(self, signals: Signals) -> tuple[Known, _LastTargets]:
        """Read targets, then identities: whoever advanced a target had registered before."""
        pipe = self._client.pipeline(transaction=False)
        wanted: dict[int, list[tuple[str, str]]] = {}
        for row in np.flatnonzero(signals.action == Action.TARGET).tolist():
            name = (signals.strategy[row], signals.symbol[row])
            wanted.setdefault(int(signals.stream[row]), []).append(name)
        for stream, names in wanted.items():
            pipe.hmget(keys.targets(stream), [_field(*name) for name in names])
        ids: dict[tuple[int, str], list[bytes]] = {}
        since: dict[tuple[int, bytes], int] = {}
        for row, ms in enumerate(signals.entry_ms.tolist()):
            stream, identity = key_of(signals, row)
            since.setdefault((stream, identity), ms - KEPT_MS)
            for back in range(KEPT_DAYS + 1):
                ids.setdefault((stream, day(ms - back * DAY_MS)), []).append(identity)
        for (stream, on), found in ids.items():
            pipe.hmget(keys.identities(stream, on), found)
        replies = pipe.execute()
        targets = {
            (stream, *name): _target(value)
            for (stream, names), values in zip(wanted.items(), replies, strict=False)
            for name, value in zip(names, values, strict=True)
            if value is not None
        }
        known: Known = {}
        for ((stream, _), asked), values in zip(ids.items(), replies[len(wanted) :], strict=True):
            for identity, value in zip(asked, values, strict=True):
                if value is not None:
                    record = Original.decode(value)
                    before = known.get((stream, identity))
                    if record.place[0] < since[stream, identity]:
                        continue  # its time is over: who comes with it is new
                    if before is None or record.place < before.place:
                        known[stream, identity] = record
        return known, targets

    def _register(self, signals: Signals, claims: dict[int, Original]) -> dict[int, Original]:
        """Write identities where absent, and return what is kept, with what another wrote."""
        by_day: dict[str, list[int]] = {}
        for row in claims:
            stream = int(signals.stream[row])
            name = keys.identities(stream, day(int(signals.entry_ms[row])))
            by_day.setdefault(name, []).append(row)
        asked = [
            (name, rows[start : start + AT_ONCE])
            for name, rows in by_day.items()
            for start in range(0, len(rows), AT_ONCE)
        ]
        commands: list[Command] = []
        for name, rows in asked:
            records = [(signals.signal_id[row].tobytes(), claims[row].encode()) for row in rows]
            commands.append(("EVAL", _REGISTER, 1, name, EXPIRY, *chain.from_iterable(records)))
        replies = run_as_one(self._client, commands)
        raise_first(replies)
        return {
            row: Original.decode(value)
            for (_, rows), values in zip(asked, replies, strict=True)
            for row, value in zip(rows, values, strict=True)
        }

    def advance(self, signals: Signals, originals: list[int], last: Float) -> None:
        """Remember accepted targets; only batches with targets pay this trip.

        Raises:
            redis.RedisError: Some may be remembered; trying again is harmless.
        """
        args: dict[int, list[Any]] = {}
        for row in originals:
            if signals.action[row] == Action.TARGET and is_known(signals, row, last[row]):
                args.setdefault(int(signals.stream[row]), []).extend(
                    (
                        _field(signals.strategy[row], signals.symbol[row]),
                        int(signals.entry_ms[row]),
                        int(signals.entry_seq[row]),
                        int(signals.entry_row[row]),
                        repr(float(signals.position_size[row])),
                    )
                )
        if args:
            pipe: Any = self._client.pipeline(transaction=False)
            for stream, values in args.items():
                for start in range(0, len(values), 5000):  # Lua's stack takes some thousands
                    part = values[start : start + 5000]
                    pipe.execute_command("EVAL", _ADVANCE, 1, keys.targets(stream), *part)
            pipe.execute()


def _field(strategy: str, symbol: str) -> str:
    return f"{strategy}\x1f{symbol}"


def _target(value: bytes) -> tuple[Place, float]:
    place, _, size = value.decode().partition(" ")
    ms, seq, row = place.split("-")
    return (int(ms), int(seq), int(row)), float(size)


def _claims(
    signals: Signals,
    places: list[Place],
    known: Known,
    targets: _LastTargets,
    codes: Sequence[ReasonCode],
) -> dict[int, Original]:
    """Return the records to register, in order: the first of a batch claims its identity."""
    claims: dict[int, Original] = {}
    claimed: set[tuple[int, bytes]] = set()
    for row, place in enumerate(places):
        key = key_of(signals, row)
        found = known.get(key)
        new = found is None and key not in claimed and codes[row] == ReasonCode.NONE
        if not new and (found is None or found.place != place):
            continue
        last = np.nan if found is None else found.last
        if signals.action[row] == Action.TARGET:
            name = (key[0], signals.strategy[row], signals.symbol[row])
            if found is None and name in targets and targets[name][0] < place:
                last = targets[name][1]
            if is_known(signals, row, last):
                targets[name] = (place, float(signals.position_size[row]))
        if new:
            claimed.add(key)
            claims[row] = Original(place, signals.content_hash[row].tobytes(), float(last))
    return claims
