"""Maintenance removes what retention lets go from DuckDB, and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from embedded.home import open_home
from flows.__main__ import main
from schema import duckdb as duck
from schema.registry import table
from sinks import sealing
from sinks.duckdb.client import DuckClient
from sinks.duckdb.database import Database, Limits, transaction
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.seals import DuckAudit
from sinks.duckdb.server import DuckServer
from sinks.duckdb.writer import DuckWriter
from sinks.upkeep import LEAST_AUDIT_DAYS, UpkeepRefused, Wanted, rules
from tests.aged_rows import (
    AUDIT,
    BARS,
    DRY,
    MARKS,
    NOW,
    WANTED,
    ago,
    bars,
    filled,
    marks,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
    states = {("kpi_states", 7, "")}
    logins = {("login_audit", 2557, "")}
    assert found == {
        "duckdb": audit | logins | bars | marks | states,
        "clickhouse": audit | bars | marks | logs | states,
        "postgres": audit | logins | bars,
    }


def test_the_audit_is_kept_as_long_as_the_law_asks() -> None:
    with pytest.raises(UpkeepRefused, match="at least 1096 days"):
        Wanted(now=NOW, audit_days=LEAST_AUDIT_DAYS - 1)
    assert Wanted(now=NOW).audit_days == 2557


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
