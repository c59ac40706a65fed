"""Who asks a store reads it, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.errors import CommandError
from flows.stores import ClickHouseStore, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import ClickHouseServer

WRITES = (
    "TRUNCATE TABLE accounts_versions",
    "DROP TABLE accounts_versions",
    "ALTER TABLE accounts_versions DELETE WHERE 1",
    "INSERT INTO accounts_versions SELECT * FROM accounts_versions",
    "CREATE TABLE mine (x UInt8) ENGINE = Memory",
    "SELECT 1 SETTINGS readonly = 0",
)


@pytest.fixture
def store(migrated_clickhouse: ClickHouseServer) -> Iterator[ClickHouseStore]:
    made = ClickHouseStore(f"{migrated_clickhouse.url}/default")
    yield made
    made.close()


@pytest.mark.parametrize("statement", WRITES)
def test_clickhouse_is_only_read(store: ClickHouseStore, statement: str) -> None:
    tables = "SELECT name FROM system.tables WHERE database = 'default' ORDER BY name"
    before = values(store, tables)
    with pytest.raises(CommandError, match="readonly"):
        store.query(statement)
    assert values(store, tables) == before


def test_a_query_may_choose_its_settings(store: ClickHouseStore) -> None:
    found = values(store, "SELECT getSetting('max_threads') SETTINGS max_threads = 3")
    assert found == [(3,)]
