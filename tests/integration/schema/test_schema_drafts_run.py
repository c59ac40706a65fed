"""A draft runs on tables that have rows, twice, and leaves what the registry says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest

from schema import arrow, postgres_values, types
from schema import clickhouse as click
from schema import duckdb as duck
from schema import postgres as pg
from schema.migrations import draft, snapshot
from schema.parts import Check, Column, Index
from schema.registry import TABLES
from schema.table import Table
from sinks import clickhouse_migration
from sinks import postgres as sink
from tests.unit.schema.test_schema_drafts import OLD, Moods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

    from tests.postgres import PostgresServer
    from tests.servers import ClickHouseServer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BEFORE = replace(OLD, references=())
COLUMNS = {
    "mood": replace(BEFORE.column("mood"), type=types.enum(Moods), default="bad"),
    "place": replace(BEFORE.column("place"), type=types.text(40)),
    "note": replace(BEFORE.column("note"), nullable=False, default="-"),
    "profit": replace(BEFORE.column("profit"), default=None),
    "tilt_flag": replace(BEFORE.column("tilt_flag"), default=None),
}
AFTER = replace(
    BEFORE,
    columns=(
        *(COLUMNS.get(c.name, c) for c in BEFORE.columns),
        Column("rating", types.RATIO, "Rating.", default=1.0),
        Column("seen_at", types.TIMESTAMP, "Seen.", nullable=True),
        Column("tags", types.JSON, "Tags.", default="[]"),
    ),
    checks=(*BEFORE.checks[1:], Check("trades_few", "trades < 1000")),
    indices=(*BEFORE.indices[1:], Index(("trades",)), Index(("tags",), words=True)),
    unique=(("user_id", "started_at"),),
)
FRESH = replace(AFTER, name="fresh")


def rows(which: Table, number: int = 3) -> pa.RecordBatch:
    given: dict[str, Any] = {
        "id": [UUID(int=n) for n in range(number)], "user_id": [UUID(int=n) for n in range(number)],
        "started_at": NOW, "created_at": NOW, "updated_at": NOW, "mood": "good", "place": "home",
        "profit": 0, "tilt_flag": False,
    }  # fmt: skip
    return arrow.batch(which, given)


def statements(store: str) -> list[str]:
    before = {
        "functions": snapshot.take()["functions"],
        "tables": {BEFORE.name: snapshot.table(BEFORE)},
    }
    made = draft.draft(store, before, {AFTER.name: AFTER})
    assert made
    assert not [each for each in made if each.startswith("-- CANNOT")]
    return made


def new_row(which: Table) -> pa.RecordBatch:
    changed = {"mood": pa.array(["ugly"]), "place": pa.array(["x" * 40])}
    batch = arrow.batch(which, {n: rows(which).column(n).slice(0, 1) for n in which.names})
    for name, value in {**changed, "id": pa.array([UUID(int=9).bytes], pa.binary(16)),
                        "user_id": pa.array([UUID(int=9).bytes], pa.binary(16))}.items():  # fmt: skip
        batch = batch.set_column(which.names.index(name), batch.schema.field(name), value)
    return batch


def described(connection: duckdb.DuckDBPyConnection, name: str) -> Any:
    query = "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
    rules = "SELECT constraint_text FROM duckdb_constraints() WHERE table_name = ? ORDER BY ALL"
    return [connection.execute(each, [name]).fetchall() for each in (query, rules)]


def test_duckdb() -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in duck.ddl(BEFORE):
            connection.execute(statement)
        connection.register("batch", rows(BEFORE))
        connection.execute(duck.insert(BEFORE))
        connection.unregister("batch")
        for statement in statements("control"):
            connection.execute(statement)
        connection.register("batch", new_row(AFTER))
        connection.execute(duck.insert(AFTER))
        found = connection.execute(
            "SELECT count(*), min(rating), min(mood), max(length(place)) FROM moods"
        ).fetchall()
        assert found == [(4, 1.0, "good", 40)]
        connection.execute(duck.create(FRESH))
        assert described(connection, "moods") == described(connection, "fresh")
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("UPDATE moods SET trades = 1000")


def test_duckdb_history() -> None:
    past = replace(
        BEFORE, kind="history", time="started_at", order_by=("started_at", "id"), users_write=False
    )
    now = replace(past, columns=AFTER.columns)
    before = {"functions": [], "tables": {past.name: snapshot.table(past)}}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in duck.ddl(past):
            connection.execute(statement)
        connection.register("batch", rows(past))
        connection.execute(duck.insert(past))
        for statement in draft.draft("duckdb", before, {now.name: now}):
            connection.execute(statement)
        connection.unregister("batch")
        connection.register("batch", new_row(now))
        connection.execute(duck.insert(now))
        assert connection.execute("SELECT count(*), min(rating) FROM moods").fetchall() == [
            (4, 1.0)
        ]
        for statement in duck.ddl(replace(now, name="fresh")):
            connection.execute(statement)
        assert described(connection, "moods_versions") == described(connection, "fresh_versions")


@pytest.fixture
def drafts(clickhouse: ClickHouseServer) -> Iterator[Client]:
    with clickhouse.client() as admin:
        admin.command("CREATE DATABASE drafts")
        try:
            with clickhouse.client("drafts") as client:
                yield client
        finally:
            admin.command("DROP DATABASE drafts")


def test_clickhouse(drafts: Client) -> None:
    made = statements("clickhouse")
    assert any("REMOVE DEFAULT" in each for each in made)
    begin(drafts)
    for statement in made:
        for _ in range(2):  # who ran it may not have lived to know
            clickhouse_migration.run(drafts, statement)
    check(drafts)


@pytest.mark.parametrize("cut", range(len(statements("clickhouse"))))
def test_clickhouse_cut_short_and_begun_again(drafts: Client, cut: int) -> None:
    """There is no transaction: what ran before stands, and runs again."""
    begin(drafts)
    made = statements("clickhouse")
    for statement in [*made[: cut + 1], *made]:
        clickhouse_migration.run(drafts, statement)
    check(drafts)


def begin(client: Client) -> None:
    for statement in click.ddl(BEFORE):
        client.command(statement)
    client.insert_arrow(click.target(BEFORE), pa.Table.from_batches([rows(BEFORE)]))


def check(client: Client) -> None:
    """The table is what the registry would make of it anew, and has its rows."""
    client.insert_arrow(click.target(AFTER), pa.Table.from_batches([new_row(AFTER)]))
    assert client.query(
        "SELECT count(), min(rating), max(length(place)) FROM moods"
    ).result_rows == [(4, 1.0, 40)]
    for statement in click.ddl(FRESH):
        client.command(statement)
    columns = "SELECT name, type, default_kind, default_expression FROM system.columns WHERE database = 'drafts' AND table = '{}' ORDER BY position"
    made, told = (
        client.query(columns.format(n)).result_rows for n in ("moods_versions", "fresh_versions")
    )
    assert made == told
    rules = [
        set(click_constraints(client.command(f"SHOW CREATE TABLE {n}")))
        for n in ("moods_versions", "fresh_versions")
    ]
    assert rules[0] == rules[1]


def click_constraints(text: Any) -> list[str]:
    return [
        line.strip().rstrip(",")
        for line in str(text).replace("\\n", "\n").splitlines()
        if "CONSTRAINT" in line
    ]


def test_postgres(postgres: PostgresServer) -> None:
    for name in postgres.database("tradecast_drafts"):
        with postgres.connect(name) as connection:
            audited = {each: TABLES[each] for each in ("users", "audit_log")}
            for statement in pg.everything({"moods": BEFORE, **audited}):
                connection.execute(statement)
            put(connection, BEFORE, rows(BEFORE))
            for _ in range(2):
                for step in sink.steps(statements("postgres")):
                    sink._run(connection, step)
            put(connection, AFTER, new_row(AFTER))
            found = connection.execute(
                "SELECT count(*), min(rating), max(length(place)) FROM moods"
            ).fetchone()
            assert found == (4, 1.0, 40)
            for statement in pg.ddl(FRESH):
                connection.execute(statement)
            for query in (
                "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default FROM information_schema.columns WHERE table_name = %s",
                "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conrelid = %s::regclass",
                "SELECT indexdef FROM pg_indexes WHERE tablename = %s",
            ):
                made, told = (
                    {str(row).replace("fresh", "moods") for row in connection.execute(query, [n])}
                    for n in ("moods", "fresh")
                )
                assert made == told


def put(connection: Any, which: Table, batch: pa.RecordBatch) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(postgres_values.insert(which), postgres_values.values(which, batch))
