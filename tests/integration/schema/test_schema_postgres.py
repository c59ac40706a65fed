"""PostgreSQL holds what the registry says: values, checks, keys, indices, partitions."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg import errors

from schema import arrow
from schema import postgres as pg
from schema import postgres_values as values
from schema.registry import TABLES, table
from tests.rows import EVERY_ODD, by_key, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema.table import Table
    from tests.postgres import PostgresServer

STORED = sorted(each.name for each in TABLES.values() if "postgres" in each.stores)
FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BAR = (
    "INSERT INTO market_data (symbol, timeframe, timestamp, open_price, high_price, low_price,"
    " close_price, version) VALUES ('EURUSD', '{}', now(), 1, {}, {}, 1, 1)"
)


@pytest.fixture(scope="module")
def owner(postgres: PostgresServer, postgres_database: str) -> Iterator[psycopg.Connection[Any]]:
    with postgres.connect(postgres_database) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def alone(owner: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The owner, whose references and triggers do not act: each table by itself."""
    owner.execute("SET session_replication_role = replica")
    yield owner
    owner.execute("SET session_replication_role = origin")


def put(connection: psycopg.Connection[Any], which: Table, rows: pa.RecordBatch) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(values.insert(which), values.values(which, rows))


def get(connection: psycopg.Connection[Any], which: Table) -> pa.RecordBatch:
    return values.rows(which, connection.execute(values.select(which)).fetchall())


def clear(connection: psycopg.Connection[Any], which: Table) -> None:
    connection.execute(f'DELETE FROM "{which.name}"')


def months(connection: psycopg.Connection[Any], which: Table, rows: pa.RecordBatch) -> None:
    if which.partitioned:
        for moment in rows.column(which.time).to_pylist():
            connection.execute("SELECT make_partitions(%s, %s, %s)", [which.name, moment, moment])


@pytest.mark.parametrize("name", STORED)
def test_rows_survive(name: str, alone: psycopg.Connection[Any]) -> None:
    which = table(name)

    @FEW
    @given(rows_of(which))
    def check(rows: pa.RecordBatch) -> None:
        clear(alone, which)
        months(alone, which, rows)
        for _ in range(2):
            put(alone, which, rows)
        assert by_key(which, get(alone, which)) == by_key(which, rows)

    check()


def template(version: int, rules: Any) -> pa.RecordBatch:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return arrow.batch(
        table("prop_firm_templates"),
        {
            "id": [uuid.UUID(int=5)],
            "firm": f"Firm {version}",
            "rules": [rules],
            "effective_from": moment.date(),
            "config_version": version,
            "created_at": moment,
            "updated_at": moment,
        },
    )


def test_the_greatest_version_stays(owner: psycopg.Connection[Any]) -> None:
    which = table("prop_firm_templates")
    clear(owner, which)
    for version in (2, 3, 1, 3, 2):
        put(owner, which, template(version, {}))
    assert get(owner, which).column("firm").to_pylist() == ["Firm 3"]


def test_odd_texts_come_back_byte_for_byte(owner: psycopg.Connection[Any]) -> None:
    which = table("prop_firm_templates")
    clear(owner, which)
    row = template(1, {EVERY_ODD: [EVERY_ODD, {"deep": EVERY_ODD}]})
    at = which.names.index("firm")
    row = row.set_column(at, row.schema.field(at), pa.array([EVERY_ODD]))
    put(owner, which, row)
    assert get(owner, which) == row


@pytest.mark.parametrize(
    ("given", "back"),
    [
        # JSONB keeps numbers exactly and forgets how they were written.
        ('{"a": 1e22}', '{"a":10000000000000000000000}'),
        ('{"a": -0}', '{"a":0}'),
        # Blanks, the order of keys and all but the last of equal keys are not kept.
        ('{ "b": 1, "a": 2 }', '{"a":2,"b":1}'),
        ('{"a": 1, "a": 2}', '{"a":2}'),
    ],
)
def test_what_json_does_not_keep(given: str, back: str, owner: psycopg.Connection[Any]) -> None:
    which = table("prop_firm_templates")
    clear(owner, which)
    put(owner, which, template(1, given))
    assert get(owner, which).column("rules").to_pylist() == [back]


