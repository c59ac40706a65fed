"""The active copy of the trading configuration on Redis: written whole, read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pyarrow as pa

from config.rows import TABLES
from schema import arrow, keys, registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import redis


def publish(client: redis.Redis, tables: Mapping[str, pa.Table], version: int) -> None:
    """Write all tables and their version in one transaction, so that no reader sees a half.

    Raises:
        redis.RedisError: if it may not have been written.
    """
    with client.pipeline(transaction=True) as pipe:
        for name in TABLES:
            pipe.set(keys.live(name), _bytes(tables[name]))
        pipe.set(keys.CONFIG_VERSION, version)
        pipe.execute()


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


def _bytes(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue().to_pybytes()
