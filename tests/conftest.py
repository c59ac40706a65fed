"""Servers for the whole suite: one of each per pytest process, started when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers import ClickHouseServer, MemoryBound, ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    from clickhouse_connect.driver.client import Client


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A running Valkey; its data lasts as long as the session."""
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def redis_client(valkey: ValkeyServer) -> Iterator[redis.Redis]:
    """A client of the shared Valkey, which is emptied first; replies are bytes."""
    valkey.flush()
    with valkey.client() as client:
        yield client


@pytest.fixture
def memory_bound(redis_client: redis.Redis) -> Iterator[MemoryBound]:
    """The bound of the shared Valkey's memory; afterwards it is what it was."""
    bound = MemoryBound(redis_client)
    yield bound
    bound.restore()


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """A running ClickHouse endpoint; tests that need an empty one make a database of their own."""
    with ClickHouseServer(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def clickhouse_client(clickhouse: ClickHouseServer) -> Iterator[Client]:
    """A clickhouse-connect client of the shared endpoint, in the database `default`."""
    with clickhouse.client() as client:
        yield client
