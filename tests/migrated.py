"""A migrated ClickHouse to copy: to migrate one takes seconds, and few tests look at that."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from embedded.clickhouse.process import ClickHouse
from sinks.clickhouse import ClickHouseWriter

# Where all processes of a run share one; set where the run begins.
SHARED = "TRADECAST_TEST_MIGRATED"


def clickhouse_into(directory: Path) -> None:
    """Put all tables, without rows, into the directory of an endpoint that has not run yet."""
    shared = Path(os.environ[SHARED])
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "clickhouse").exists():
            _make(shared / "new")
            (shared / "new").rename(shared / "clickhouse")
    shutil.copytree(shared / "clickhouse", directory, symlinks=True, dirs_exist_ok=True)


def _make(directory: Path) -> None:
    with ClickHouse(directory, password="of the template", die_with_parent=True) as server:
        writer = ClickHouseWriter(f"{server.url}/default")
        writer.positions()
        writer.close()
