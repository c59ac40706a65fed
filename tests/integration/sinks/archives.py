"""Archive processes over streams of rows that tests write."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schema import arrow, keys
from schema.ids import make_id
from schema.registry import table
from sinks.results import ResultsWriter

if TYPE_CHECKING:
    import redis

EVENTS = table("system_event_log")
SCRIPT = Path(__file__).with_name("archive_process.py")
ROWS = 50


def send(client: redis.Redis, numbers: range, version: int = 1) -> None:
    """Entries of 50 rows each, over four partitions."""
    writer = ResultsWriter(client)
    for number in numbers:
        rows = arrow.batch(
            EVENTS,
            {
                "event_id": [
                    make_id("event", str(number * ROWS + row)).bytes for row in range(ROWS)
                ],
                "kind": "test",
                "source": "test",
                "message": [f"{number}/{row} v{version}" for row in range(ROWS)],
                "created_at": datetime(2026, 11, 21, tzinfo=UTC),
                "version": [version] * ROWS,
            },
        )
        writer.write([(keys.results(number % 4), {EVENTS.name: rows})])


class Archive:
    """One archive process, restarted at will."""

    def __init__(self, store: str, redis_url: str, home: Path, clickhouse_url: str) -> None:
        self._args = [sys.executable, str(SCRIPT), store, redis_url, str(home), clickhouse_url]
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "RUST_BACKTRACE": "0"}
        self.process = subprocess.Popen(self._args, env=environment)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


def stored_everywhere(client: redis.Redis, store: str) -> bool:
    """Whether a store has said that it has all that was sent."""
    for partition in range(4):
        stream = keys.results(partition)
        last = client.xrevrange(stream, count=1)[0][0]
        if client.get(keys.stored(stream, store)) != last:
            return False
    return True
