"""A migration that is killed half-way is run again, and completes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from config import faults
from config.faults import VARIABLE
from schema.migrations import LEDGER, MIGRATIONS, Migration, statements
from sinks.clickhouse import ClickHouseWriter, WriteFailed
from sinks.clickhouse_migration import (
    DatabaseTooNew,
    MigrationRuns,
    MigrationStopped,
    Patience,
    migrate,
)
from sinks.duckdb.database import Database, Limits
from tests.servers import ClickHouseServer

DUCKDB = (
    "from pathlib import Path; from sinks.duckdb.database import Database, Limits;"
    " Database(Path({!r}), Limits())"
)
CLICKHOUSE = "from sinks.clickhouse import ClickHouseWriter; ClickHouseWriter({!r}).positions()"
# In the first migration, in the second, and between them.
FAULTS = (
    "migrate.statement=kill",
    "migrate.statement=kill@9",
    "migrate.statement=kill@70",
    "migrate.record=kill",
)
# What is there after it, and no more.
SMALL = (
    Migration(
        "0001",
        "small",
        lambda store: [each for each in statements(MIGRATIONS[0], store) if f'"{LEDGER}"' in each],
    ),
)


def killed(program: str, fault: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", program], env={VARIABLE: fault}, capture_output=True, check=False
    )
    return done.returncode == -signal.SIGKILL


def test_duckdb(tmp_path: Path) -> None:
    for fault in FAULTS:
        assert killed(DUCKDB.format(str(tmp_path)), fault)
    with Database(tmp_path, Limits()) as database:
        made = database.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert {"orders_versions", "accounts", "schema_migrations"} <= {name for (name,) in made}


@pytest.mark.parametrize("fault", FAULTS)
def test_clickhouse(tmp_path: Path, fault: str) -> None:
    with ClickHouseServer(tmp_path) as server:
        url = f"{server.url}/default"
        assert killed(CLICKHOUSE.format(url), fault)
        writer = ClickHouseWriter(url)
        assert writer.positions() == {}
        writer.close()
        with server.client() as client:
            assert client.command("SELECT count() FROM orders") == 0
            assert client.command("SELECT count() FROM schema_migrations FINAL") == len(MIGRATIONS)


@pytest.fixture
def empty(clickhouse: ClickHouseServer) -> Iterator[Client]:
    with clickhouse.client() as client:
        client.command("CREATE DATABASE side_by_side")
        client.database = "side_by_side"
        yield client
        client.command("DROP DATABASE side_by_side")


def test_programs_that_migrate_clickhouse_side_by_side(
    clickhouse: ClickHouseServer, empty: Client
) -> None:
    program = CLICKHOUSE.format(f"{clickhouse.url}/side_by_side")
    programs = [
        subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(3)
    ]
    for each in programs:
        assert each.communicate(timeout=90)[1] == b""
        assert each.returncode == 0
    assert empty.command("SELECT count() FROM schema_migrations") == len(MIGRATIONS)
    assert _turns(empty) == []


def test_a_migration_of_clickhouse_waits_for_another(empty: Client) -> None:
    _hold(empty, f"{socket.gethostname()} process {os.getppid()}")
    says = f"process {os.getppid()} migrates ClickHouse; it is not done yet"
    with pytest.raises(MigrationRuns, match=says):
        migrate(empty, SMALL, Patience(wait_s=0.3))
    assert _turns(empty) == ["migration_turn_1"]
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(migrate, empty, SMALL)
        empty.command("DROP TABLE migration_turn_1")
        waits.result(60)
    assert empty.command("SELECT count() FROM schema_migrations FINAL") == 1


def test_who_died_while_it_migrated_clickhouse_keeps_nobody_waiting(empty: Client) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    _hold(empty, f"{socket.gethostname()} process {dead.pid}")
    migrate(empty, SMALL, Patience(wait_s=0.0))
    assert _turns(empty) == []


def test_who_tries_again_is_not_kept_waiting_by_itself(empty: Client) -> None:
    """A server that goes away amid a migration keeps the turn of who lives on."""
    _hold(empty, f"{socket.gethostname()} process {os.getpid()}")
    migrate(empty, SMALL, Patience(wait_s=0.0))
    assert _turns(empty) == []


def test_who_shall_end_leaves_a_migration_to_the_next(empty: Client) -> None:
    asked = iter([False, False, False, True])  # for its turn, and before three statements
    with pytest.raises(MigrationStopped):
        migrate(empty, stopped=lambda: next(asked))
    assert _turns(empty) == []
    migrate(empty, stopped=lambda: False)
    assert empty.command("SELECT count() FROM schema_migrations FINAL") == len(MIGRATIONS)


def test_who_shall_end_does_not_wait_for_another_that_migrates(empty: Client) -> None:
    _hold(empty, f"{socket.gethostname()} process {os.getppid()}")
    with pytest.raises(MigrationStopped):
        migrate(empty, SMALL, Patience(wait_s=0.0), stopped=lambda: True)


def test_one_process_migrates_clickhouse_once_at_a_time(
    clickhouse: ClickHouseServer, empty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would take its own turn, amid its work, for one that was left."""
    asked = empty.command
    begun: list[Future[None]] = []
    with clickhouse.client("side_by_side") as other, ThreadPoolExecutor(1) as pool:

        def amid(statement: str, *arguments: Any, **named: Any) -> Any:
            if statement.startswith("CREATE TABLE IF NOT EXISTS") and not begun:
                begun.append(pool.submit(migrate, other, SMALL))
                assert not wait(begun, timeout=1).done
            return asked(statement, *arguments, **named)

        monkeypatch.setattr(empty, "command", amid)
        migrate(empty, SMALL)
        begun[0].result(60)
    assert empty.query(f"SELECT version FROM {LEDGER}").result_rows == [("0001",)]
    assert _turns(empty) == []


