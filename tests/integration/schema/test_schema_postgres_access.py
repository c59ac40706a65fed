"""Two users of one PostgreSQL do not see or change each other's rows; what changes is audited."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

from schema import migrations, postgres_access
from schema.registry import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import PostgresServer

ANN, BOB = uuid.UUID(int=0xA), uuid.UUID(int=0xB)
OWNED = sorted(t.name for t in TABLES.values() if t.owner is not None and "postgres" in t.stores)
WRITTEN = sorted(name for name in OWNED if TABLES[name].users_write)
Connection = psycopg.Connection[Any]


@pytest.fixture
def owner(postgres: PostgresServer, postgres_database: str) -> Iterator[Connection]:
    """The tables' owner, in a transaction that is taken back: it begins with rows of Ann and Bob."""
    with (
        postgres.connect(postgres_database) as connection,
        connection.transaction(force_rollback=True),
    ):
        for user in (ANN, BOB):
            fill(connection, user)
        yield connection


def fill(connection: Connection, user: uuid.UUID) -> None:
    """One row of a user in each table that has an owner; every id in it is the user's own."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for name in (*OWNED, "brokers", "instances"):
        table = TABLES[name]
        given = {c.name: _value(c.type.name, user) for c in table.columns if not c.nullable}
        if table.owner is not None:
            given[table.owner.column] = user
        for column in table.columns:
            if column.type.closed and column.name in given:
                given[column.name] = next(w for w in column.type.words if w is not None)
        given |= {"is_public": False} if "is_public" in given else {}
        names = ", ".join(f'"{n}"' for n in given)
        marks = ", ".join(["%s"] * len(given))
        connection.execute(
            f'INSERT INTO "{name}" ({names}) VALUES ({marks})',
            [_legal(name, n, v, user) for n, v in given.items()],
        )
    connection.execute("SET LOCAL session_replication_role = origin")


def _value(kind: str, user: uuid.UUID) -> Any:
    text = f"{user.int:x}"
    fixed: dict[str, Any] = {
        "uuid": user, "timestamp": "2026-11-01T00:00:00Z", "date": "2026-11-01", "json": "{}",
        "bool": False, "address": "127.0.0.1", "reason code": "NONE",
    }  # fmt: skip
    if kind in fixed:
        return fixed[kind]
    return text if kind.startswith(("text", "label", "enum")) else 1


def _legal(table: str, column: str, value: Any, user: uuid.UUID) -> Any:
    fixed: dict[tuple[str, str], Any] = {
        ("daily_snapshots", "day_end"): "2026-11-02T00:00:00Z",
        ("daily_snapshots", "wins"): 0,
        ("daily_snapshots", "losses"): 0,
        ("strategies", "magic"): user.int,
    }
    return fixed.get((table, column), value)


@contextmanager
def acting(connection: Connection, role: str, user: uuid.UUID | None) -> Iterator[Connection]:
    """A session of a role, for a user; its errors end no transaction but this one."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL ROLE {role}")
        connection.execute(
            "SELECT set_config('app.current_user_id', %s, true)", [str(user) if user else ""]
        )
        yield connection


def count(connection: Connection, name: str) -> int:
    found = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    assert found is not None
    return int(found[0])


def test_every_table_with_an_owner_forces_isolation(owner: Connection) -> None:
    query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    assert sorted(name for (name,) in owner.execute(query).fetchall()) == OWNED
    columns = (
        "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name IN ('user_id', 'account_id')"
    )
    assert {name for (name,) in owner.execute(columns).fetchall()} <= set(OWNED)


@pytest.mark.parametrize("name", OWNED)
def test_a_user_sees_their_own_rows(name: str, owner: Connection) -> None:
    closed = {"credentials", "user_permission", "login_audit"}
    for role in ("app", "reporting"):
        if role == "reporting" and name in closed:
            continue
        for user, seen in ((ANN, 1), (BOB, 1), (uuid.uuid4(), 0), (None, 0)):
            with acting(owner, role, user):
                assert count(owner, name) == seen
    with acting(owner, "service", None):
        assert count(owner, name) == 2


@pytest.mark.parametrize("name", WRITTEN)
def test_a_user_changes_their_own_rows_alone(name: str, owner: Connection) -> None:
    table = TABLES[name]
    assert table.owner is not None
    free = next(c.name for c in table.columns if c.name not in table.key and not c.guarded)
    change = f'UPDATE "{name}" SET "{free}" = "{free}"'
    with acting(owner, "app", ANN):
        assert owner.execute(change).rowcount == 1
    with acting(owner, "app", None):
        assert owner.execute(change).rowcount == 0
    with acting(owner, "service", None):
        assert owner.execute(change).rowcount == 2
    if (table.owner.column,) != table.key:
        with acting(owner, "app", BOB):
            assert owner.execute(f'DELETE FROM "{name}"').rowcount == 1
        if table.owner.of == "user":
            # A row of one's own cannot be given to another.
            with pytest.raises(errors.InsufficientPrivilege), acting(owner, "app", ANN):
                owner.execute(f'UPDATE "{name}" SET "{table.owner.column}" = %s', [BOB])


