"""Stores with the books of two accounts, which tests of snapshots begin with."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from flows.stores import ClickHouseStore
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.client import DuckFiles
from sinks.duckdb.database import Limits
from tests.daily_books import ANN, BOB, account
from tests.daily_stores import WRITTEN, Stores
from tests.migrated import duckdb_into

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import ClickHouseServer


@pytest.fixture(scope="module")
def empty(
    tmp_path_factory: pytest.TempPathFactory, migrated_clickhouse: ClickHouseServer
) -> tuple[Path, str]:
    """DuckDB's files and the address of a database of ClickHouse, both migrated and without rows."""
    files = tmp_path_factory.mktemp("empty")
    duckdb_into(files)
    return files, f"{migrated_clickhouse.url}/default"


@contextmanager
def opened(empty: tuple[Path, str], directory: Path, zone: str) -> Iterator[Stores]:
    files, url = empty
    shutil.copytree(files, directory)
    with ExitStack() as stack:
        duck = stack.enter_context(DuckFiles(directory, Limits(), write=True))
        writer = ClickHouseWriter(url)
        stack.callback(writer.close)
        store = ClickHouseStore(url)
        stack.callback(store.close)
        for name in WRITTEN:
            store.client.command(f"TRUNCATE TABLE {name}")
        made = Stores(duck, writer, store)
        made.control(
            account(ANN, partition=3, key="ann", reporting_zone=zone),
            account(BOB, partition=9, key="bob"),
        )
        yield made


@pytest.fixture
def stores(empty: tuple[Path, str], tmp_path: Path) -> Iterator[Stores]:
    """Both accounts report in UTC."""
    with opened(empty, tmp_path / "duckdb", "UTC") as made:
        yield made


@pytest.fixture
def stores_of_two_zones(empty: tuple[Path, str], tmp_path: Path) -> Iterator[Stores]:
    """Ann reports in New York, and so has days in two zones."""
    with opened(empty, tmp_path / "duckdb", "America/New_York") as made:
        yield made
