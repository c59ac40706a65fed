"""Signals onto their streams."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from zlib import crc32

from config import live
from flows.errors import CommandError, Exit, complain
from schema import keys
from sinks.as_one import raise_first, run_as_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import redis

    from flows.context import System

_BATCH = 200
# Of one node: the machine's own. More nodes are the operator's to wait for.
_WAIT_MS = 5000


def stream_of(strategy: str, streams: int) -> int:
    """Number of the stream on which a strategy's signals stay in order."""
    return crc32(strategy.encode()) % streams


def send_lines(system: System, file: str) -> int:
    """Send each line of a file as one signal, and print its stream entry once it is durable.

    Args:
        system: where to.
        file: its path, or `-` for standard input.

    Raises:
        CommandError: the file cannot be read; or the system reads another number of streams than
            the settings here say, and nothing was sent.
        redis.RedisError: Redis does not answer; what was printed is durable all the same.
    """
    sent = 0
    streams = system.settings.signals.streams
    with system.redis(once=True) as client:
        _check_streams(client, streams)
        for lines in _batches(_lines(file)):
            named = [keys.signals(stream_of(_strategy(line), streams)) for line in lines]
            ids = add(
                client, [(name, {"json": line}) for name, line in zip(named, lines, strict=True)]
            )
            wait_durable(client, system.settings.redis.durability)
            for name, entry_id in zip(named, ids, strict=True):
                print(f"{name}\t{entry_id}")
            sent += len(lines)
            sys.stdout.flush()
    if not sent:
        raise CommandError("there was nothing to send: no line had a signal")
    return Exit.OK


def add(client: redis.Redis, entries: list[tuple[str, dict[str, bytes]]]) -> list[str]:
    """Add entries to streams, in order, and return their ids."""
    replies = run_as_one(
        client,
        [
            ("XADD", stream, "*", *(part for item in fields.items() for part in item))
            for stream, fields in entries
        ],
    )
    raise_first(replies)
    return [entry_id.decode() for entry_id in replies]


def wait_durable(client: redis.Redis, durability: str) -> None:
    """Wait until what was written before is on disk, in a mode in which a reply does not say so.

    Raises:
        CommandError: it was not within some seconds.
    """
    if durability != "waitaof":
        return
    driver: Any = client
    local, _replicas = driver.execute_command("WAITAOF", 1, 0, _WAIT_MS)
    if not local:
        raise CommandError("Redis did not write to disk in time", Exit.UNAVAILABLE)


def _check_streams(client: redis.Redis, streams: int) -> None:
    """Refuse to send to streams that may not be read: what is there is acknowledged, and lost."""
    read = live.streams(client)
    if read is not None and read != streams:
        raise CommandError(
            f"the system reads {read} signal streams, and signals.streams is {streams} here;"
            f" set it to {read}, or start the system anew with {streams}",
            Exit.CONFIG,
        )


def _lines(file: str) -> Iterator[bytes]:
    if file == "-":
        yield from _signals(sys.stdin.buffer)
        return
    try:
        with open(file, "rb") as lines:  # noqa: PTH123 - a path as the user wrote it
            yield from _signals(lines)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error


def _signals(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        text = line.strip()
        if text:
            yield text


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _strategy(line: bytes) -> str:
    """The strategy a line names; what names none goes to the stream of the empty name."""
    try:
        found = json.loads(line)
    except ValueError:
        complain(f"this line is no JSON and will be rejected: {line[:60].decode(errors='replace')}")
        return ""
    name = found.get("strategy") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""
