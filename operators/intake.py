"""Intake: which signals of a batch are new, which came before, and which are refused.

Identities lie on Redis, one hash per signal stream and UTC day. The entry that registered an
identity is the original for every shard and every replay, and its record holds the target
last accepted before it, so that all of them resolve it alike. Only shards reach the registry
in stream order; a race between two is settled by HSETNX, and both read what was kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import redis
from numpy.typing import NDArray

from config import faults
from operators.identities import DAY_MS, EXPIRY, KEPT_DAYS, Known, Place, claim, day
from rules.identity import Original
from rules.intent import Resolved, is_known, resolve
from rules.parsing_faults import shown
from rules.rejections import Rejections, refuse
from rules.signals import Columns, Float, Signals
from rules.validation import Validated
from schema import keys
from schema.codes import SENTENCES, ReasonCode
from schema.enums import Action
from schema.ids import Ids, as_ids
from sinks.as_one import Command, raise_first, run_as_one

# A target replaces an older one only; values are "<ms>-<seq>-<row> <position>".
_ADVANCE = """
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

StrategyStatus = Callable[[Sequence[str]], Sequence[ReasonCode]]


@dataclass(frozen=True, kw_only=True)
class Resends(Columns):
    """Signals that came before with the same content."""

    signal_id: Ids
    stream: NDArray[np.uint16]
    entry_ms: NDArray[np.int64]
    entry_seq: NDArray[np.int64]
    entry_row: NDArray[np.int32]
    original_ms: NDArray[np.int64]
    original_seq: NDArray[np.int64]
    original_row: NDArray[np.int32]
    received_at: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """Every row of a batch, in exactly one of three places.

    Attributes:
        signals: Originals, in order.
        resolved: Aligned to them; `reason` is NONE or NO_CHANGE.
        resends: Counted, no outcome of their own.
        rejections: Those of the validation and those found here.
    """

    signals: Signals
    resolved: Resolved
    resends: Resends
    rejections: Rejections


_NO_RESENDS = Resends(
    signal_id=as_ids([]),
    original_row=np.zeros(0, np.int32),
    entry_row=np.zeros(0, np.int32),
    stream=np.zeros(0, np.uint16),
    **{
        name: np.zeros(0, np.int64)
        for name in ("entry_ms", "entry_seq", "original_ms", "original_seq", "received_at")
    },
)


class Intake:
    """The registry of identities and targets on Redis.

    Args:
        client: Replies must be bytes.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def admit(self, batch: Validated, strategy_status: StrategyStatus) -> Admitted:
        """Sort a batch into originals, resends and rejections; one trip, or three with targets.

        Args:
            batch: In stream order.
            strategy_status: Gives NONE, UNKNOWN_STRATEGY or STRATEGY_INACTIVE for each key.
                A signal that it refuses, and that was not accepted before, claims no identity.

        Raises:
            redis.RedisError: Nothing is lost by trying again with the same batch.
        """
        signals = batch.signals
        if not len(signals):
            return _sorted(batch, [], [], {}, np.zeros(0))
        codes = list(strategy_status(signals.strategy.tolist()))
        places = list(
            zip(
                signals.entry_ms.tolist(),
                signals.entry_seq.tolist(),
                signals.entry_row.tolist(),
                strict=True,
            )
        )
        if (signals.action == Action.TARGET).any():
            known = self._claim_targets(signals, places, codes)
        else:
            known = claim(self._client, signals, places, codes)
        last = np.full(len(signals), np.nan)
        originals: list[int] = []
        others: dict[int, Original | ReasonCode] = {}
        faults.point("trade.registered", redis.ConnectionError)
        for row, place in enumerate(places):
            found = known.get(_key(signals, row))
            if found is None:
                others[row] = codes[row]
            elif found.place == place:
                originals.append(row)
                last[row] = found.last
            elif found.place > place:
                # It was refused when it came, or its identity could not have come later.
                others[row] = codes[row] or ReasonCode.STRATEGY_INACTIVE
            elif found.content == signals.content_hash[row].tobytes():
                others[row] = found
            else:
                others[row] = ReasonCode.IDENTITY_REUSED
        self._advance(signals, originals, last)
        return _sorted(batch, originals, places, others, last)

    def _claim_targets(
        self, signals: Signals, places: list[Place], codes: Sequence[ReasonCode]
    ) -> Known:
        """Register what is new in two trips, for a target's record holds the target before it."""
        known, targets = self._look_up(signals)
        claims = _claims(signals, places, known, targets, codes)
        if claims:
            for row, original in self._register(signals, claims).items():
                known[_key(signals, row)] = original
        return known

    def _look_up(
        self, signals: Signals
    ) -> tuple[Known, dict[tuple[int, str, str], tuple[Place, float]]]:
        """Read targets, then identities: whoever advanced a target had registered before."""
        pipe = self._client.pipeline(transaction=False)
        wanted: dict[int, list[tuple[str, str]]] = {}
        for row in np.flatnonzero(signals.action == Action.TARGET).tolist():
            name = (signals.strategy[row], signals.symbol[row])
            wanted.setdefault(int(signals.stream[row]), []).append(name)
        for stream, names in wanted.items():
            pipe.hmget(keys.targets(stream), [_field(*name) for name in names])
        ids: dict[tuple[int, str], list[bytes]] = {}
        for row, ms in enumerate(signals.entry_ms.tolist()):
            stream = int(signals.stream[row])
            identity = signals.signal_id[row].tobytes()
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
                    if before is None or record.place < before.place:
                        known[stream, identity] = record
        return known, targets

    def _register(self, signals: Signals, claims: dict[int, Original]) -> dict[int, Original]:
        """Write identities where absent, and return what is kept, with what another wrote."""
        commands: list[Command] = []
        by_day: dict[str, list[int]] = {}
        for row in claims:
            stream = int(signals.stream[row])
            name = keys.identities(stream, day(int(signals.entry_ms[row])))
            by_day.setdefault(name, []).append(row)
        for name, rows in by_day.items():
            for row in rows:
                identity = signals.signal_id[row].tobytes()
                commands.append(("HSETNX", name, identity, claims[row].encode()))
            commands.append(("EXPIRE", name, EXPIRY))
            commands.append(("HMGET", name, *(signals.signal_id[row].tobytes() for row in rows)))
        replies = run_as_one(self._client, commands)
        raise_first(replies)
        kept: dict[int, Original] = {}
        at = 0
        for rows in by_day.values():
            at += len(rows) + 2
            for row, value in zip(rows, replies[at - 1], strict=True):
                kept[row] = Original.decode(value)
        return kept

    def _advance(self, signals: Signals, originals: list[int], last: Float) -> None:
        """Remember accepted targets; only batches with targets pay this trip."""
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


