"""The servers that tests share, and how to wait for a condition."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import redis

from embedded.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


def eventually(
    condition: Callable[[], T],
    timeout: float = 10.0,
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
