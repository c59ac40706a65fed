"""Servers of a benchmark, in a directory that goes away with them."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from embedded.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "benchmark"


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for one benchmark."""
    with tempfile.TemporaryDirectory(prefix="tradecast-bench-") as directory:
        yield Path(directory)


@contextmanager
def valkey() -> Iterator[redis.Redis]:
    """A client of an embedded Valkey with `appendfsync always`."""
    with (
        scratch() as directory,
        Valkey(directory, password=PASSWORD, die_with_parent=True) as server,
    ):
        client = redis.Redis(unix_socket_path=str(server.unix_path), password=server.password)
        with client:
            yield client
