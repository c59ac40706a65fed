"""The live copy on a real server: written whole, read whole, of any release."""

from pathlib import Path

import pyarrow as pa
import redis
from redis.crc import key_slot

from config import change, live, world
from config.rows import TABLES
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


def test_of_two_who_publish_the_newer_version_stays(redis_client: redis.Redis) -> None:
    older = change.apply(world.read(EXAMPLE), None, 1)
    newer = {name: rows.slice(0, 0) for name, rows in older.tables.items()}
    assert live.publish(redis_client, newer, 7) == 7
    assert live.publish(redis_client, older.tables, 6) == 7, "the newer one is in force"
    assert live.load(redis_client) == (7, newer)
    assert live.publish(redis_client, older.tables, 10) == 10, "numbers, not texts, are compared"
    assert live.load(redis_client) == (10, older.tables)


def test_only_the_version_that_is_said_not_to_count_is_replaced(
    redis_client: redis.Redis,
) -> None:
    done = change.apply(world.read(EXAMPLE), None, 1)
    live.publish(redis_client, done.tables, 7)
    assert live.publish(redis_client, done.tables, 2, 6) == 7
    assert live.publish(redis_client, done.tables, 2, 7) == 2
    assert live.publish(redis_client, done.tables, 1, 7) == 2, "another came first"


def test_what_redis_has_lost_of_a_version_is_written_again(redis_client: redis.Redis) -> None:
    done = change.apply(world.read(EXAMPLE), None, 1)
    live.publish(redis_client, done.tables, 1)
    redis_client.delete(keys.live("accounts"))
    assert live.publish(redis_client, done.tables, 1) == 1
    assert live.load(redis_client) == (1, done.tables)


def test_the_number_of_streams_is_told(redis_client: redis.Redis) -> None:
    assert live.streams(redis_client) is None
    live.tell_streams(redis_client, 4)
    assert live.streams(redis_client) == 4


def test_all_that_is_written_at_once_lies_in_one_slot_of_a_cluster() -> None:
    names = [keys.CONFIG_VERSION, *(keys.live(name) for name in TABLES)]
    assert len({key_slot(name.encode()) for name in names}) == 1
