"""What changes in PostgreSQL is audited by triggers, and what is append-only stays."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from schema import migrations
from schema.registry import TABLES
from tests.postgres_users import (
    ANN,
    BOB,
    WRITTEN,
    Connection,
    acting_for_good,
    count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import PostgresServer


def audit(connection: Connection, name: str) -> list[Any]:
    return connection.execute(
        "SELECT action, user_id, actor, resource_id, old_values, new_values FROM audit_log"
        " WHERE resource_type = %s AND action <> 'none' ORDER BY created_at, action DESC",
        [name],
    ).fetchall()


def test_changes_are_audited_with_old_and_new_values(owner: Connection) -> None:
    key = uuid.uuid4()
    with owner.transaction():
        owner.execute("SET LOCAL ROLE app")
        owner.execute("SELECT set_config('app.current_user_id', %s, true)", [str(ANN)])
        owner.execute("SELECT set_config('app.ip_address', '10.0.0.7', true)")
        owner.execute(
            "INSERT INTO sessions (id, user_id, started_at) VALUES (%s, %s, now())", [key, ANN]
        )
        owner.execute("UPDATE sessions SET note = 'tired' WHERE id = %s", [key])
        owner.execute("UPDATE sessions SET note = 'tired' WHERE id = %s", [key])
        owner.execute("DELETE FROM sessions WHERE id = %s", [key])
        owner.execute("RESET ROLE")
    found = {row[0]: row for row in audit(owner, "sessions")}
    assert {row[1:4] for row in found.values()} == {(ANN, f"user {ANN}", str(key))}
    assert found["insert"][4] is None
    assert found["insert"][5]["note"] == ""
    assert (found["update"][4]["note"], found["update"][5]["note"]) == ("", "tired")
    assert (found["update"][4]["version"], found["update"][5]["version"]) == (1, 2)
    assert found["delete"][5] is None
    assert len(audit(owner, "sessions")) == 3  # a change of nothing is none
    place = owner.execute(
        "SELECT DISTINCT ip_address::text FROM audit_log WHERE resource_type = 'sessions'"
    )
    assert place.fetchall() == [("10.0.0.7/32",)]


def test_no_table_of_the_writers_own_takes_the_audit(owner: Connection) -> None:
    """Temporary tables are found before others: the audit does not look among them first."""
    with owner.transaction():
        owner.execute("SET LOCAL ROLE app")
        owner.execute("SELECT set_config('app.current_user_id', %s, true)", [str(ANN)])
        owner.execute("CREATE TEMP TABLE audit_log (LIKE audit_log) ON COMMIT DROP")
        owner.execute("CREATE TEMP TABLE users (id uuid) ON COMMIT DROP")
        owner.execute("UPDATE sessions SET note = 'hidden' WHERE user_id = %s", [ANN])
        owner.execute("RESET ROLE")
        owner.execute("DROP TABLE pg_temp.audit_log, pg_temp.users")
    ((action, user, *_),) = audit(owner, "sessions")
    assert (action, user) == ("update", ANN)


def test_secrets_are_said_to_differ_and_no_more(owner: Connection) -> None:
    owner.execute(
        "UPDATE users SET password_hash = 'new hash', api_key_hash = 'k' WHERE id = %s", [ANN]
    )
    ((action, _, actor, _, old, new),) = audit(owner, "users")
    assert (action, actor) == ("update", "role postgres")
    assert old["password_hash"] == "[redacted]"
    assert new["password_hash"] == "[redacted, changed]"
    assert old["api_key_hash"] is None
    assert new["api_key_hash"] == "[redacted, changed]"
    everything = owner.execute("SELECT string_agg(audit_log::text, '') FROM audit_log").fetchone()
    assert everything is not None
    assert "new hash" not in everything[0]


def test_history_carries_no_audit(owner: Connection) -> None:
    query = (
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit' AND NOT tgisinternal"
    )
    audited = {name for (name,) in owner.execute(query).fetchall()}
    kinds = {"control", "record"}
    assert audited == {
        t.name for t in TABLES.values()
        if t.kind in kinds and "postgres" in t.stores and not t.append_only
    }  # fmt: skip


@pytest.mark.parametrize("name", ["audit_log", "login_audit"])
def test_what_is_append_only_stays(name: str, owner: Connection) -> None:
    for statement in (
        f"UPDATE {name} SET user_id = NULL",
        f"DELETE FROM {name}",
        f"TRUNCATE {name}",
    ):
        # Not even a superuser: whoever takes the triggers away leaves a trace in the catalogue.
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"), owner.transaction():
            owner.execute(statement)
    owner.execute(f"INSERT INTO {name} SELECT * FROM {name} LIMIT 0")


def test_the_audit_outlives_its_user(owner: Connection) -> None:
    for name in ("accounts", "symbol_map", "credentials", "subscriptions", "account_config"):
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute(f"DELETE FROM {name}")
    owner.execute("SET LOCAL session_replication_role = origin")
    before = count(owner, "audit_log")
    owner.execute("SELECT set_config('app.current_user_id', %s, true)", [str(ANN)])
    owner.execute("DELETE FROM users WHERE id = %s", [ANN])
    assert count(owner, "audit_log") > before
    own = owner.execute("SELECT count(*) FROM audit_log WHERE user_id = %s", [ANN]).fetchone()
    assert own == (0,)
    said = owner.execute(
        "SELECT count(*) FROM audit_log WHERE actor = %s", [f"user {ANN}"]
    ).fetchone()
    assert said is not None
    assert said[0] > 3
    left = {name for name in WRITTEN if count(owner, name) > 1}
    assert left == set()


def test_a_user_with_accounts_is_not_deleted(owner: Connection) -> None:
    with pytest.raises(psycopg.IntegrityError, match="accounts"), owner.transaction():
        owner.execute("DELETE FROM users WHERE id = %s", [BOB])


def test_very_old_audit_may_go(owner: Connection) -> None:
    owner.execute(
        "INSERT INTO audit_log (action, resource_type, created_at) VALUES"
        " ('none', 'old', now() - interval '1097 days'), ('none', 'young', now() - interval '1095 days')"
    )
    assert owner.execute("DELETE FROM audit_log WHERE resource_type = 'old'").rowcount == 1
    with pytest.raises(errors.InsufficientPrivilege), owner.transaction():
        owner.execute("DELETE FROM audit_log WHERE resource_type = 'young'")


def test_times_of_change_are_kept_by_the_database(owner: Connection) -> None:
    when = "SELECT updated_at = now(), version FROM emotion_logs WHERE user_id = %s"
    assert owner.execute(when, [ANN]).fetchone() == (False, 1)
    owner.execute("UPDATE emotion_logs SET note = 'calm again' WHERE user_id = %s", [ANN])
    assert owner.execute(when, [ANN]).fetchone() == (True, 2)
    # Who copies a row brings time and version along.
    owner.execute(
        "UPDATE emotion_logs SET note = 'x', version = 9, updated_at = '2026-01-01' WHERE user_id = %s",
        [ANN],
    )
    assert owner.execute(when, [ANN]).fetchone() == (False, 9)


@pytest.fixture
def kept(postgres: PostgresServer) -> Iterator[Connection]:
    """A database whose tables belong to a role that is no superuser, as a deployment has it."""
    with postgres.connect() as admin:
        admin.execute("DROP ROLE IF EXISTS tradecast_keeper")
        admin.execute("CREATE ROLE tradecast_keeper LOGIN CREATEROLE PASSWORD 'keeper'")
        for name in postgres.database("tradecast_kept"):
            admin.execute(f"ALTER DATABASE {name} OWNER TO tradecast_keeper")
            with postgres.connect(name, user="tradecast_keeper", password="keeper") as keeper:
                for migration in migrations.MIGRATIONS:
                    for statement in migrations.statements(migration, "postgres"):
                        keeper.execute(statement)
            with postgres.connect(name) as connection:
                yield connection
        admin.execute("DROP ROLE tradecast_keeper")


def test_an_owner_that_is_no_superuser_suffices(kept: Connection) -> None:
    with kept.transaction(), acting_for_good(kept, "service", None):
        for user in (ANN, BOB):
            kept.execute(
                "INSERT INTO users (id, email, username, password_hash) VALUES (%s, %s, %s, 'x')",
                [user, str(user), str(user)],
            )
    with kept.transaction(), acting_for_good(kept, "app", ANN):
        kept.execute("INSERT INTO sessions (user_id, started_at) VALUES (%s, now())", [ANN])
        assert count(kept, "users") == 1
        assert [row[0] for row in audit(kept, "sessions")] == ["insert"]
    with kept.transaction(), acting_for_good(kept, "app", BOB):
        assert count(kept, "sessions") == 0
        assert audit(kept, "sessions") == []
        assert kept.execute("DELETE FROM sessions").rowcount == 0
    with kept.transaction(), acting_for_good(kept, "tradecast_keeper", None):
        assert (count(kept, "sessions"), count(kept, "audit_log")) == (0, 0)
    with kept.transaction(), acting_for_good(kept, "service", ANN):
        # The session goes with its user, and what Ann has done stays hers by name.
        kept.execute("DELETE FROM users WHERE id = %s", [ANN])
        assert count(kept, "sessions") == 0
        assert [row[:3] for row in audit(kept, "sessions")] == [
            ("insert", None, f"user {ANN}"),
            ("delete", None, f"user {ANN}"),
        ]
