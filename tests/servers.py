"""The servers that tests share, and how to wait for a condition."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import clickhouse_connect
import redis

from embedded.clickhouse.process import ClickHouse
from embedded.ports import LOOPBACK
from embedded.valkey import Valkey
from tests.migrated import clickhouse_into

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

T = TypeVar("T")


def eventually(
    condition: Callable[[], T],
    timeout: float = 30.0,
    *,
    what: str = "condition",
    poll: float = 0.01,
) -> T:
    """Call `condition` until it gives something true, and return that; fail after `timeout` s."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout:g} s; last: {found!r}")
        time.sleep(poll)


class ValkeyServer(Valkey):
    """An embedded Valkey that dies with the tests and can be emptied."""

    def __init__(self, directory: Path, *, password: str = "valkey test password") -> None:
        super().__init__(directory, password=password, die_with_parent=True)

    def client(self) -> redis.Redis:
        return redis.Redis(
            unix_socket_path=str(self.unix_path), password=self.password, decode_responses=False
        )

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()


class MemoryBound:
    """How much a server's memory may hold, for a test that lets it fill up."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        found: Any = client.config_get("maxmemory")
        self._found = found["maxmemory"]

    def weigh_down(self) -> None:
        """Put so much in that what a test does hardly moves the share that is used."""
        # Made by the server, so that neither its buffers nor its file grow and shrink with it.
        self._client.setrange("ballast", (64 << 20) - 1, b"x")

    def leave_none(self) -> None:
        """Refuse every write that needs memory."""
        self._client.config_set("maxmemory", 1)

    def fill(self, share: float) -> None:
        """Set the bound so that this share of it is used now."""
        info: Any = self._client.info("memory")
        self._client.config_set("maxmemory", int(info["used_memory"] / share))

    def restore(self) -> None:
        """Set the bound that was found, and take the weight off."""
        self._client.config_set("maxmemory", self._found)
        self._client.delete("ballast")


class ClickHouseServer(ClickHouse):
    """An embedded ClickHouse endpoint that dies with the tests; rows stay until a test drops them.

    Args:
        directory: of the data.
        password: of its user.
        host: where it listens.
        migrated: whether all tables are there when it starts.
        limits: see `ClickHouse`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        password: str = "clickhouse test password",
        host: str = LOOPBACK,
        migrated: bool = False,
        **limits: float,
    ) -> None:
        if migrated:
            clickhouse_into(directory)
        super().__init__(
            directory, password=password, host=host, limits=limits, die_with_parent=True
        )

    def client(self, database: str = "default") -> Client:
        return clickhouse_connect.get_client(
            host=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            database=database,
            autogenerate_session_id=False,
        )
