"""The streams: Valkey's data at one moment, and a Valkey that begins from it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flows.backup.copying import copy_file
from rules.errors import Transient

if TYPE_CHECKING:
    from pathlib import Path

    import redis

DUMP = "dump.rdb"
_APPENDED = "appendonlydir"
_BASE = "appendonly.aof.1.base.rdb"
_MANIFEST = "appendonly.aof.manifest"
_POLL_SECONDS = 0.02
_MOST_SECONDS = 600.0


class SaveFailed(Transient):
    """Valkey did not write its data down."""


def save(client: redis.Redis, directory: Path) -> int:
    """Have Valkey write all of its data, as of the moment of the call, into `dump.rdb`.

    Args:
        client: of it.
        directory: of its data.

    Returns:
        That moment, microseconds UTC by its clock.

    Raises:
        SaveFailed: it did not, or not in time.
        redis.RedisError: it does not answer.
    """
    deadline = time.monotonic() + _MOST_SECONDS
    # Its server keeps an append-only file, and would not read this one.
    (directory / DUMP).unlink(missing_ok=True)
    _wait_idle(client, deadline)
    seconds, micros = client.time()
    client.bgsave()
    found = _wait_idle(client, deadline)
    if found["rdb_last_bgsave_status"] != "ok" or not (directory / DUMP).is_file():
        raise SaveFailed(f"Valkey could not write {directory / DUMP}; see log/valkey.log")
    return int(seconds) * 1_000_000 + int(micros)


def take(directory: Path, to: Path) -> None:
    """Copy what `save` has written, and remove it."""
    copy_file(directory / DUMP, to / DUMP)
    (directory / DUMP).unlink()


def put_back(backup: Path, directory: Path) -> None:
    """Lay the saved data down so that a Valkey with an append-only file begins from it."""
    appended = directory / _APPENDED
    copy_file(backup / DUMP, appended / _BASE)
    (appended / _MANIFEST).write_text(f"file {_BASE} seq 1 type b\n", encoding="ascii")


def _wait_idle(client: redis.Redis, deadline: float) -> dict[str, Any]:
    """Wait until Valkey writes neither of its files anew, and return what it says of them."""
    while True:
        found: dict[str, Any] = client.info("persistence")
        if not (found["rdb_bgsave_in_progress"] or found["aof_rewrite_in_progress"]):
            return found
        if time.monotonic() > deadline:
            raise SaveFailed(f"Valkey did not finish writing within {_MOST_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)
