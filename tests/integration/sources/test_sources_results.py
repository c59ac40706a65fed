"""Results streams: decoding, gaps, positions and trimming, against a real server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from schema import arrow, keys
from schema.registry import table
from sinks.positions import StoredPositions
from sources.results import Decoder, find_gaps

if TYPE_CHECKING:
    import redis

EVENTS = table("system_event_log")
STREAM = keys.results(1)


def add(client: redis.Redis, count: int) -> list[str]:
    return [client.xadd(STREAM, {"x": number}).decode() for number in range(count)]


@pytest.mark.parametrize("trim", ["nothing", "read"])
def test_what_was_read_may_go(redis_client: redis.Redis, trim: str) -> None:
    ids = add(redis_client, 5)
    if trim == "read":
        redis_client.xtrim(STREAM, minid=ids[2], approximate=False)
    assert find_gaps(redis_client, {STREAM: ids[2]}) == {}


def test_a_stream_that_nobody_wrote_has_no_gap(redis_client: redis.Redis) -> None:
    assert find_gaps(redis_client, {STREAM: "0-0"}) == {}


def test_what_was_not_read_and_is_gone_is_a_gap(redis_client: redis.Redis) -> None:
    ids = add(redis_client, 5)
    redis_client.xdel(STREAM, ids[3])
    assert "deleted" in find_gaps(redis_client, {STREAM: ids[2]})[STREAM]
    redis_client.xtrim(STREAM, minid=ids[4], approximate=False)
    assert STREAM in find_gaps(redis_client, {STREAM: ids[1]})
    assert STREAM in find_gaps(redis_client, {STREAM: "0-0"})
    redis_client.delete(STREAM)
    assert "gone" in find_gaps(redis_client, {STREAM: ids[4]})[STREAM]


def test_trimming_before_the_first_read_is_a_gap(redis_client: redis.Redis) -> None:
    ids = add(redis_client, 5)
    redis_client.xtrim(STREAM, minid=ids[3], approximate=False)
    assert "3 entries were trimmed" in find_gaps(redis_client, {STREAM: "0-0"})[STREAM]


def test_only_what_all_stores_have_is_trimmed(redis_client: redis.Redis) -> None:
    ids = add(redis_client, 5)
    stores = ("duckdb", "clickhouse")
    now = [0.0]
    duck, click = (
        StoredPositions(redis_client, store, stores, trim_seconds=1.0, clock=lambda: now[0])
        for store in stores
    )
    now[0] = 10.0
    duck.publish({STREAM: ids[4]})
    assert redis_client.xlen(STREAM) == 5
    click.publish({STREAM: ids[2]})
    left = [entry[0].decode() for entry in redis_client.xrange(STREAM)]
    assert left == ids[2:]
    assert find_gaps(redis_client, click.read([STREAM])) == {}
    assert find_gaps(redis_client, duck.read([STREAM])) == {}


def test_rows_of_another_program_are_read_by_their_schema(redis_client: redis.Redis) -> None:
    rows = arrow.batch(
        EVENTS,
        {
            "event_id": [b"0123456789abcdef"],
            "kind": "test",
            "source": "test",
            "message": ["hello"],
            "created_at": datetime(2026, 11, 21, tzinfo=UTC),
            "version": [1],
        },
    )
    older = rows.drop_columns(["details"])
    decoder = Decoder(redis_client)
    entry = (STREAM, "1-0", {b"system_event_log@00000000": bytes(older.serialize())})
    with pytest.raises(arrow.UnknownWireType):
        decoder.decode(entry)
    redis_client.hset(keys.WIRE_TYPES, "00000000", older.schema.serialize().to_pybytes())
    decoded = decoder.decode(entry)
    assert (decoded.stream, decoded.entry_id) == (STREAM, "1-0")
    assert pa.Table.from_batches([decoded.tables["system_event_log"]]) == pa.Table.from_batches(
        [rows]
    )
