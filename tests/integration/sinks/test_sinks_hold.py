"""The hold on the stores: nothing is written while it lasts, and nobody keeps it for ever."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sinks.hold import HOLD, HeldWriter, HoldFailed, busy_key, held
from sources.stop import Stop
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    import redis


class Store:
    """A store that writes as long as it is told to."""

    def __init__(self) -> None:
        self.written = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self.writing = threading.Event()

    def positions(self) -> dict[str, str]:
        return {}

    def write(self, _: Mapping[str, pa.Table], __: Mapping[str, str]) -> None:
        self.writing.set()
        self.may_end.wait(30)
        self.written += 1

    def close(self) -> None:
        return


def write_in_thread(writer: HeldWriter) -> threading.Thread:
    thread = threading.Thread(target=writer.write, args=({}, {}))
    thread.start()
    return thread


def test_a_store_that_is_held_is_not_written(redis_client: redis.Redis) -> None:
    store, looks = Store(), threading.Semaphore(0)
    writer = HeldWriter(
        store, redis_client, "duckdb", Stop(), sleep=lambda _: looks.release()
    )  # fmt: skip
    with held(redis_client, ["duckdb"]):
        thread = write_in_thread(writer)
        for _ in range(3):
            assert looks.acquire(timeout=10)
        assert store.written == 0
    thread.join(10)
    assert store.written == 1
    assert not redis_client.exists(HOLD)
    eventually(lambda: not redis_client.exists(busy_key("duckdb")), what="nobody busy")


def test_a_hold_waits_for_what_is_being_written(redis_client: redis.Redis) -> None:
    store = Store()
    store.may_end.clear()
    thread = write_in_thread(HeldWriter(store, redis_client, "duckdb", Stop()))
    assert store.writing.wait(10)
    with (
        pytest.raises(HoldFailed, match="is being written"),
        held(redis_client, ["duckdb"], patience=0.2),
    ):
        raise AssertionError("it was not held")
    assert not redis_client.exists(HOLD)
    store.may_end.set()
    thread.join(10)
    with held(redis_client, ["duckdb"], patience=10):
        assert store.written == 1


def test_two_backups_do_not_hold_at_once(redis_client: redis.Redis) -> None:
    with held(redis_client, ["duckdb"]):
        with pytest.raises(HoldFailed, match="another backup runs"), held(redis_client, ["duckdb"]):
            raise AssertionError("it was held twice")
        assert redis_client.exists(HOLD)


def test_a_hold_that_was_lost_is_told(redis_client: redis.Redis) -> None:
    with pytest.raises(HoldFailed, match="was lost"), held(redis_client, ["duckdb"]):
        redis_client.delete(HOLD)


def test_a_hold_outlives_nobody(redis_client: redis.Redis) -> None:
    with held(redis_client, ["duckdb"]):
        left = redis_client.pttl(HOLD)
    assert isinstance(left, int)
    assert 0 < left <= 30_000


def test_a_process_that_is_to_end_does_not_wait(redis_client: redis.Redis) -> None:
    store, stop = Store(), Stop()
    writer = HeldWriter(
        store, redis_client, "duckdb", stop, sleep=lambda _: setattr(stop, "requested", True)
    )
    with held(redis_client, ["duckdb"]), pytest.raises(HoldFailed, match="is to end"):
        writer.write({}, {})
    assert store.written == 0


@pytest.mark.parametrize("is_held", [False, True])
def test_rows_are_stored_though_redis_has_no_room_for_a_word(
    redis_client: redis.Redis, *, is_held: bool
) -> None:
    """Storing them is what gives it room; a hold that is there holds all the same."""
    stop, store = Stop(), Store()
    look_once = partial(setattr, stop, "requested", True)
    writer = HeldWriter(store, redis_client, "duckdb", stop, sleep=lambda _: look_once())
    if is_held:
        redis_client.set(HOLD, b"somebody", px=60_000)
    redis_client.config_set("maxmemory", 1)
    try:
        with pytest.raises(HoldFailed) if is_held else nullcontext():
            writer.write({}, {})
    finally:
        redis_client.config_set("maxmemory", 0)
    assert store.written == (0 if is_held else 1)
