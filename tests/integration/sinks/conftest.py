"""A PostgreSQL for the tests of what writes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def empty_postgres(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database."""
    for name in postgres.database("tradecast_empty"):
        yield postgres.url(name)
