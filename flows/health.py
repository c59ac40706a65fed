"""What is not well in a running system, though all of its processes live."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A part that started less than this ago still folds its logs and takes its leases.
START_SECONDS = 20.0
# A shard that is ready finishes some rounds a second, with signals or without.
ROUND_SECONDS = 30.0
BEHIND_SECONDS = 30.0
_FLOWS = ("trade-", "execute-", "archive-", "snapshots-")

Facts = dict[str, Any]


def problems(
    parts: Sequence[Facts],
    streams: Sequence[Facts],
    *,
    configured: bool,
    now: float | None = None,
) -> list[str]:
    """Return what is not well, a sentence each.

    Args:
        parts: as `status` shows them.
        streams: likewise.
        configured: whether there is a trading configuration.
        now: seconds since 1970; by default the time.
    """
    now = time.time() if now is None else now
    waiting = any(one["streams"] == "signals" and one["entries"] for one in streams)
    found = [f"{part['name']} is {part['state']}" for part in parts if not _lives(part)]
    for part in parts:
        name, told = part["name"], part["metrics"]
        if not _lives(part) or _is_new(part) or not name.startswith(_FLOWS):
            continue
        # None: it was started without metrics, whatever the settings say by now.
        if part["answers"] is None:
            continue
        if not part["answers"]:
            found.append(f"{name} does not answer")
        elif name.startswith("trade-"):
            # A new system has nothing to decide by, and nothing to decide.
            if configured or waiting:
                found += [f"{name} {what}" for what in _shard(told, now)]
        elif name.startswith("execute-"):
            found += [f"{name} {what}" for what in _executor(told, now)]
        found += [f"{name} {what}" for what in _spool(told)]
    if not any(part["name"] == "up" and _is_new(part) for part in parts):
        found += _stores(streams)
    return found


def _lives(part: Facts) -> bool:
    return bool(part["state"] == "running")


def _is_new(part: Facts) -> bool:
    age = part["uptime_seconds"]
    return age is not None and age < START_SECONDS


def _shard(told: Mapping[str, float], now: float) -> Iterator[str]:
    if not _sum(told, "tradecast_trade_ready"):
        yield "decides nothing: it has no configuration, or cannot fold its logs"
        return
    age = now - _sum(told, "tradecast_trade_last_round_timestamp_seconds")
    if age > ROUND_SECONDS:
        yield f"has finished no round for more than {ROUND_SECONDS:g} s"


def _executor(told: Mapping[str, float], now: float) -> Iterator[str]:
    if now - _sum(told, "tradecast_execute_last_turn_timestamp_seconds") > ROUND_SECONDS:
        yield f"has finished no turn for more than {ROUND_SECONDS:g} s: its terminal may hang"
        return
    held, needed = (_sum(told, f"tradecast_execute_{name}") for name in ("leases", "partitions"))
    if held < needed:
        yield f"holds {held:g} of {needed:g} leases, and sends no order of the others"


def _spool(told: Mapping[str, float]) -> Iterator[str]:
    for part, taker in (("archive", "its store"), ("trade", "Redis")):
        size = _sum(told, f"tradecast_{part}_spool_bytes")
        if size:
            yield f"keeps {size / 1e3:,.0f} kB of rows on disk until {taker} takes them"
    damaged = _sum(told, "tradecast_trade_spool_damaged_files")
    if damaged:
        yield f"has put {damaged:g} damaged files of its spool aside, whose rows no store has"


def _stores(streams: Sequence[Facts]) -> Iterator[str]:
    for one in streams:
        for key, seconds in one.items():
            store = key.removeprefix("lag_seconds_")
            if store != key and seconds > BEHIND_SECONDS:
                yield f"{store} is {seconds:.0f} s behind"


def _sum(told: Mapping[str, float], name: str) -> float:
    return sum(value for key, value in told.items() if key.partition("{")[0] == name)
