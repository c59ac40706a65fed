"""The live copy on a real server: written whole, read whole, of any release."""

from pathlib import Path

import pyarrow as pa
import redis

from config import change, live, world
from schema import keys

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "world.toml"


def test_nothing_is_there_at_first(redis_client: redis.Redis) -> None:
    assert live.load(redis_client) is None
    assert live.version(redis_client) is None


def test_what_is_published_is_loaded(redis_client: redis.Redis) -> None:
    done = change.apply(world.read(EXAMPLE), None, 1)
    live.publish(redis_client, done.tables, done.version)
    assert live.version(redis_client) == 1
    loaded = live.load(redis_client)
    assert loaded == (1, done.tables)
    assert not change.apply(world.read(EXAMPLE), loaded, 2)


def test_rows_of_another_release_are_brought_to_this_ones_columns(
    redis_client: redis.Redis,
) -> None:
    done = change.apply(world.read(EXAMPLE), None, 1)
    live.publish(redis_client, done.tables, done.version)
    older = done.tables["brokers"].drop_columns(["zone"]).append_column("fax", pa.nulls(2))
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, older.schema) as writer:
        writer.write_table(older)
    redis_client.set(keys.live("brokers"), out.getvalue().to_pybytes())
    redis_client.delete(keys.live("symbol_map"))
    loaded = live.load(redis_client)
    assert loaded is not None
    assert loaded[1]["brokers"] == done.tables["brokers"]
    assert loaded[1]["symbol_map"].num_rows == 0
