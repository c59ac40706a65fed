"""The archive beside analysts who keep ClickHouse busy: it does not wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sinks.duckdb.client import open_or_connect
from tests.embedded_http import ask, queries_running, together
from tests.integration.sinks.archives import ROWS, Archive, send, stored_everywhere
from tests.servers import ClickHouseServer, ValkeyServer, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

ENTRIES = 200


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClickHouseServer]:
    with ClickHouseServer(tmp_path / "clickhouse", migrated=True) as server:
        yield server


@pytest.fixture
def archives(
    server: ClickHouseServer, valkey: ValkeyServer, redis_client: redis.Redis, tmp_path: Path
) -> Iterator[dict[str, Archive]]:
    """One process for each store."""
    made = {
        store: Archive(store, valkey.unix_url, tmp_path, url)
        for store, url in (("duckdb", "-"), ("clickhouse", server.url))
    }
    yield made
    for archive in made.values():
        archive.close()


def test_the_archive_goes_on_beside_fifty_queries(
    server: ClickHouseServer, archives: dict[str, Archive], redis_client: redis.Redis
) -> None:
    """Fifty queries wait for eight places; the archive has its own."""
    for archive in archives.values():
        archive.start()
    send(redis_client, range(4))
    for store in archives:
        eventually(lambda store=store: stored_everywhere(redis_client, store), 30)
    query = "SELECT sum(sleepEachRow(1)) AS fifty FROM numbers(2) SETTINGS max_block_size = 1"
    answers: list[bytes] = []

    def work(number: int) -> None:
        if number < 50:
            answers.append(ask(server, query).body)
            return
        eventually(lambda: queries_running(server) == 8, what="a full house")
        send(redis_client, range(4, ENTRIES))
        # The newer version of rows that are stored already, as of orders that got an outcome.
        send(redis_client, range(4), version=2)
        for store in archives:
            eventually(lambda store=store: stored_everywhere(redis_client, store), 10)
        # The queries need more than twelve seconds in all.
        assert len(answers) < 50, "it waited for all of them"

    together(51, work)
    assert answers == [b"0\n"] * 50
    for archive in archives.values():
        assert archive.stop() == 0
    spools = archives["clickhouse"].home / "spool"
    assert not list(spools.rglob("*.spool")), "what was stored was not only spooled"
    rows = rows_of_clickhouse(server)
    assert rows == rows_of_duckdb(archives["duckdb"])
    assert len(rows) == ENTRIES * ROWS
    assert sum(version == 2 for *_, version in rows) == 4 * ROWS


COLUMNS = "kind, source, message, version FROM system_event_log ORDER BY id"


def rows_of_clickhouse(server: ClickHouseServer) -> list[tuple[object, ...]]:
    query = f"SELECT toString(event_id) AS id, toUnixTimestamp64Micro(created_at), {COLUMNS}"
    with server.client() as client:
        return [tuple(row) for row in client.query(query).result_rows]


def rows_of_duckdb(archive: Archive) -> list[tuple[object, ...]]:
    query = f"SELECT event_id::VARCHAR AS id, epoch_us(created_at), {COLUMNS}"
    with open_or_connect(archive.home / "d.sock", archive.home / "duckdb") as reader:
        found = reader.query(query).read_all()
    return [tuple(row.values()) for row in found.to_pylist()]
