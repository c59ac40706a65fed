"""A database of the first release opens, keeps its rows, and has every table."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from schema import arrow, migrations, sql
from schema import clickhouse as click
from schema import duckdb as duck
from schema.registry import TABLES, table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.control import Control
from sinks.duckdb.database import ARCHIVE, CONTROL, Database, Limits

if TYPE_CHECKING:
    from pathlib import Path

    from schema.migrations import MigratedStore
    from schema.table import Column, Table
    from tests.servers import ClickHouseServer

FIRST = migrations.MIGRATIONS[0]
# What the first release wrote into its ledgers: its statements may never change.
CHECKSUMS: dict[MigratedStore, str] = {
    "duckdb": "d59d87773d90a53f71a33d19f02ab4fe78ce6100f4d7a9a50c03ec7947f87e6a",
    "control": "09e8ff51d01e9df10c1d3eae7387882f39eca66bc9abc27dc07cf3e403f274d8",
    "clickhouse": "47adacb0ed2914b2e68a8303b4fe83845da49312df42447ba688fa4a3b3286f7",
}
HISTORY = ("orders", "trades", "deals", "alert_log", "signal_execution_status")
SETTINGS = ("brokers", "instances", "accounts", "strategies", "subscriptions", "symbol_map")
MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
ID = uuid.UUID(int=7)


def value(column: Column) -> Any:
    """A value that every rule allows; all ids are the same, so that references hold."""
    kind = column.type
    if column.nullable:
        return None
    if kind.words:
        return next(word for word in kind.words if word not in {None, "none"})
    if kind.name in {"json", "bool"}:
        return "{}" if kind.name == "json" else True
    if kind.numpy == "V16":
        return ID
    if pa.types.is_string(kind.arrow):
        return column.name
    return MOMENT if pa.types.is_timestamp(kind.arrow) else 1


def rows(which: Table, names: set[str]) -> pa.Table:
    """One row, with the columns that the first release had."""
    batch = arrow.batch(which, {column.name: [value(column)] for column in which.columns})
    kept = [name for name in which.names if name in names]
    return pa.Table.from_batches([batch]).select(kept)


@pytest.mark.parametrize("store", CHECKSUMS)
def test_the_first_release_is_remembered(store: MigratedStore) -> None:
    assert migrations.checksum(FIRST, store) == CHECKSUMS[store]


def make_old_duckdb(directory: Path) -> dict[str, pa.Table]:
    stored = {}
    for store, name, tables in (("duckdb", ARCHIVE, HISTORY), ("control", CONTROL, SETTINGS)):
        with duckdb.connect(str(directory / f"{name}.duckdb")) as old:
            for statement in migrations.statements(FIRST, store):  # type: ignore[arg-type]
                old.execute(statement)
            old.execute(
                "INSERT INTO schema_migrations VALUES ('0001', 'everything', ?, now())",
                [migrations.checksum(FIRST, store)],  # type: ignore[arg-type]
            )
            for each in map(table, tables):
                target = duck.target(each)
                found = old.execute(f"DESCRIBE {target}").fetchall()
                stored[each.name] = rows(each, {column[0] for column in found})
                old.register("batch", stored[each.name])
                values = ", ".join(
                    f'CAST("{n}" AS UUID)' if each.column(n).type.name == "uuid" else f'"{n}"'
                    for n in stored[each.name].schema.names
                )
                names = sql.names(tuple(stored[each.name].schema.names))
                old.execute(f"INSERT INTO {target} ({names}) SELECT {values} FROM batch")
                old.unregister("batch")
    return stored


def test_duckdb(tmp_path: Path) -> None:
    stored = make_old_duckdb(tmp_path)
    for _ in range(2):  # the second time there is nothing to do
        with Database(tmp_path, Limits()) as database:
            cursor = database.cursor()
            for name, old in stored.items():
                which = table(name)
                query = f"SELECT {duck.columns(which)} FROM {sql.name(name)}"
                found = cursor.sql(query).to_arrow_table()
                assert arrow.conform(which, found) == arrow.conform(which, old), name
            made = {n for (n,) in cursor.execute("SELECT view_name FROM duckdb_views()").fetchall()}
            made |= {
                n for (n,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            }
            assert {t.name for t in TABLES.values() if "duckdb" in t.stores} <= made
            assert not {name for name in made if name.endswith("_before")}
            ledger = f"SELECT version FROM {CONTROL}.main.schema_migrations ORDER BY 1"
            versions = [(each.version,) for each in migrations.MIGRATIONS]
            assert cursor.execute(ledger).fetchall() == versions
            control = Control(database)
            version, tables = control.read()
            assert version == 1
            assert {name for name in SETTINGS if tables[name].num_rows != 1} == set()
            control.close()


def test_duckdb_holds_new_checks_in_old_tables(tmp_path: Path) -> None:
    make_old_duckdb(tmp_path)
    with Database(tmp_path, Limits()) as database:
        cursor = database.cursor()
        cursor.execute(f"USE {CONTROL}.main")
        with pytest.raises(duckdb.ConstraintException, match="CHECK"):
            cursor.execute("UPDATE strategies SET version = 0")
        with pytest.raises(duckdb.ConstraintException, match="length"):
            cursor.execute("UPDATE brokers SET name = repeat('x', 101)")
        with pytest.raises(duckdb.ConstraintException, match="isfinite"):
            cursor.execute("UPDATE accounts SET leverage = 'inf'")
        defaults = "SELECT risk_limits::VARCHAR, reporting_zone FROM accounts"
        assert cursor.execute(defaults).fetchall() == [("{}", "UTC")]


def test_clickhouse(clickhouse: ClickHouseServer) -> None:
    with clickhouse.client() as client:
        client.command("DROP DATABASE IF EXISTS first_release")
        client.command("CREATE DATABASE first_release")
    with clickhouse.client("first_release") as client:
        for statement in migrations.statements(FIRST, "clickhouse"):
            client.command(statement)
        client.command(
            "INSERT INTO schema_migrations VALUES ('0001', 'everything', {sum:String}, now64(6))",
            parameters={"sum": migrations.checksum(FIRST, "clickhouse")},
        )
        stored = {}
        for which in map(table, (*HISTORY, *SETTINGS)):
            target = click.target(which)
            columns = {name for name, *_ in client.query(f"DESCRIBE {target}").result_rows}
            stored[which.name] = rows(which, columns)
            client.insert_arrow(target, stored[which.name])
        url = f"http://{clickhouse.user}:{clickhouse.password}@{clickhouse.host}:{clickhouse.port}/first_release"
        for _ in range(2):
            writer = ClickHouseWriter(url.replace(" ", "%20"))
            assert writer.positions() == {}
            writer.close()
            for name, old in stored.items():
                which = table(name)
                for shown in (name, f"{name}_current"):
                    found = client.query_arrow(f"SELECT {click.columns(which)} FROM {shown}")
                    assert arrow.conform(which, found) == arrow.conform(which, old), shown
        made = {name for (name,) in client.query("SHOW TABLES").result_rows}
        assert {t.name for t in TABLES.values() if "clickhouse" in t.stores} <= made
        client.command("DROP DATABASE first_release")
