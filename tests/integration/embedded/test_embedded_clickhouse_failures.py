"""An insert that is told to be stored is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.servers import ClickHouseServer
from tests.torture.surroundings import full_disk, small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from clickhouse_connect.driver.client import Client


def rows(count: int) -> pa.Table:
    return pa.table({"id": pa.array(range(count), pa.uint64())})


def insert_many(client: Client) -> None:
    for _ in range(50):
        client.insert_arrow("t", rows(10_000))


def test_rows_that_the_engine_loses_at_the_end_fail_the_insert(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path) as server, server.client() as client:
        client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree PARTITION BY id ORDER BY id")
        # More partitions than a block may have: said by the part of the engine that writes it.
        with pytest.raises(DatabaseError, match="TOO_MANY_PARTS"):
            client.insert_arrow("t", rows(200))
        assert client.command("SELECT count() FROM t") == 0
        client.insert_arrow("t", rows(50))
        assert client.command("SELECT count() FROM t") == 50


def test_what_a_query_gets_wrong_fails_no_insert(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path) as server, server.client() as client:
        client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
        client.insert_arrow("t", rows(1))
        for wrong in ("SELEC 1", "SELECT nothing", "SELECT * FROM nowhere", "SELECT 1 + 'a'"):
            with pytest.raises(DatabaseError):
                client.query(wrong)
        client.insert_arrow("t", rows(2))
        assert client.command("SELECT count() FROM t") == 3


def test_an_insert_that_is_collected_in_memory_is_refused(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path) as server, server.client() as client:
        client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
        with pytest.raises(DatabaseError, match="async_insert"):
            client.insert_arrow("t", rows(1), settings={"async_insert": 1})


def test_a_full_disk_fails_the_insert(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as small:
        if not small:
            pytest.skip("only root can make a small filesystem")
        with ClickHouseServer(tmp_path / "disk" / "data") as server, server.client() as client:
            client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
            with full_disk(tmp_path / "disk"), pytest.raises(DatabaseError, match="missing"):
                insert_many(client)
            stored = client.command("SELECT count() FROM t")
            client.insert_arrow("t", rows(10))
            assert client.command("SELECT count() FROM t") == int(str(stored)) + 10