def test_a_row_for_another_user_or_account_is_refused(owner: Connection) -> None:
    insert = (
        "INSERT INTO risk_limits (user_id, account_id, name, type, limit_type, limit_value, config_version)"
        " VALUES (%s, %s, 'mine', 'daily_loss', 'absolute', 1, 1)"
    )
    with acting(owner, "app", ANN):
        owner.execute(insert, [ANN, ANN])
        owner.execute(insert, [ANN, None])
    for user, account in ((BOB, None), (ANN, BOB), (ANN, uuid.uuid4())):
        with pytest.raises(errors.InsufficientPrivilege), acting(owner, "app", ANN):
            owner.execute(insert, [user, account])


def test_a_private_strategy_takes_no_subscriber(owner: Connection) -> None:
    insert = (
        "INSERT INTO subscriptions (subscription_id, account_id, strategy_id, sizing, config_version)"
        " VALUES (gen_random_uuid(), %s, %s, 'fixed', 1)"
    )
    with pytest.raises(errors.InsufficientPrivilege), acting(owner, "app", ANN):
        owner.execute(insert, [ANN, BOB])
    owner.execute("UPDATE strategies SET is_public = true WHERE id = %s", [BOB])
    with acting(owner, "app", ANN):
        owner.execute(insert, [ANN, BOB])


def test_what_is_shared_is_read_and_not_written(owner: Connection) -> None:
    owner.execute("UPDATE strategies SET is_public = true WHERE user_id = %s", [ANN])
    owner.execute(
        "INSERT INTO prop_firm_templates (firm, rules, effective_from, config_version)"
        " VALUES ('FTMO', '{}', '2026-01-01', 1)"
    )
    with acting(owner, "app", BOB):
        assert count(owner, "strategies") == 2
        assert owner.execute("UPDATE strategies SET name = 'x'").rowcount == 1
        assert count(owner, "prop_firm_templates") == 2
        assert owner.execute("DELETE FROM prop_firm_templates").rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "SELECT password FROM credentials",
        "UPDATE users SET role = 'admin'",
        "UPDATE users SET kyc_status = 'approved'",
        "DELETE FROM users",
        "INSERT INTO user_permission (user_id, permission) VALUES (gen_random_uuid(), 'all')",
        "INSERT INTO audit_log (action, resource_type) VALUES ('a', 'b')",
        "UPDATE trades SET profit = 1",
        "DELETE FROM daily_snapshots",
        "SELECT make_partitions('market_data', now(), now())",
        "ALTER TABLE trades DISABLE ROW LEVEL SECURITY",
        "DROP POLICY read_own ON trades",
        "CREATE TABLE mine (a int)",
        "SELECT * FROM market_data_2026_11",
        "TRUNCATE strategies",
    ],
)
def test_what_nobody_does_for_a_user(statement: str, owner: Connection) -> None:
    with pytest.raises(errors.InsufficientPrivilege), acting(owner, "app", ANN):
        owner.execute(statement)


def test_reporting_reads_alone_and_no_secret(owner: Connection) -> None:
    with acting(owner, "reporting", ANN):
        assert owner.execute("SELECT email FROM users").fetchall() == [(f"{ANN.int:x}",)]
    for statement in (
        "SELECT password_hash FROM users",
        "SELECT 1 FROM credentials",
        "SELECT 1 FROM login_audit",
        "UPDATE strategies SET name = 'x'",
        "INSERT INTO symbol_map (symbol) VALUES ('x')",
    ):
        with pytest.raises(errors.InsufficientPrivilege), acting(owner, "reporting", ANN):
            owner.execute(statement)


def test_the_owner_of_the_tables_is_no_exception(
    postgres: PostgresServer, postgres_database: str
) -> None:
    """Superusers pass; a deployment's owner is none, and sees nothing without being a service."""
    with postgres.connect(postgres_database) as admin, admin.transaction(force_rollback=True):
        fill(admin, ANN)
        admin.execute("CREATE ROLE keeper")
        for name in OWNED:
            admin.execute(f'ALTER TABLE "{name}" OWNER TO keeper')
        admin.execute("SET LOCAL ROLE keeper")
        # Its own triggers ask whether a user exists: that one policy names the owner.
        assert {name for name in OWNED if count(admin, name)} == set()


def test_a_checked_token_outranks_the_setting(
    postgres: PostgresServer, postgres_database: str
) -> None:
    """Supabase's `auth.uid()` says who asks; without a token the setting does."""
    with postgres.connect(postgres_database) as admin, admin.transaction(force_rollback=True):
        for user in (ANN, BOB):
            fill(admin, user)
        admin.execute("CREATE SCHEMA auth")
        admin.execute(
            "CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$"
            " SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$"
        )
        admin.execute("GRANT USAGE ON SCHEMA auth TO PUBLIC")
        admin.execute(postgres_access.user_function())
        query = "SELECT user_id FROM sessions"
        with acting(admin, "app", BOB):
            assert admin.execute(query).fetchall() == [(BOB,)]
            admin.execute("SELECT set_config('request.jwt.claim.sub', %s, true)", [str(ANN)])
            assert admin.execute(query).fetchall() == [(ANN,)]


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


@contextmanager
def acting_for_good(connection: Connection, role: str, user: uuid.UUID | None) -> Iterator[None]:
    """As `acting`, and what is done stays."""
    connection.execute(f"SET LOCAL ROLE {role}")
    connection.execute(
        "SELECT set_config('app.current_user_id', %s, true)", [str(user) if user else ""]
    )
    yield
