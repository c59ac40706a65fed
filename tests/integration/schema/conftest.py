"""Stores made by the migrations, as every new installation has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from schema import migrations
from tests.postgres import PostgresServer
from tests.postgres_users import ANN, BOB, Connection, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client


def migrate(execute: Any, store: migrations.MigratedStore) -> None:
    """Run all migrations of a store, twice: one that is cut short is run again."""
    for _ in range(2):
        for migration in migrations.pending({}, store):
            for statement in migrations.statements(migration, store):
                execute(statement)


@pytest.fixture(scope="module")
def duck_stores() -> Iterator[dict[str, duckdb.DuckDBPyConnection]]:
    stores = {"duckdb": duckdb.connect(), "control": duckdb.connect()}
    for store, connection in stores.items():
        connection.execute("SET TimeZone = 'UTC'")
        migrate(connection.execute, store)  # type: ignore[arg-type]
    yield stores
    for connection in stores.values():
        connection.close()


@pytest.fixture(scope="session")
def click_database(clickhouse: Any) -> Iterator[Client]:
    with clickhouse.client() as client:
        client.command("CREATE DATABASE schema_stores")
        client.database = "schema_stores"
        migrate(client.command, "clickhouse")
        client.command("SYSTEM STOP TTL MERGES")
        yield client
        client.command("DROP DATABASE schema_stores")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="module")
def postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """Name of a database with all tables."""
    for name in postgres.database("tradecast_test"):
        with postgres.connect(name) as owner:
            migrate(owner.execute, "postgres")
        yield name


@pytest.fixture
def owner(postgres: PostgresServer, postgres_database: str) -> Iterator[Connection]:
    """The tables' owner, in a transaction that is taken back: it begins with rows of Ann and Bob."""
    with (
        postgres.connect(postgres_database) as connection,
        connection.transaction(force_rollback=True),
    ):
        for user in (ANN, BOB):
            fill(connection, user)
        yield connection
