"""Servers for the whole suite: one of each per pytest process, started when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers import ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis


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
