"""Maintenance removes what retention lets go, and nothing else, in every store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from embedded.home import open_home
from flows.__main__ import main
from schema import arrow
from schema import clickhouse as ch
from schema import duckdb as duck
from schema.ids import make_id
from schema.registry import table
from sinks import sealing
from sinks.clickhouse import migrate
from sinks.clickhouse_maintenance import ClickHouseMaintenance, pays
from sinks.duckdb.client import DuckClient
from sinks.duckdb.database import Database, Limits, transaction
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.seals import DuckAudit
from sinks.duckdb.server import DuckServer
from sinks.duckdb.writer import DuckWriter
from sinks.upkeep import LEAST_AUDIT_DAYS, Done, UpkeepRefused, Wanted, rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WANTED = Wanted(now=NOW, batch=3)
DRY = Wanted(now=NOW, batch=3, dry_run=True)
MARKS, BARS, AUDIT, LOGINS = map(
    table, ("account_marks", "market_data", "audit_log", "login_audit")
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def marks(*ages: float) -> pa.Table:
    return filled(MARKS, ages, {})


def filled(which: Any, ages: tuple[float, ...], columns: dict[str, Any]) -> pa.Table:
    """Rows of these ages in days; what is not given is the least that the column takes."""
    count = len(ages)
    given: dict[str, Any] = {}
    for column in which.columns:
        if column.name in columns:
            given[column.name] = columns[column.name]
        elif column.name == which.time:
            given[column.name] = [ago(age) for age in ages]
        elif not column.nullable and column.default is None:
            given[column.name] = [_least(column, place) for place in range(count)]
    return pa.Table.from_batches([arrow.batch(which, given)])


def _least(column: Any, place: int) -> Any:
    kind = column.type
    if kind.words:
        return next(word for word in kind.words if word)
    if kind.numpy == "V16":
        return make_id("row", str(place)).bytes
    if pa.types.is_string(kind.arrow):
        return "x"
    if pa.types.is_timestamp(kind.arrow):
        return NOW
    return 1


def bars(timeframe: str, *ages: float) -> pa.Table:
    prices = {f"{name}_price": [1] * len(ages) for name in ("open", "high", "low", "close")}
    return filled(BARS, ages, {"timeframe": [timeframe] * len(ages), **prices})


def times(rows: list[Any]) -> list[datetime]:
    return sorted(value.replace(tzinfo=value.tzinfo or UTC) for value in rows)


def test_only_these_tables_have_rows_that_go() -> None:
    """Signals, orders, trades, deals, positions and configuration are never in reach."""
    found = {
        store: {(rule.table.name, rule.days, rule.condition) for rule in rules(store)}
        for store in ("duckdb", "clickhouse", "postgres")
    }
    audit = {("audit_log", 2557, "")}
    bars = {
        ("market_data", 400, "timeframe = '1m'"),
        ("market_data", 1096, "timeframe = '5m'"),
        ("market_data", 1827, "timeframe = '15m'"),
    }
    logs = {(name, 365, "") for name in ("performance_log", "system_event_log", "alert_log")}
    marks = {("account_marks", 731, "")}
    logins = {("login_audit", 2557, "")}
    assert found == {
        "duckdb": audit | logins | bars | marks,
        "clickhouse": audit | bars | marks | logs,
        "postgres": audit | logins | bars,
    }


def test_the_audit_is_kept_as_long_as_the_law_asks() -> None:
    with pytest.raises(UpkeepRefused, match="at least 1096 days"):
        Wanted(now=NOW, audit_days=LEAST_AUDIT_DAYS - 1)
    assert Wanted(now=NOW).audit_days == 2557


# DuckDB


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path, Limits(256, 2)) as database:
        yield database


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Path]:
    with DuckServer(database, tmp_path / "s"):
        yield tmp_path / "s"


def store_in(database: Database, tables: dict[str, pa.Table]) -> None:
    records = {name: rows for name, rows in tables.items() if table(name).kind == "record"}
    history = {name: rows for name, rows in tables.items() if name not in records}
    DuckWriter(database).write(history, {"{1}:results": "1-0"})
    cursor = database.cursor()
    for name, rows in records.items():
        cursor.register("rows_of_it", rows)
        cursor.execute(duck.insert(table(name), "rows_of_it"))
        cursor.unregister("rows_of_it")


def kept(path: Path, which: Any) -> list[datetime]:
    with DuckClient(path) as client:
        found = client.query(f"SELECT {which.time} AS at FROM {duck.target(which)}").read_all()
    return times(found.column("at").to_pylist())


def test_duckdb_lets_old_rows_go_in_batches_while_it_is_served(
    database: Database, served: Path
) -> None:
    ages = (800.0, 790.0, 780.0, 770.0, 760.0, 750.0, 740.0, 730.0, 1.0)
    store_in(
        database,
        {
            MARKS.name: marks(*ages),
            BARS.name: bars("1m", 401, 399),
            "system_event_log": filled(table("system_event_log"), (900.0,), {}),
            "trade_signal": filled(table("trade_signal"), (5000.0,), {}),
            AUDIT.name: filled(AUDIT, (2600.0, 2500.0), {"version": [1, 1]}),
        },
    )
    with DuckClient(served) as client:
        would = client.maintain(DRY)
        assert len(kept(served, MARKS)) == 9
        done = client.maintain(WANTED)
    expired = {(one.table, one.rows) for one in done if one.action == "expire"}
    assert expired == {("account_marks", 7), ("market_data", 1)}
    assert {(one.table, one.rows) for one in would if one.action == "expire"} == expired
    assert kept(served, MARKS) == [ago(730), ago(1)]
    assert kept(served, BARS) == [ago(399)]
    # Under no seal: nobody could tell afterwards that it was old.
    assert kept(served, AUDIT) == [ago(2600), ago(2500)]
    # What DuckDB keeps for ever, and what nothing ever lets go.
    assert len(kept(served, table("system_event_log"))) == 1
    assert len(kept(served, table("trade_signal"))) == 1


AGES = (2600.0, 2590.0, 2580.0, 2570.0, 2560.0, 2550.0, 2540.0, 2530.0)


def sealed(database: Database) -> None:
    """An audit of these ages, under seals of three rows each."""
    store_in(database, {AUDIT.name: filled(AUDIT, AGES, {})})
    cursor = database.cursor()
    cursor.execute("USE control.main")
    with transaction(cursor):
        assert len(sealing.seal(DuckAudit(cursor), NOW, 3)) == 3


def test_a_longer_audit_is_kept_longer(database: Database, served: Path) -> None:
    sealed(database)
    with DuckClient(served) as client:
        client.maintain(Wanted(now=NOW, audit_days=3000))
    assert len(kept(served, AUDIT)) == len(AGES)


def test_the_audit_goes_by_whole_seals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = open_home(tmp_path)
    chain = ["--home", str(tmp_path), "audit", "--chain", "--format", "plain"]
    with Database(home.duckdb_dir, Limits(256, 1)) as database:
        sealed(database)
    assert main(chain) == 0
    for _ in range(2):
        with DuckFiles(home.duckdb_dir, Limits(256, 1), write=True) as files:
            would = [one.rows for one in files.maintain(DRY) if one.action == "expire"]
            done = [one.rows for one in files.maintain(WANTED) if one.action == "expire"]
            assert would == done
        # The seal in whose midst the time is over keeps all of its rows.
        with Database(home.duckdb_dir, Limits(256, 1)) as database:
            query = f"SELECT created_at FROM {AUDIT.name}"
            left = database.cursor().sql(query).to_arrow_table().column(0).to_pylist()
        assert times(left) == [ago(age) for age in AGES[3:]]
        assert main(chain) == 0
        told = capsys.readouterr().out
        assert "3 seals hold, 1 of rows that were old enough to go; 5 rows are as they" in told
    with duckdb.connect(str(home.duckdb_dir / "control.duckdb")) as tampering:
        tampering.execute("DELETE FROM audit_log WHERE created_at = ?", [ago(2560)])
    assert main(chain) == 1
    assert "the row was removed, or moved in time, under seal 2" in capsys.readouterr().out


def test_a_checkpoint_empties_the_log(database: Database, served: Path, tmp_path: Path) -> None:
    store_in(database, {MARKS.name: marks(1.0, 2.0)})
    log = tmp_path / "archive.duckdb.wal"
    assert log.stat().st_size > 0
    with DuckClient(served) as client:
        done = client.maintain(WANTED)
    assert not log.exists() or log.stat().st_size == 0
    assert [one.action for one in done] == ["checkpoint", "checkpoint"]


def test_files_without_an_archive_are_maintained_too(tmp_path: Path) -> None:
    with Database(tmp_path, Limits(256, 2)) as database:
        store_in(database, {MARKS.name: marks(800.0, 1.0)})
    with DuckFiles(tmp_path, Limits(256, 2), write=True) as files:
        done = files.maintain(WANTED)
    assert ("account_marks", 1) in {(one.table, one.rows) for one in done}


# ClickHouse


@pytest.fixture
def click(clickhouse: Any) -> Iterator[tuple[Client, str]]:
    with clickhouse.client() as client:
        client.command("CREATE DATABASE maintained")
        client.database = "maintained"
        migrate(client)
        client.command("SYSTEM STOP TTL MERGES")
        client.command("SYSTEM STOP MERGES")
        yield client, f"{clickhouse.url}/maintained"
        client.command("SYSTEM START MERGES")
        client.command("SYSTEM START TTL MERGES")
        client.command("DROP DATABASE maintained")


def put(client: Client, name: str, rows: pa.Table) -> None:
    client.insert_arrow(ch.target(table(name)), rows)


def parts(client: Client, name: str) -> list[tuple[str, int]]:
    query = (
        "SELECT partition_id, count() FROM system.parts WHERE active AND"
        f" database = currentDatabase() AND table = '{ch.target(table(name))}' GROUP BY 1 ORDER BY 1"
    )
    return [(str(which), int(count)) for which, count in client.query(query).result_rows]


def maintain(url: str, wanted: Wanted) -> list[Done]:
    store = ClickHouseMaintenance(url)
    try:
        return store.maintain(wanted)
    finally:
        store.close()


def test_clickhouse_drops_what_has_expired(click: tuple[Client, str]) -> None:
    client, url = click
    put(client, MARKS.name, marks(800.0, 700.0))
    put(client, BARS.name, bars("1m", 420.0, 380.0))
    put(client, BARS.name, bars("1h", 4000.0))
    put(client, "trade_signal", filled(table("trade_signal"), (5000.0,), {}))
    put(client, AUDIT.name, filled(AUDIT, (2700.0, 2500.0), {"version": [1, 1]}))
    client.command("SYSTEM START MERGES")
    would = maintain(url, DRY)
    assert client.command("SELECT count() FROM account_marks") == 2
    done = maintain(url, WANTED)
    expired = {(one.table, one.rows) for one in done if one.action == "expire"}
    assert expired == {("account_marks", 1), ("market_data", 1), ("audit_log", 1)}
    assert {(one.table, one.rows) for one in would if one.action == "expire"} == expired
    assert client.command("SELECT count() FROM account_marks") == 1
    assert client.command("SELECT count() FROM market_data") == 2
    assert client.command("SELECT count() FROM trade_signal") == 1
    assert client.command("SELECT count() FROM audit_log_versions") == 1


def test_clickhouse_merges_where_it_pays(click: tuple[Client, str]) -> None:
    client, url = click
    for age in (0.1, 0.2, 0.3):
        put(client, MARKS.name, marks(age))  # the present month: few parts stay
    for age in (60.1, 60.2):
        put(client, MARKS.name, marks(age))  # a month that is over
    client.command("SYSTEM START MERGES")
    before = dict(parts(client, MARKS.name))
    maintain(url, WANTED)
    after = dict(parts(client, MARKS.name))
    month, over = f"{NOW:%Y%m}", f"{ago(60):%Y%m}"
    assert after[over] == 1
    assert after[month] == before[month]
    assert client.command("SELECT count() FROM account_marks") == 5


@pytest.mark.parametrize(
    ("partition", "count", "size", "wanted"),
    [
        ("202611", 7, 1, False),
        ("202611", 8, 1, True),
        ("202610", 1, 1, False),
        ("202610", 2, 1, True),
        ("202610", 50, 5 << 30, False),
        ("all", 7, 1, False),
        ("all", 8, 1, True),
    ],
)
def test_a_merge_pays_for_many_parts_and_for_months_that_are_over(
    partition: str, count: int, size: int, wanted: bool
) -> None:
    assert pays(partition, count, size, "202611") is wanted
