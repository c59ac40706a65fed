"""Two users of one PostgreSQL do not see or change each other's rows."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from psycopg import errors

from schema import postgres_access
from schema.registry import TABLES
from tests.postgres_users import (
    ANN,
    BOB,
    OWNED,
    WRITTEN,
    Connection,
    acting,
    count,
    fill,
)

if TYPE_CHECKING:
    from tests.postgres import PostgresServer


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
