"""An insert that is told to be stored is stored."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from tests.servers import ClickHouseServer, eventually
from tests.torture.surroundings import full_disk, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@contextmanager
def no_room(directory: Path) -> Iterator[None]:
    """Take the last byte of a small filesystem."""
    ballast = directory / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(directory).free)
    yield
    ballast.unlink()


def test_a_full_disk_costs_no_table(tmp_path: Path) -> None:
    """The engine says well done, and leaves the definition empty: it would never start again."""
    with small_disk(tmp_path / "disk") as small:
        if not small:
            pytest.skip("only root can make a small filesystem")
        place = tmp_path / "disk" / "data"
        with ClickHouseServer(place) as server, server.client() as client:
            client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
            client.insert_arrow("t", rows(10))
            # Behind a comment, for otherwise it is not even tried.
            with no_room(tmp_path / "disk"), pytest.raises((DatabaseError, OperationalError)):
                client.command("/* now */ ALTER TABLE t ADD COLUMN more UInt8")
            eventually(lambda: server.pid is None, 20, what="the end of the engine")
        with ClickHouseServer(place) as server, server.client() as client:
            assert client.command("SELECT count() FROM t") == 10
            client.command("ALTER TABLE t ADD COLUMN IF NOT EXISTS more UInt8")
            client.command("CREATE OR REPLACE VIEW v AS SELECT more FROM t")
        with ClickHouseServer(place) as server, server.client() as client:
            assert client.command("SELECT count(more) FROM v") == 10


def test_a_nearly_full_disk_refuses_what_changes_tables_and_nothing_else(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as small:
        if not small:
            pytest.skip("only root can make a small filesystem")
        with ClickHouseServer(tmp_path / "disk" / "data") as server, server.client() as client:
            client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
            with no_room(tmp_path / "disk"):
                with pytest.raises(DatabaseError, match="NOT_ENOUGH_SPACE"):
                    client.command("ALTER TABLE t ADD COLUMN more UInt8")
                assert client.command("SELECT count() FROM t") == 0
                client.command("DROP TABLE t")
            client.command("CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id")
