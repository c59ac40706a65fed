"""The active copy of the trading configuration on Redis: written whole, read whole."""

from __future__ import annotations

from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from config.rows import TABLES
from schema import arrow, keys, registry
from sinks.as_one import raise_first
from sinks.scripts import Call, Script, call_scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import redis


STREAMS = "{config}:streams"
_TEXT = Path(__file__).with_name("publish.lua").read_text(encoding="utf-8")
_PUBLISH = Script(_TEXT, sha1(_TEXT.encode(), usedforsecurity=False).hexdigest())


def publish(
    client: redis.Redis, tables: Mapping[str, pa.Table], version: int, stranger: int = 0
) -> int:
    """Write all tables and their version at once, so that no reader sees a half.

    Of two who publish at the same time the newer version stays, whoever comes last.

    Args:
        client: of the Redis that trading reads.
        tables: current rows of each table.
        version: theirs.
        stranger: a version that is replaced even if it is greater: its numbers are another
            store's.

    Returns:
        The version that is in force now: this one, or a newer one; then nothing was written.

    Raises:
        redis.RedisError: if it may not have been written.
    """
    names = [keys.CONFIG_VERSION, *(keys.live(name) for name in TABLES)]
    data = [_bytes(tables[name]) for name in TABLES]
    replies = call_scripts(client, [Call(_PUBLISH, names, [stranger, version, *data])])
    raise_first(replies)
    return int(replies[0])


def load(client: redis.Redis) -> tuple[int, dict[str, pa.Table]] | None:
    """Return version and tables as one transaction wrote them; None if there are none yet.

    Rows that another release wrote are brought to this one's columns.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    names = [keys.CONFIG_VERSION, *(keys.live(name) for name in TABLES)]
    number, *written = cast("list[bytes | None]", client.mget(names))  # one command: one moment
    if number is None:
        return None
    tables = {}
    for name, data in zip(TABLES, written, strict=True):
        table = registry.table(name)
        if data is None:
            tables[name] = pa.Table.from_batches([arrow.empty(table)])
            continue
        rows = pa.ipc.open_stream(pa.py_buffer(data)).read_all()
        tables[name] = pa.Table.from_batches([arrow.conform(table, rows)])
    return int(number), tables


def version(client: redis.Redis) -> int | None:
    """Return the version of the configuration, None before the first one."""
    found = cast("bytes | None", client.get(keys.CONFIG_VERSION))
    return None if found is None else int(found)


def tell_streams(client: redis.Redis, streams: int) -> None:
    """Say how many signal streams the system reads.

    Only who starts the system says so: who applies or sends may have settings of its own.

    Raises:
        redis.RedisError: it may not have been said.
    """
    client.set(STREAMS, streams)


def streams(client: redis.Redis) -> int | None:
    """Return how many signal streams the system reads; None if none has said so yet.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    found = cast("bytes | None", client.get(STREAMS))
    return None if found is None else int(found)


def _bytes(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue().to_pybytes()
