"""The archive as a process: killed at any moment, it stores what was sent, once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schema import keys
from sinks.duckdb.client import open_or_connect
from sinks.duckdb.database import Database, DatabaseBusy, Limits
from tests.integration.sinks.archives import ROWS, Archive, send, stored_everywhere
from tests.servers import ClickHouseServer, ValkeyServer, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis


@pytest.fixture
def duck(valkey: ValkeyServer, redis_client: redis.Redis, tmp_path: Path) -> Iterator[Archive]:
    archive = Archive("duckdb", valkey.unix_url, tmp_path, "-")
    yield archive
    archive.close()


@pytest.fixture
def click(
    valkey: ValkeyServer,
    redis_client: redis.Redis,
    migrated_clickhouse: ClickHouseServer,
    tmp_path: Path,
) -> Iterator[Archive]:
    archive = Archive("clickhouse", valkey.unix_url, tmp_path, f"{migrated_clickhouse.url}/default")
    yield archive
    archive.close()


def kill_while_sending(archive: Archive, client: redis.Redis) -> None:
    dice = random.Random(7)
    sent = 0
    for _ in range(3):
        archive.start()
        goal = sent + 30
        before = [client.get(keys.stored(keys.results(p), "duckdb")) for p in range(4)]
        while sent < goal:
            send(client, range(sent, sent + 5))
            sent += 5
        eventually(
            lambda before=before: (
                [client.get(keys.stored(keys.results(p), "duckdb")) for p in range(4)] != before
                or client.get(keys.stored(keys.results(0), "clickhouse"))
            ),
            what="some rows are stored",
        )
        send(client, range(sent, sent + dice.randint(1, 5) * 4))
        sent += 20
        archive.kill()
    # The numbers that the last round left out, and all those that were sent, once more.
    send(client, range(sent))


COUNTS = "SELECT count(*) AS rows, count(DISTINCT event_id) AS keys FROM "


def test_duckdb_has_each_row_once_after_kills(duck: Archive, redis_client: redis.Redis) -> None:
    kill_while_sending(duck, redis_client)
    total = redis_client.xinfo_stream(keys.results(0))["entries-added"]
    duck.start()
    eventually(lambda: stored_everywhere(redis_client, "duckdb"))
    assert duck.stop() == 0
    appended = (
        sum(redis_client.xinfo_stream(keys.results(p))["entries-added"] for p in range(4)) * ROWS
    )
    assert total > 0
    with open_or_connect(duck.home / "d.sock", duck.home / "duckdb") as reader:
        current = reader.query(COUNTS + "system_event_log").read_all().to_pylist()
        versions = reader.query(COUNTS + "system_event_log_versions").read_all().to_pylist()
    assert current == [{"rows": 150 * ROWS, "keys": 150 * ROWS}]
    # Every entry that was sent, exactly once, whatever was killed.
    assert versions == [{"rows": appended, "keys": 150 * ROWS}]


def test_clickhouse_shows_each_row_once_after_kills(
    click: Archive, redis_client: redis.Redis, migrated_clickhouse: ClickHouseServer
) -> None:
    kill_while_sending(click, redis_client)
    click.start()
    eventually(lambda: stored_everywhere(redis_client, "clickhouse"))
    assert click.stop() == 0
    with migrated_clickhouse.client() as client:
        found = client.query(COUNTS + "system_event_log_current")
    assert [tuple(row) for row in found.result_rows] == [(150 * ROWS, 150 * ROWS)]


def test_a_start_tells_what_was_stored_by_a_process_that_could_not(
    duck: Archive, redis_client: redis.Redis
) -> None:
    """It was killed between its commit and the word of it, and nothing has come since."""
    duck.start()
    send(redis_client, range(8))
    eventually(lambda: stored_everywhere(redis_client, "duckdb"))
    assert duck.stop() == 0
    redis_client.delete(*(keys.stored(keys.results(p), "duckdb") for p in range(4)))
    assert not stored_everywhere(redis_client, "duckdb")
    duck.start()
    eventually(lambda: stored_everywhere(redis_client, "duckdb"))
    assert duck.stop() == 0


def test_duckdb_answers_while_it_archives(duck: Archive, redis_client: redis.Redis) -> None:
    duck.start()
    send(redis_client, range(4), version=2)
    send(redis_client, range(4), version=1)
    eventually((duck.home / "d.sock").exists)
    eventually(lambda: stored_everywhere(redis_client, "duckdb"))
    with open_or_connect(duck.home / "d.sock", duck.home / "duckdb") as reader:
        query = "SELECT DISTINCT version FROM system_event_log"
        assert reader.query(query).read_all().to_pylist() == [{"version": 2}]
    with pytest.raises(DatabaseBusy):
        Database(duck.home / "duckdb", Limits(64, 1))
    assert duck.stop() == 0


def test_a_store_that_is_down_spools_and_catches_up(
    valkey: ValkeyServer, redis_client: redis.Redis, tmp_path: Path
) -> None:
    with ClickHouseServer(tmp_path / "clickhouse", migrated=True) as server:
        server.stop()
        archive = Archive("clickhouse", valkey.unix_url, tmp_path, server.url)
        try:
            archive.start()
            send(redis_client, range(8))
            eventually(
                lambda: stored_everywhere(redis_client, "clickhouse"), what="rows are spooled"
            )
            assert list((tmp_path / "spool" / "clickhouse").glob("*.spool"))
            server.start()
            server.wait_ready()
            eventually(
                lambda: not list((tmp_path / "spool" / "clickhouse").glob("*.spool")),
                what="the spool is empty",
            )
            assert archive.stop() == 0
            with server.client() as client:
                found = client.query(COUNTS + "system_event_log_current").result_rows
            assert [tuple(row) for row in found] == [(8 * ROWS, 8 * ROWS)]
        finally:
            archive.close()


def test_a_restart_of_redis_is_survived(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "valkey") as server, server.client() as client:
        archive = Archive("duckdb", server.unix_url, tmp_path, "-")
        try:
            archive.start()
            send(client, range(4))
            eventually(lambda: stored_everywhere(client, "duckdb"))
            server.stop()
            server.start()
            server.wait_ready()
            send(client, range(4, 8))
            eventually(lambda: stored_everywhere(client, "duckdb"))
            assert archive.stop() == 0
        finally:
            archive.close()
    with open_or_connect(tmp_path / "d.sock", tmp_path / "duckdb") as reader:
        rows = reader.query(COUNTS + "system_event_log_versions").read_all().to_pylist()
    assert rows == [{"rows": 8 * ROWS, "keys": 8 * ROWS}]
