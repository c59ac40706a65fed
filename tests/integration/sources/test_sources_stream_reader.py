"""The stream reader against a real server."""

from __future__ import annotations

import select
import threading
import time
from typing import TYPE_CHECKING

import pytest
import redis

from sources.redis_streams import StreamReader
from tests.servers import ValkeyServer, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def reader(redis_client: redis.Redis) -> Iterator[StreamReader]:
    reader = StreamReader(redis_client, {"a": "0-0", "b": "0-0"})
    yield reader
    reader.close()


def test_entries_come_in_order_and_positions_follow(
    redis_client: redis.Redis, reader: StreamReader
) -> None:
    first = redis_client.xadd("a", {"k": "1"})
    second = redis_client.xadd("a", {"k": "2", "l": "x"})
    assert reader.poll(1.0) == [
        ("a", first.decode(), {b"k": b"1"}),
        ("a", second.decode(), {b"k": b"2", b"l": b"x"}),
    ]
    assert reader.positions == {"a": second.decode(), "b": "0-0"}
    third = redis_client.xadd("b", {"k": "3"})
    assert reader.poll(1.0) == [("b", third.decode(), {b"k": b"3"})]


def test_one_reply_brings_no_more_than_count(redis_client: redis.Redis) -> None:
    for number in range(5):
        redis_client.xadd("a", {"n": number})
    reader = StreamReader(redis_client, {"a": "0-0"}, count=2)
    sizes = [len(reader.poll(1.0)) for _ in range(3)]
    assert sizes == [2, 2, 1]
    assert reader.poll(0) == []
    reader.close()


def test_an_idle_stream_is_waited_for_as_long_as_asked_and_no_longer(
    reader: StreamReader,
) -> None:
    reader.poll(0)
    waited = []
    for _ in range(5):
        started = time.perf_counter()
        assert reader.poll(0.02) == []
        waited.append(time.perf_counter() - started)
    # The least of them: a busy machine adds to it.
    assert 0.015 < min(waited) < 0.09


def test_an_entry_written_while_waiting_wakes_the_reader(
    redis_client: redis.Redis, reader: StreamReader
) -> None:
    reader.poll(0)
    writer = threading.Timer(0.05, redis_client.xadd, ("b", {"k": "v"}))
    writer.start()
    started = time.perf_counter()
    entries = reader.poll(5.0)
    writer.join()
    assert [entry[0] for entry in entries] == ["b"]
    assert time.perf_counter() - started < 2.0


def test_the_descriptor_becomes_readable_when_entries_come(
    redis_client: redis.Redis, reader: StreamReader
) -> None:
    descriptor = reader.fileno()
    assert select.select([descriptor], [], [], 0)[0] == []
    redis_client.xadd("a", {"k": "v"})
    assert select.select([descriptor], [], [], 5.0)[0] == [descriptor]
    assert len(reader.poll(0)) == 1


def test_seek_reads_again_and_forgets_the_streams_it_does_not_name(
    redis_client: redis.Redis, reader: StreamReader
) -> None:
    redis_client.xadd("a", {"k": "1"})
    redis_client.xadd("b", {"k": "2"})
    entries: list[str] = []
    while len(entries) < 2:
        entries += [entry[0] for entry in reader.poll(1.0)]
    reader.poll(0)
    reader.seek({"b": "0-0"})
    assert [entry[0] for entry in reader.poll(1.0)] == ["b"]
    assert set(reader.positions) == {"b"}


def test_without_streams_nothing_comes(redis_client: redis.Redis) -> None:
    assert StreamReader(redis_client, {}).poll(0) == []


def test_a_key_of_another_type_is_an_error_that_can_be_mended(
    redis_client: redis.Redis, reader: StreamReader
) -> None:
    redis_client.set("a", "no stream")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        reader.poll(1.0)
    redis_client.delete("a")
    redis_client.xadd("a", {"k": "v"})
    assert len(reader.poll(1.0)) == 1


def test_a_restart_of_the_server_raises_once_and_loses_nothing(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path) as server, server.client() as client:
        client.xadd("a", {"k": "1"})
        reader = StreamReader(client, {"a": "0-0"})
        assert len(reader.poll(1.0)) == 1
        assert reader.poll(0) == []
        server.stop()
        with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
            reader.poll(1.0)
        server.start()
        server.wait_ready()
        client.xadd("a", {"k": "2"})

        def read() -> list[dict[bytes, bytes]]:
            try:
                return [entry[2] for entry in reader.poll(0.2)]
            except redis.ConnectionError:
                return []

        assert eventually(read) == [{b"k": b"2"}]
        reader.close()


def test_what_was_written_together_is_taken_together(
    redis_client: redis.Redis,
) -> None:
    streams = [f"s{number}" for number in range(10)]
    reader = StreamReader(redis_client, dict.fromkeys(streams, "0-0"))
    assert reader.poll(0.0) == []
    pipe = redis_client.pipeline(transaction=False)
    for stream in streams:
        pipe.xadd(stream, {"n": "1"})
    pipe.execute()
    first = reader.poll(5.0)
    assert first
    assert {entry[0] for entry in first + reader.take()} == set(streams)
    assert reader.take() == []
    reader.close()