def _key(signals: Signals, row: int) -> tuple[int, bytes]:
    return int(signals.stream[row]), signals.signal_id[row].tobytes()


def _field(strategy: str, symbol: str) -> str:
    return f"{strategy}\x1f{symbol}"


def _target(value: bytes) -> tuple[Place, float]:
    place, _, size = value.decode().partition(" ")
    ms, seq, row = place.split("-")
    return (int(ms), int(seq), int(row)), float(size)


def _claims(
    signals: Signals,
    places: list[Place],
    known: dict[tuple[int, bytes], Original],
    targets: dict[tuple[int, str, str], tuple[Place, float]],
    codes: Sequence[ReasonCode],
) -> dict[int, Original]:
    """Return the records to register, in order: the first of a batch claims its identity."""
    claims: dict[int, Original] = {}
    claimed: set[tuple[int, bytes]] = set()
    for row, place in enumerate(places):
        key = _key(signals, row)
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


def _sorted(
    batch: Validated,
    originals: list[int],
    places: list[Place],
    others: dict[int, Original | ReasonCode],
    last: Float,
) -> Admitted:
    signals = batch.signals
    rows = np.array(originals, dtype=np.int64)
    # Most batches have nothing but signals that come for the first time and can be resolved.
    taken = signals if len(rows) == len(signals) else signals.take(rows)
    resolved = resolve(taken, last[rows])
    unknown = resolved.reason == ReasonCode.UNKNOWN_POSITION
    if len(rows) == len(signals) and not unknown.any():
        return Admitted(
            signals=signals, resolved=resolved, resends=_NO_RESENDS, rejections=batch.rejections
        )
    refused = {row: code for row, code in others.items() if not isinstance(code, Original)}
    refused |= dict.fromkeys(rows[unknown].tolist(), ReasonCode.UNKNOWN_POSITION)
    order = sorted(refused)
    messages = [_message(signals, row, refused[row]) for row in order]
    made = refuse(signals, batch.payloads, order, [int(refused[r]) for r in order], messages)
    resent = {row: found for row, found in others.items() if isinstance(found, Original)}
    again = np.array(list(resent), dtype=np.int64)
    first = [found.place for found in resent.values()]
    return Admitted(
        signals=taken.take(~unknown),
        resolved=resolve(taken.take(~unknown), last[rows[~unknown]]),
        resends=_resends(signals, again, first),
        rejections=Rejections.join([batch.rejections, made]),
    )


def _resends(signals: Signals, again: NDArray[np.int64], first: Sequence[Place]) -> Resends:
    return Resends(
        signal_id=signals.signal_id[again],
        stream=signals.stream[again],
        entry_ms=signals.entry_ms[again],
        entry_seq=signals.entry_seq[again],
        entry_row=signals.entry_row[again],
        original_ms=np.array([place[0] for place in first], np.int64),
        original_seq=np.array([place[1] for place in first], np.int64),
        original_row=np.array([place[2] for place in first], np.int32),
        received_at=signals.received_at[again],
    )


def _message(signals: Signals, row: int, code: ReasonCode) -> str:
    named = {
        ReasonCode.UNKNOWN_STRATEGY: f"strategy is {shown(signals.strategy[row])}",
        ReasonCode.STRATEGY_INACTIVE: f"strategy is {shown(signals.strategy[row])}",
        ReasonCode.UNKNOWN_POSITION: "prev_position_size is missing",
        ReasonCode.IDENTITY_REUSED: f"signal_id is {shown(signals.provider_signal_id[row])}",
    }
    found = named.get(code)
    return f"{SENTENCES[code][:-1]}: {found}." if found else SENTENCES[code]
