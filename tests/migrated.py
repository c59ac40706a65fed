"""Migrated stores to copy: to migrate one takes up to seconds, and few tests look at that."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from embedded.clickhouse.process import ClickHouse
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.database import Database, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

# Where all processes of a run share one; set where the run begins.
SHARED = "TRADECAST_TEST_MIGRATED"


def clickhouse_into(directory: Path) -> None:
    """Put all tables, without rows, into the directory of an endpoint that has not run yet."""
    _copy("clickhouse", _make_clickhouse, directory)


def duckdb_into(directory: Path) -> None:
    """Put DuckDB's files, with all tables and no rows, into a directory."""
    _copy("duckdb", _make_duckdb, directory)


def _copy(name: str, make: Callable[[Path], None], directory: Path) -> None:
    shared = Path(os.environ[SHARED])
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / name).exists():
            made = shared / f"{name}.new"
            make(made)
            made.rename(shared / name)
    shutil.copytree(shared / name, directory, symlinks=True, dirs_exist_ok=True)


def _make_clickhouse(directory: Path) -> None:
    with ClickHouse(directory, password="of the template", die_with_parent=True) as server:
        writer = ClickHouseWriter(f"{server.url}/default")
        writer.positions()
        writer.close()


def _make_duckdb(directory: Path) -> None:
    directory.mkdir()
    Database(directory, Limits()).close()
