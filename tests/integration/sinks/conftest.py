"""A PostgreSQL and a DuckDB for the tests of what writes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sinks.duckdb.control import Control
from sinks.duckdb.database import Database, Limits
from tests.migrated import duckdb_into
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def empty_postgres(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database."""
    for name in postgres.database("tradecast_empty"):
        yield postgres.url(name)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    duckdb_into(tmp_path)
    with Database(tmp_path, Limits(256, 1)) as database:
        yield database


@pytest.fixture
def control(database: Database) -> Iterator[Control]:
    control = Control(database)
    yield control
    control.close()
