"""PostgreSQL: migrations that are cut short complete, block nobody, and its audit is sealed."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from config import faults, settings
from embedded.home import open_home
from flows.__main__ import main
from flows.context import System
from schema import migrations
from schema.migrations import MIGRATIONS, Migration
from sinks import audit_heads, postgres, postgres_seals

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import PostgresServer

PROGRAM = (
    "import sys; from sinks import postgres\n"
    "with postgres.connect(sys.argv[1]) as connection: postgres.migrate(connection)"
)
STEPS = [
    "ALTER TABLE things ADD COLUMN IF NOT EXISTS size integer DEFAULT 0 NOT NULL",
    'ALTER TABLE "things" DROP CONSTRAINT IF EXISTS "small", ADD CONSTRAINT "small" CHECK (size < 10) NOT VALID',
    'ALTER TABLE "things" VALIDATE CONSTRAINT "small"',
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS "by_size" ON things (size)',
    "COMMENT ON TABLE things IS 'measured'",
]
FIRST = Migration(
    "0001",
    "ledger",
    lambda _: [
        s
        for s in migrations.statements(MIGRATIONS[1], "postgres")
        if s.startswith('CREATE TABLE IF NOT EXISTS "schema_migrations"')
    ],
)
SECOND = Migration("0002", "things", lambda _: STEPS)


def versions(url: str) -> list[str]:
    with postgres.connect(url) as connection:
        return sorted(postgres.applied(connection))


@pytest.mark.parametrize(
    "fault",
    [
        "migrate.statement=kill",
        "migrate.statement=kill@900",
        "migrate.record=kill",
        "migrate.record=kill@2",
    ],
)
def test_a_migration_that_is_killed_completes(fault: str, empty_postgres: str) -> None:
    command = [sys.executable, "-c", PROGRAM, empty_postgres]
    done = subprocess.run(command, env={faults.VARIABLE: fault}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    for _ in range(2):  # the second time there is nothing to do
        with postgres.connect(empty_postgres) as connection:
            postgres.migrate(connection)
            assert connection.execute("SELECT count(*) FROM audit_seals").fetchone() == (0,)
        assert versions(empty_postgres) == [each.version for each in MIGRATIONS]


def things(url: str) -> None:
    with postgres.connect(url) as connection:
        connection.execute("CREATE TABLE things (id integer)")
        connection.execute("INSERT INTO things SELECT generate_series(1, 1000)")


@pytest.mark.parametrize("at", range(len(STEPS) + 1))
def test_each_step_may_be_the_last_one(
    at: int, empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    things(empty_postgres)
    passed = []

    class Cut(Exception):
        pass

    def cut(name: str, *_: Any) -> None:
        passed.append(name)
        if len(passed) == at + 2:  # one statement is the first migration's
            raise Cut

    with monkeypatch.context() as patch, postgres.connect(empty_postgres) as connection:
        patch.setattr(faults, "point", cut)
        if at < len(STEPS):
            with pytest.raises(Cut):
                postgres.migrate(connection, (FIRST, SECOND))
    with postgres.connect(empty_postgres) as connection:
        postgres.migrate(connection, (FIRST, SECOND))
        valid = connection.execute(
            "SELECT convalidated FROM pg_constraint WHERE conname = 'small'"
        ).fetchall()
        index = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_size'::regclass"
        ).fetchall()
        told = connection.execute("SELECT obj_description('things'::regclass)").fetchone()
    assert (valid, index, told) == ([(True,)], [(True,)], ("measured",))


def test_an_index_whose_building_was_cut_short_is_built_anew(empty_postgres: str) -> None:
    things(empty_postgres)
    with postgres.connect(empty_postgres) as connection:
        connection.execute("INSERT INTO things VALUES (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY by_size ON things (id)")
        broken = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_size'::regclass"
        assert connection.execute(broken).fetchall() == [(False,)]
        postgres.migrate(connection, (FIRST, SECOND))
        assert connection.execute(broken).fetchall() == [(True,)]


def test_nobody_waits_behind_a_migration_that_waits(empty_postgres: str) -> None:
    """A reader holds the table; while the migration asks for it, another one still reads."""
    things(empty_postgres)
    naps: list[float] = []
    with postgres.connect(empty_postgres) as holder, postgres.connect(empty_postgres) as other:
        holder.execute("BEGIN")
        holder.execute("SELECT count(*) FROM things")

        def nap(seconds: float) -> None:
            naps.append(seconds)
            assert other.execute("SELECT count(*) FROM things").fetchone() == (1000,)
            if len(naps) == 2:
                holder.execute("COMMIT")

        with postgres.connect(empty_postgres) as connection:
            postgres.migrate(connection, (FIRST, SECOND), sleep=nap)
        assert len(naps) == 2
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE things")
        third = Migration(
            "0003",
            "more",
            lambda _: ["ALTER TABLE things ADD COLUMN IF NOT EXISTS more integer"],
        )
        with (
            postgres.connect(empty_postgres) as connection,
            pytest.raises(postgres.PostgresAway, match="somebody holds a table"),
        ):
            postgres.migrate(connection, (FIRST, SECOND, third), attempts=1)


def test_one_migration_at_a_time(empty_postgres: str) -> None:
    with postgres.connect(empty_postgres) as first, postgres.connect(empty_postgres) as second:
        first.execute("SELECT pg_advisory_lock(%s)", [postgres._LOCK])
        naps: list[float] = []
        with pytest.raises(postgres.PostgresAway, match="another migration"):
            postgres.migrate(second, attempts=2, sleep=naps.append)
        assert len(naps) == 1


def test_a_database_of_another_release_is_refused(empty_postgres: str) -> None:
    with postgres.connect(empty_postgres) as connection:
        postgres.migrate(connection, (FIRST,))
        connection.execute("INSERT INTO schema_migrations VALUES ('9999', 'later', 'x', now())")
        with pytest.raises(postgres.DatabaseTooNew, match="newer release"):
            postgres.migrate(connection)
        connection.execute("DELETE FROM schema_migrations WHERE version = '9999'")
        connection.execute("UPDATE schema_migrations SET checksum = 'other'")
        with pytest.raises(postgres.DatabaseTooNew, match="another migration 0001"):
            postgres.migrate(connection, (FIRST, SECOND))


def test_a_statement_that_is_refused_is_told_and_the_server_away_too(empty_postgres: str) -> None:
    bad = Migration("0002", "bad", lambda _: ["SELECT 1/0"])
    with (
        postgres.connect(empty_postgres) as connection,
        pytest.raises(postgres.MigrationFailed, match="division by zero"),
    ):
        postgres.migrate(connection, (FIRST, bad))
    with (
        pytest.raises(postgres.PostgresAway) as away,
        postgres.connect("postgresql://u:secret@127.0.0.1:1/x"),
    ):
        pass
    assert "secret" not in str(away.value)


def system(home: Path, url: str) -> tuple[System, list[str]]:
    opened = open_home(home)
    (home / "tradecast.toml").write_text(f"[postgres]\nurl = '{url}'\n")
    return System(opened, settings.load(None, home, {})), ["--home", str(home)]


def test_the_commands_speak_with_it(
    empty_postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, home = system(tmp_path, empty_postgres)
    assert main([*home, "schema", "status", "--store", "postgres"]) == 1
    assert main([*home, "schema", "migrate", "--store", "postgres"]) == 0
    assert capsys.readouterr().out.count("applied") == len(MIGRATIONS)
    assert main([*home, "schema", "status", "--store", "postgres"]) == 0
    assert main([*home, "audit", "--chain", "--store", "postgres"]) == 0
    assert "postgres: 0 seals hold" in capsys.readouterr().out


def test_a_password_may_stand_in_the_home(tmp_path: Path) -> None:
    made, _ = system(tmp_path, "postgresql://ann@db.example:5433/trade?sslmode=require")
    assert made.postgres_url() == "postgresql://ann@db.example:5433/trade?sslmode=require"
    (made.home.secrets_dir / "postgres").write_text("p@ss/word\n")
    assert (
        made.postgres_url()
        == "postgresql://ann:p%40ss%2Fword@db.example:5433/trade?sslmode=require"
    )
    told, _ = system(tmp_path, "postgresql://ann:own@db.example/trade")
    assert told.postgres_url() == "postgresql://ann:own@db.example/trade"


def test_without_a_url_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_home(tmp_path)
    assert main(["--home", str(tmp_path), "schema", "status", "--store", "postgres"]) == 78
    assert "postgres.url is not set" in capsys.readouterr().err


@pytest.fixture
def migrated(empty_postgres: str) -> str:
    with postgres.connect(empty_postgres) as connection:
        postgres.migrate(connection)
    return empty_postgres


def change(connection: Any, name: str, minutes: int) -> None:
    """A row of the audit that was written some minutes ago; its trigger makes the rest of it."""
    connection.execute(
        "INSERT INTO audit_log (actor, action, resource_type, new_values, created_at)"
        " VALUES (%s, 'insert', 'users', '{\"b\": 1.10, \"a\": 123456789.12345678}', now() - make_interval(mins => %s))",
        [name, minutes],
    )


TAMPERINGS = [
    ("UPDATE audit_log SET actor = 'bob' WHERE actor = 'two'", "audit_log", "the row was changed under seal 1"),
    ("UPDATE audit_log SET new_values = '{\"b\": 1.10, \"a\": 123456789.12345679}' WHERE actor = 'two'", "audit_log", "the row was changed under seal 1"),
    ("DELETE FROM audit_log WHERE actor = 'two'", "audit_log", "the row was removed, or moved in time, under seal 1"),
    ("INSERT INTO audit_log (action, resource_type, created_at) SELECT 'a', 'b', created_at FROM audit_log WHERE actor = 'two'", "audit_log", "the row was put in under seal 1"),
    ("DELETE FROM audit_seals", "audit_seals", "the seal was removed from the end"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "table", "what"), TAMPERINGS)
def test_tampering_is_named(
    statement: str,
    table: str,
    what: str,
    migrated: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, home = system(tmp_path, migrated)
    with postgres.connect(migrated) as connection:
        for number, name in enumerate(("one", "two", "three")):
            change(connection, name, 9 - number)
        (head,) = postgres_seals.seal(connection)
        audit_heads.note(made.postgres_heads, [head])
        assert postgres_seals.seal(connection) == []
        change(connection, "four", 0)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            connection.execute("UPDATE audit_seals SET row_count = 1")
        assert main([*home, "audit", "--chain", "--store", "postgres"]) == 0
        assert (
            "1 seals hold; 3 rows are as they were written, 1 are not sealed yet"
            in capsys.readouterr().out
        )
        two = connection.execute("SELECT id::text FROM audit_log WHERE actor = 'two'").fetchone()
        assert two is not None
        # A superuser can take the triggers away.
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)
    assert main([*home, "audit", "--chain", "--store", "postgres", "--format", "plain"]) == 1
    line = next(each for each in capsys.readouterr().out.splitlines() if each.startswith(table))
    assert line.endswith(what)
    if table == "audit_log" and "put in" not in what:
        assert two[0] in line


def test_what_is_still_being_written_is_sealed_later(migrated: str) -> None:
    """A row has the time at which its transaction began: the seal stops before the oldest one."""
    with postgres.connect(migrated) as slow, postgres.connect(migrated) as connection:
        change(connection, "before", 5)
        slow.execute("BEGIN")
        (began,) = slow.execute("SELECT now()").fetchone() or (None,)
        (head,) = postgres_seals.seal(connection, settled_seconds=0)
        assert head.number == 1
        slow.execute(
            "INSERT INTO audit_log (actor, action, resource_type) VALUES ('slow', 'a', 'b')"
        )
        slow.execute("COMMIT")
        (head,) = postgres_seals.seal(connection, settled_seconds=0)
        assert head.number == 2
        found = postgres_seals.check(connection, [], began)
        assert (found.breaches, found.rows, found.unsealed) == ([], 2, 0)


def test_who_cannot_see_all_transactions_does_not_seal(
    migrated: str, postgres: PostgresServer
) -> None:
    pg = sys.modules["sinks.postgres"]
    with pg.connect(migrated) as owner, pg.connect(migrated):
        owner.execute("DROP ROLE IF EXISTS blind")
        owner.execute("CREATE ROLE blind IN ROLE service")
        try:
            owner.execute("SET ROLE blind")
            with pytest.raises(postgres_seals.CannotSee, match="pg_read_all_stats"):
                postgres_seals.seal(owner)
            owner.execute("RESET ROLE")
            owner.execute("GRANT pg_read_all_stats TO blind")
            owner.execute("SET ROLE blind")
            assert postgres_seals.seal(owner) == []
        finally:
            owner.execute("RESET ROLE")
            owner.execute("DROP ROLE blind")
