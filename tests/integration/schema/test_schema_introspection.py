"""What the specification names is found in each of its stores, by asking the store."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from schema import duckdb as store
from schema.migrations import draft
from schema.registry import TABLES

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from tests.postgres import PostgresServer

SPEC = Path(__file__).parents[2] / "spec"
Found = dict[str, set[str]]


def specified(store: str) -> Found:
    with (SPEC / "tables.csv").open() as file:
        names = [row["table"] for row in csv.DictReader(file) if store in row["stores"].split()]
    columns: Found = {name: set() for name in names}
    with (SPEC / "columns.csv").open() as file:
        for row in csv.DictReader(file):
            if row["table"] in columns:
                columns[row["table"]].add(row["column"])
    return columns


def grouped(pairs: list[tuple[str, str]]) -> Found:
    found: Found = defaultdict(set)
    for table, column in pairs:
        found[table].add(column)
    return found


def missing(store: str, found: Found) -> set[tuple[str, str]]:
    wanted = specified(store)
    assert wanted
    lacking = {(name, "") for name in wanted if name not in found}
    return lacking | {(n, c) for n in wanted.keys() & found for c in wanted[n] - found[n]}


def declared(store: str) -> Found:
    return {each.name: set(each.names) for each in TABLES.values() if store in each.stores}


@pytest.fixture(scope="module")
def duckdb_columns(duck_stores: dict[str, duckdb.DuckDBPyConnection]) -> Found:
    query = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    return grouped([r for c in duck_stores.values() for r in c.execute(query).fetchall()])


def test_duckdb(duckdb_columns: Found) -> None:
    assert missing("duckdb", duckdb_columns) == set()
    assert {name: duckdb_columns[name] for name in declared("duckdb")} == declared("duckdb")


def test_clickhouse(click_database: Client) -> None:
    query = "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
    found = grouped([(table, name) for table, name in click_database.query(query).result_rows])
    assert missing("clickhouse", found) == set()
    assert {name: found[name] for name in declared("clickhouse")} == declared("clickhouse")


def test_postgres(postgres: PostgresServer, postgres_database: str) -> None:
    query = (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    )
    with postgres.connect(postgres_database) as connection:
        found = grouped(connection.execute(query).fetchall())
    assert missing("postgres", found) == set()
    assert {name: found[name] for name in declared("postgres")} == declared("postgres")


def test_redis() -> None:
    """Redis has no schema to ask: what lives there is a hash of these fields."""
    assert missing("redis", declared("redis")) == set()


def test_migrations_make_what_the_registry_says(
    duck_stores: dict[str, duckdb.DuckDBPyConnection],
) -> None:
    """Migrations are text that was frozen: a registry that has gone on needs a new one."""
    query = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    )
    rules = "SELECT table_name, constraint_text FROM duckdb_constraints() ORDER BY ALL"
    for name, connection in duck_stores.items():
        with duckdb.connect() as fresh:
            for each in TABLES.values():
                if each.kind in draft.KINDS[name]:
                    for statement in store.ddl(each):
                        fresh.execute(statement)
            assert connection.execute(query).fetchall() == fresh.execute(query).fetchall()
            if name == "control":
                assert connection.execute(rules).fetchall() == fresh.execute(rules).fetchall()
