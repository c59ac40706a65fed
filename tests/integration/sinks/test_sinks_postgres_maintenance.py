"""PostgreSQL gets partitions ahead, and loses what retention lets go, the audit by whole seals."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from embedded.home import open_home
from flows.__main__ import main
from schema import migrations
from sinks import postgres as pg
from sinks import postgres_seals
from sinks.duckdb.database import Database, Limits
from sinks.postgres_maintenance import PostgresFailed, PostgresMaintenance
from sinks.upkeep import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import PostgresServer


def test_postgres_gets_partitions_ahead_and_loses_what_is_old(postgres: PostgresServer) -> None:
    count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'market_data'::regclass"
    for name in postgres.database("maintained"):
        with postgres.connect(name) as owner:
            for migration in migrations.pending({}, "postgres"):
                for statement in migrations.statements(migration, "postgres"):
                    owner.execute(statement)  # type: ignore[arg-type]
            present = owner.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
            owner.execute(
                "SELECT make_partitions('market_data', now() - interval '2 years', now())"
            )
            # The month that comes last is missing, as it is when a month has begun.
            last = owner.execute(
                "SELECT max(inhrelid::regclass::text) FROM pg_inherits"
                " WHERE inhparent = 'market_data'::regclass"
            ).fetchone()[0]  # type: ignore[index]
            owner.execute(f"DROP TABLE {last}")
            before = owner.execute(count).fetchone()[0]  # type: ignore[index]
            rows = [
                *((frame, age) for frame in ("1m", "1h") for age in (410, 420, 430, 440, 10)),
            ]
            for frame, age in rows:
                owner.execute(
                    "INSERT INTO market_data (symbol, timeframe, timestamp, open_price, high_price,"
                    " low_price, close_price, version)"
                    " VALUES ('EURUSD', %s, %s, 1, 1, 1, 1, 1)",
                    [frame, present - timedelta(days=age)],
                )
            # Under no seal: nobody could tell afterwards that it was old.
            owner.execute(
                "INSERT INTO audit_log (action, resource_type, created_at) VALUES ('x', 'x', %s)",
                [present - timedelta(days=2600)],
            )
            url = postgres.url(name)
            store = PostgresMaintenance(url)
            would = store.maintain(Wanted(now=present, dry_run=True))
            assert owner.execute(count).fetchone()[0] == before  # type: ignore[index]
            done = store.maintain(Wanted(now=present, batch=3))
            store.close()
            assert {(one.table, one.action, one.rows) for one in done} == {
                ("market_data", "partition", 0),
                ("market_data", "expire", 4),
            }
            assert {(one.table, one.action, one.rows) for one in would} == {
                (one.table, one.action, one.rows) for one in done
            }
            assert owner.execute(count).fetchone()[0] == before + 1  # type: ignore[index]
            left = owner.execute(
                "SELECT timeframe, count(*) FROM market_data GROUP BY 1"
            ).fetchall()
            assert dict(left) == {"1m": 1, "1h": 5}
            assert owner.execute("SELECT count(*) FROM audit_log").fetchone()[0] == 1  # type: ignore[index]


@pytest.fixture
def migrated(empty_postgres: str) -> str:
    with pg.connect(empty_postgres) as connection:
        pg.migrate(connection)
    return empty_postgres


def test_maintain_seals_the_audit_that_triggers_write(
    migrated: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path)]
    with Database(open_home(tmp_path).duckdb_dir, Limits(256, 1)):
        pass
    (tmp_path / "tradecast.toml").write_text(f"[postgres]\nurl = '{migrated}'\n")
    with pg.connect(migrated) as owner:
        for name in ("one", "two"):
            owner.execute(
                "INSERT INTO audit_log (actor, action, resource_type, created_at)"
                " VALUES (%s, 'a', 'b', now() - interval '1 hour')",
                [name],
            )
        assert main([*home, "maintain", "--json", "--dry-run"]) == 0
        (would,) = sealings(capsys.readouterr().out)
        assert would["rows"] == 2
        assert postgres_seals.unsealed(owner) == 2
        assert main([*home, "maintain", "--json"]) == 0
        (done,) = sealings(capsys.readouterr().out)
        assert done["rows"] == 2
        assert postgres_seals.unsealed(owner) == 0
        # Both stores' chains are checked, and the end that was noted is in this one.
        assert main([*home, "audit", "--chain", "--format", "json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {name: each["rows"] for name, each in told.items()} == {"duckdb": 0, "postgres": 2}
        assert done["detail"] == f"up to seal {told['postgres']['head']}"
        owner.execute("SET session_replication_role = replica")
        owner.execute("TRUNCATE audit_log, audit_seals")
        assert main([*home, "audit", "--chain"]) == 1
        assert "the seal was removed from the end" in capsys.readouterr().out
        owner.execute("SET session_replication_role = origin")
        # Who is shown a part of the audit can neither seal nor check it.
        owner.execute("DROP ROLE IF EXISTS half")
        owner.execute("CREATE ROLE half")
        try:
            owner.execute("GRANT SELECT, INSERT ON audit_log, audit_seals TO half")
            owner.execute("SET ROLE half")
            for attempt in (
                lambda: postgres_seals.seal(owner),
                lambda: postgres_seals.check(owner, [], datetime.now(UTC)),
            ):
                with pytest.raises(postgres_seals.CannotSee, match="GRANT service to it"):
                    attempt()
        finally:
            owner.execute("RESET ROLE")
            owner.execute("DROP OWNED BY half")
            owner.execute("DROP ROLE half")


def sealings(told: str) -> list[dict[str, Any]]:
    answer = json.loads(told)
    assert answer["failed"] == {}
    return [each for each in answer["done"] if each["action"] == "seal"]


AGES = (2600, 2590, 2580, 2570, 2560, 2550, 2540, 2530)


def sealed(connection: Any) -> datetime:
    """An audit of these ages in days, under seals of three rows each."""
    (present,) = connection.execute("SELECT now()").fetchone()
    for age in AGES:
        connection.execute(
            "INSERT INTO audit_log (actor, action, resource_type, created_at)"
            " VALUES (%s, 'x', 'x', %s)",
            [str(age), present - timedelta(days=age)],
        )
    assert len(postgres_seals.seal(connection, 3)) == 3
    found: datetime = present
    return found


def maintain(url: str, wanted: Wanted) -> set[tuple[str, str, int]]:
    store = PostgresMaintenance(url)
    try:
        return {(one.table, one.action, one.rows) for one in store.maintain(wanted)}
    finally:
        store.close()


def test_the_audit_of_postgres_goes_by_whole_seals(migrated: str) -> None:
    with pg.connect(migrated) as owner:
        present = sealed(owner)
        assert maintain(migrated, Wanted(now=present, dry_run=True)) == {("audit_log", "expire", 3)}
        for _ in range(2):
            maintain(migrated, Wanted(now=present, batch=1))
            # The seal in whose midst the time is over keeps all of its rows.
            left = owner.execute("SELECT actor FROM audit_log ORDER BY created_at").fetchall()
            assert [int(age) for (age,) in left] == list(AGES[3:])
            found = postgres_seals.check(owner, [], datetime.now(UTC))
            assert (found.breaches, found.seals, found.rows, found.expired) == ([], 3, 5, 1)
        # A superuser can take the triggers away.
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM audit_log WHERE actor = '2560'")
        (breach,) = postgres_seals.check(owner, [], datetime.now(UTC)).breaches
        assert breach.what == "the row was removed, or moved in time, under seal 2"


def test_a_login_that_serves_lets_old_rows_go(migrated: str, postgres: PostgresServer) -> None:
    """The role `service` may delete what retention lets go, and nobody deletes half of it unseen."""
    with pg.connect(migrated) as owner:
        present = sealed(owner)
        owner.execute(
            "INSERT INTO login_audit (username, outcome, created_at, version)"
            " VALUES ('x', 'success', %s, 1)",
            [present - timedelta(days=2600)],
        )
        owner.execute("SELECT make_partitions('market_data', now() - interval '2 years', now())")
        owner.execute(
            "INSERT INTO market_data (symbol, timeframe, timestamp, open_price, high_price,"
            " low_price, close_price, version) VALUES ('EURUSD', '1m', %s, 1, 1, 1, 1, 1)",
            [present - timedelta(days=410)],
        )
        owner.execute("DROP ROLE IF EXISTS keeper")
        owner.execute("CREATE ROLE keeper LOGIN PASSWORD 'of the keeper'")
        try:
            url = migrated.replace(
                migrated.split("//")[1].split("@", maxsplit=1)[0], "keeper:of%20the%20keeper"
            )
            with pytest.raises(PostgresFailed, match="GRANT service to it"):
                maintain(url, Wanted(now=present))
            owner.execute("GRANT service TO keeper")
            assert maintain(url, Wanted(now=present)) == {
                ("audit_log", "expire", 3),
                ("login_audit", "expire", 1),
                ("market_data", "expire", 1),
            }
            assert postgres_seals.check(owner, [], datetime.now(UTC)).breaches == []
        finally:
            owner.execute("DROP ROLE keeper")