def test_a_text_that_nul_makes_too_long_is_refused(alone: psycopg.Connection[Any]) -> None:
    which = table("prop_firm_templates")
    clear(alone, which)
    rows = template(1, {})
    at = which.names.index("firm")
    for text in ("a" * 100, "\0" * 50):
        put(alone, which, rows.set_column(at, "firm", pa.array([text])))
        clear(alone, which)
    with pytest.raises(errors.StringDataRightTruncation):
        put(alone, which, rows.set_column(at, "firm", pa.array(["\0" * 51])))


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("INSERT INTO user_role (name) VALUES (NULL)", "name"),
        ("INSERT INTO user_role (name) VALUES ('a'), ('a')", "user_role_name_key"),
        ("INSERT INTO users (email, username, password_hash, status) VALUES ('a','a','a','odd')", "status_known"),
        ("INSERT INTO sessions (user_id, started_at) VALUES (gen_random_uuid(), now())", "sessions_user_id_fkey"),
        ("INSERT INTO vocal_notes (user_id, vss_score) VALUES (gen_random_uuid(), 'NaN')", "vss_score_finite"),
        ("INSERT INTO vocal_notes (user_id, vss_score) VALUES (gen_random_uuid(), 'Infinity')", "vss_score_finite"),
        ("INSERT INTO vocal_notes (user_id, vss_score) VALUES (gen_random_uuid(), 101)", "vss_score_in_range"),
        (BAR.format("1m", 2, "1.5"), "prices_ordered"),
        (BAR.format("2m", 1, 1), "timeframe_known"),
    ],
)  # fmt: skip
def test_rules_are_held(statement: str, rule: str, owner: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused:
        owner.execute(statement)
    assert rule in {refused.value.diag.constraint_name, refused.value.diag.column_name}


def test_a_price_beyond_its_range_is_refused(owner: psycopg.Connection[Any]) -> None:
    with pytest.raises(errors.NumericValueOutOfRange):
        owner.execute("SELECT 10000000000::NUMERIC(18, 8)")


def test_brokers_trades_are_there_once(alone: psycopg.Connection[Any]) -> None:
    which = table("trades")
    clear(alone, which)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    given = {
        "trade_id": [uuid.UUID(int=1), uuid.UUID(int=2)],
        "account_id": uuid.UUID(int=3),
        "broker_id": uuid.UUID(int=4),
        "partition": 1,
        "symbol": "EURUSD",
        "type": "buy",
        "quantity": 1,
        "created_at": moment,
        "version": 1,
    }
    put(alone, which, arrow.batch(which, {**given, "broker_trade_id": [None, None]}))
    clear(alone, which)
    with pytest.raises(errors.UniqueViolation):
        put(alone, which, arrow.batch(which, {**given, "broker_trade_id": "77"}))


def test_defaults_are_those_of_the_seeds(owner: psycopg.Connection[Any]) -> None:
    query = (
        "SELECT table_name || '.' || column_name, column_default FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    )
    found = {name: (text or "").split("::")[0] for name, text in owner.execute(query).fetchall()}
    wanted = {
        "users.id": "gen_random_uuid()",
        "users.role": "'user'",
        "users.status": "'active'",
        "users.email_verified": "false",
        "users.preferences": "'{}'",
        "users.created_at": "now()",
        "strategies.status": "'draft'",
        "strategies.version": "1",
        "backtests.status": "'pending'",
        "backtests.progress": "0",
        "backtests.equity_curve": "'[]'",
        "trades.status": "'pending'",
        "trades.commission": "0",
        "trades.metadata": "'{}'",
        "risk_limits.current_value": "0",
        "risk_limits.is_active": "true",
        "market_data.volume": "0",
        "schema_migrations.applied_at": "now()",
    }
    assert {name: found[name] for name in wanted} == wanted


def test_references_act_as_declared(owner: psycopg.Connection[Any]) -> None:
    query = (
        "SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype"
        " FROM pg_constraint WHERE contype = 'f'"
    )
    acts = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null"}
    found = sorted((a, b, acts[how]) for a, b, how in owner.execute(query).fetchall())
    declared = [
        (each.name, reference.table, reference.on_delete)
        for each in TABLES.values()
        if "postgres" in each.stores
        for reference in each.references
    ]
    assert found == sorted(declared)
    assert ("strategies", "users", "cascade") in found
    assert ("backtests", "strategies", "cascade") in found
    assert ("audit_log", "users", "set null") in found


def test_indices_of_the_seeds_are_there(owner: psycopg.Connection[Any]) -> None:
    found = dict(owner.execute("SELECT indexname, indexdef FROM pg_indexes").fetchall())
    assert "USING gin (prop_firm_rules)" in found["idx_accounts_prop_firm_rules"]
    assert "USING gin (config)" in found["idx_strategies_config"]
    assert "(user_id, status, created_at DESC)" in found["idx_strategies_user_id_status_created_at"]
    active = found["idx_strategies_user_id_created_at_some"]
    assert "(user_id, created_at DESC)" in active
    assert "'active'" in active
    assert "deleted_at IS NULL" in active
    done = found["idx_backtests_strategy_id_completed_at_some"]
    assert "'completed'" in done
    assert "(user_id, executed_at DESC)" in found["idx_trades_user_id_executed_at_some"]
    for name in (
        "accounts_broker_id", "accounts_instance_id", "accounts_user_id", "instances_broker_id",
        "credentials_instance_id", "credentials_account_id", "credentials_broker_id",
        "credentials_login_number", "user_config_status", "account_config_broker_id",
        "instance_config_status", "signal_config_status", "users_role", "users_status",
        "users_created_at", "users_deleted_at_some", "strategies_status", "strategies_type",
        "strategies_tags", "backtests_status", "backtests_config", "trades_user_id",
        "trades_strategy_id", "trades_backtest_id", "trades_symbol", "trades_executed_at",
        "trades_user_id_symbol_executed_at", "risk_limits_user_id", "risk_limits_type",
        "risk_limits_is_active", "market_data_timestamp", "market_data_symbol_timestamp",
        "market_data_symbol_timeframe_timestamp", "audit_log_user_id", "audit_log_action",
        "audit_log_created_at", "audit_log_resource_type_resource_id",
    ):  # fmt: skip
        assert f"idx_{name}" in found


def test_bars_lie_in_their_months(owner: psycopg.Connection[Any]) -> None:
    ahead = owner.execute(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'market_data'::regclass"
        " AND inhrelid::regclass::text >= 'market_data_' || to_char(now(), 'YYYY_MM')"
    ).fetchone()
    assert ahead is not None
    assert ahead[0] >= 13
    bar = (
        "INSERT INTO market_data (symbol, timeframe, timestamp, open_price, high_price, low_price,"
        " close_price, version) VALUES ('EURUSD', '1d', %s, 1, 1, 1, 1, 1)"
    )
    # Before any time that a test of rows picks, for the tables are the same.
    old = datetime(1960, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    with pytest.raises(errors.CheckViolation, match="no partition"):
        owner.execute(bar, [old])
    with owner.transaction():
        # Months are those of UTC, whatever the session's zone.
        owner.execute("SET LOCAL TimeZone = 'Pacific/Auckland'")
        owner.execute("SELECT make_partitions('market_data', %s, %s)", [old, old])
    owner.execute(bar, [old])
    found = owner.execute("SELECT count(*) FROM market_data_1960_12").fetchone()
    assert found == (1,)
    again = owner.execute("SELECT make_partitions('market_data', %s, %s)", [old, old]).fetchone()
    assert again == (0,)
    with pytest.raises(errors.RaiseException, match="users is not kept by month"):
        owner.execute("SELECT make_partitions('users', now(), now())")


CATALOGUE = (
    (
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    ),
    (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    ),
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies",
    (
        "SELECT table_name, grantee, privilege_type, column_name FROM information_schema.column_privileges"
        " WHERE table_schema = 'public'"
    ),
    (
        "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges"
        " WHERE table_schema = 'public'"
    ),
)


def test_migrations_make_what_the_registry_says(
    postgres: PostgresServer, owner: psycopg.Connection[Any]
) -> None:
    """Migrations are text that was frozen: a registry that has gone on needs a new one."""
    for name in postgres.database("tradecast_fresh"):
        with postgres.connect(name) as fresh:
            for statement in pg.everything():
                fresh.execute(statement)
            for query in CATALOGUE:
                made, told = (
                    {tuple(map(str, row)) for row in each.execute(query)} for each in (owner, fresh)
                )
                # Other tests have asked for months of their own.
                made, told = (
                    {row for row in rows if "market_data_" not in row[0]} for rows in (made, told)
                )
                assert made == told
                assert made