@pytest.mark.parametrize("age", [-100, 100])
def test_who_says_nothing_any_more_is_taken_for_gone(empty: Client, age: int) -> None:
    _hold(empty, "another.host process 1", age)
    migrate(empty, SMALL, Patience(wait_s=0.0, gone_s=60.0))
    assert _turns(empty) == []


def test_a_long_migration_says_that_it_goes_on(
    empty: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.clickhouse_migration._RENEWED_S", 0.0)
    seen: list[str] = []
    asked = empty.command

    def look(statement: str, *arguments: Any, **named: Any) -> Any:
        if statement.startswith("CREATE TABLE IF NOT EXISTS"):
            seen.extend(_turns(empty))
        seen.extend(
            statement.split("'", maxsplit=1)[0]
            for _ in [0]
            if statement.startswith("ALTER TABLE mig")
        )
        return asked(statement, *arguments, **named)

    monkeypatch.setattr(empty, "command", look)
    migrate(empty, SMALL)
    assert set(seen) == {"migration_turn_1", "ALTER TABLE migration_turn_1 MODIFY COMMENT "}


def _hold(client: Client, holder: str, age: int = 0) -> None:
    since = int(str(client.command("SELECT toUnixTimestamp(now())"))) - age
    client.command(
        f"CREATE TABLE migration_turn_1 (holder String) ENGINE = Null COMMENT '{holder} at {since}'"
    )


def _turns(client: Client) -> list[str]:
    found = client.query(
        "SELECT name FROM system.tables"
        " WHERE database = currentDatabase() AND name LIKE 'migration_turn%'"
    )
    return [name for (name,) in found.result_rows]


@pytest.fixture
def migrated(migrated_clickhouse: ClickHouseServer) -> Iterator[Client]:
    """A client of the module's store, whose ledger is afterwards what it was."""
    with migrated_clickhouse.client() as client:
        ledger = client.query(f"SELECT * FROM {LEDGER} FINAL")
        yield client
        client.command(f"TRUNCATE TABLE {LEDGER}")
        client.insert(LEDGER, ledger.result_rows, column_names=ledger.column_names)


def test_clickhouse_of_a_newer_release_is_refused(
    migrated_clickhouse: ClickHouseServer, migrated: Client
) -> None:
    count = "SELECT count() FROM system.tables WHERE database = 'default'"
    before = migrated.command(count)
    migrated.command(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
        " VALUES ('9999', 'of tomorrow', 'x', now64(6))"
    )
    with pytest.raises(DatabaseTooNew, match="clickhouse has migration 9999"):
        migrate(migrated)
    writer = ClickHouseWriter(f"{migrated_clickhouse.url}/default")
    with pytest.raises(DatabaseTooNew, match="use a newer release"):
        writer.positions()
    writer.close()
    assert migrated.command(count) == before


def test_clickhouse_of_other_statements_is_refused(migrated: Client) -> None:
    """Of a migration that this release knows by the same number."""
    migrated.command(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
        " VALUES ('0001', 'everything', 'another', now64(6) + INTERVAL 1 DAY)"
    )
    with pytest.raises(DatabaseTooNew, match="another migration 0001"):
        migrate(migrated)


def test_who_writes_no_marks_passes_no_point_of_them(
    migrated_clickhouse: ClickHouseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` writes rows too; the archive alone is to be struck between rows and marks."""
    monkeypatch.setattr(faults, "_faults", faults.Faults(faults.parse("archive.rows=error")))
    writer = ClickHouseWriter(f"{migrated_clickhouse.url}/default")
    writer.write({}, {})
    assert writer.positions() == {}
    with pytest.raises(WriteFailed, match=r"archive\.rows"):
        writer.write({}, {"{0}:results": "1-0"})
    writer.write({}, {"{0}:results": "1-0"})
    assert writer.positions() == {"{0}:results": "1-0"}
    writer.close()
