"""Rows come back from every store as they went in, and the plain name shows current rows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from hypothesis import HealthCheck, given, settings

from schema import arrow, polars, sql
from schema import clickhouse as click
from schema import duckdb as duck
from schema.registry import TABLES, table
from tests.rows import EVERY_ODD, by_key, rows_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from schema.table import Table

IN_DUCKDB = sorted(each.name for each in TABLES.values() if "duckdb" in each.stores)
IN_CLICKHOUSE = sorted(each.name for each in TABLES.values() if "clickhouse" in each.stores)
FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def home(stores: dict[str, duckdb.DuckDBPyConnection], which: Table) -> duckdb.DuckDBPyConnection:
    return stores["control" if which.kind in {"control", "record"} else "duckdb"]


def duck_put(connection: duckdb.DuckDBPyConnection, which: Table, rows: pa.RecordBatch) -> None:
    connection.register("batch", pa.Table.from_batches([rows]))
    connection.execute(duck.insert(which))
    connection.unregister("batch")


def duck_get(connection: duckdb.DuckDBPyConnection, which: Table) -> pa.RecordBatch:
    found = connection.sql(f"SELECT {duck.columns(which)} FROM {sql.name(which.name)}")
    return arrow.conform(which, found.to_arrow_table())


def click_put(client: Client, which: Table, rows: pa.RecordBatch) -> None:
    client.insert_arrow(click.target(which), pa.Table.from_batches([rows]))


def click_get(client: Client, which: Table, name: str) -> pa.RecordBatch:
    return arrow.conform(
        which, client.query_arrow(f"SELECT {click.columns(which)} FROM {sql.name(name)}")
    )


@pytest.mark.parametrize("name", IN_DUCKDB)
def test_rows_survive_polars_and_duckdb(
    name: str, duck_stores: dict[str, duckdb.DuckDBPyConnection]
) -> None:
    which, connection = table(name), home(duck_stores, table(name))

    @FEW
    @given(rows_of(which))
    def check(rows: pa.RecordBatch) -> None:
        frame = polars.frame(which, rows)
        assert frame.schema == polars.schema(which)
        assert polars.batch(which, frame) == rows
        connection.execute(f"DELETE FROM {sql.name(duck.target(which))}")
        duck_put(connection, which, polars.batch(which, frame))
        assert by_key(which, duck_get(connection, which)) == by_key(which, rows)

    check()


@pytest.mark.parametrize("name", IN_CLICKHOUSE)
def test_rows_survive_clickhouse(name: str, click_database: Client) -> None:
    which = table(name)
    # Rows of any age: those beyond their time would go with the next merge.
    click_database.command(f"SYSTEM STOP TTL MERGES {sql.name(click.target(which))}")

    @settings(FEW, max_examples=3)
    @given(rows_of(which))
    def check(rows: pa.RecordBatch) -> None:
        click_database.command(f"TRUNCATE TABLE {sql.name(click.target(which))}")
        click_put(click_database, which, rows)
        for shown in (which.name, f"{which.name}_current"):
            got = click_get(click_database, which, shown)
            assert by_key(which, got) == by_key(which, rows)

    check()


def events(*versions: int) -> pa.RecordBatch:
    which = table("alert_log")
    return arrow.batch(
        which,
        {
            "alert_id": [uuid.UUID(int=1)] * len(versions),
            "kind": "lag",
            "source": "trade",
            "severity": "error",
            "message": [f"version {version}" for version in versions],
            "created_at": datetime(2026, 11, 1, tzinfo=UTC),
            "version": list(versions),
        },
    )


def test_the_greatest_version_is_shown_whatever_the_order(
    duck_stores: dict[str, duckdb.DuckDBPyConnection], click_database: Client
) -> None:
    which = table("alert_log")
    connection = duck_stores["duckdb"]
    connection.execute(f"DELETE FROM {duck.target(which)}")
    click_database.command(f"TRUNCATE TABLE {click.target(which)}")
    for batch in (events(2), events(2**63 + 5, 1), events(3, 3), events(2)):
        duck_put(connection, which, batch)
        click_put(click_database, which, batch)
    shown = [
        duck_get(connection, which),
        click_get(click_database, which, "alert_log"),
        click_get(click_database, which, "alert_log_current"),
    ]
    for rows in shown:
        assert rows.column("message").to_pylist() == [f"version {2**63 + 5}"]


def broker(version: int, *, deleted: bool = False) -> pa.RecordBatch:
    moment = datetime(2026, 11, version, tzinfo=UTC)
    return arrow.batch(
        table("brokers"),
        {
            "broker_id": [uuid.UUID(int=9)],
            "key": "alpha",
            "name": f"Alpha {version}",
            "config_version": version,
            "created_at": datetime(2026, 11, 1, tzinfo=UTC),
            "updated_at": moment,
            "deleted_at": [moment if deleted else None],
        },
    )


def test_configuration_keeps_every_version_in_clickhouse(click_database: Client) -> None:
    which = table("brokers")
    click_database.command("TRUNCATE TABLE brokers_versions")
    for version in (1, 2, 2):
        click_put(click_database, which, broker(version))
    names = click_get(click_database, which, "brokers").column("name").to_pylist()
    assert names == ["Alpha 2"]
    kept = click_get(click_database, which, "brokers_versions").column("name").to_pylist()
    assert sorted(kept) == ["Alpha 1", "Alpha 2"]
    click_put(click_database, which, broker(3, deleted=True))
    assert click_get(click_database, which, "brokers").num_rows == 0
    assert click_get(click_database, which, "brokers_versions").num_rows == 3


def test_control_tables_hold_keys_and_checks(
    duck_stores: dict[str, duckdb.DuckDBPyConnection],
) -> None:
    which, connection = table("brokers"), duck_stores["control"]
    connection.execute("DELETE FROM brokers")
    duck_put(connection, which, broker(1))
    duck_put(connection, which, broker(2))
    assert duck_get(connection, which).column("name").to_pylist() == ["Alpha 2"]
    twin = arrow.conform(
        which, broker(3).set_column(0, "broker_id", pa.array([bytes(15) + b"\x0a"], pa.binary(16)))
    )
    with pytest.raises(duckdb.ConstraintException, match=r"[Dd]uplicate key"):
        duck_put(connection, which, twin)
    at = which.names.index("commission_per_lot")
    negative = broker(4).set_column(
        at, "commission_per_lot", pa.array([Decimal(-1)], pa.decimal128(18, 8))
    )
    with pytest.raises(duckdb.ConstraintException, match="CHECK"):
        duck_put(connection, which, arrow.conform(which, negative))


def test_stores_refuse_words_they_do_not_know(
    duck_stores: dict[str, duckdb.DuckDBPyConnection], click_database: Client
) -> None:
    which = table("alert_log")
    at = which.names.index("severity")
    odd = events(1).set_column(at, "severity", pa.array(["odd"]))
    with pytest.raises(duckdb.ConversionException):
        duck_put(duck_stores["duckdb"], which, odd)
    click_database.command("TRUNCATE TABLE alert_log")
    click_put(click_database, which, events(1))
    # A plain insert: the embedded engine's streamed inserts do not look at constraints.
    others = ", ".join(name for name in which.names if name != "severity")
    with pytest.raises(DatabaseError, match="severity_known"):
        click_database.command(
            f"INSERT INTO alert_log ({others}, severity) SELECT {others}, 'odd' FROM alert_log"
        )


def test_ids_keep_their_byte_order_in_text(
    duck_stores: dict[str, duckdb.DuckDBPyConnection], click_database: Client
) -> None:
    which, order = table("alert_log"), uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
    rows = events(1).set_column(0, "alert_id", pa.array([order.bytes], pa.binary(16)))
    rows = arrow.conform(which, rows)
    duck_stores["duckdb"].execute(f"DELETE FROM {duck.target(which)}")
    click_database.command(f"TRUNCATE TABLE {click.target(which)}")
    duck_put(duck_stores["duckdb"], which, rows)
    click_put(click_database, which, rows)
    asked = "SELECT CAST(alert_id AS VARCHAR) FROM alert_log"
    assert duck_stores["duckdb"].sql(asked).fetchall() == [(str(order),)]
    assert click_database.command("SELECT toString(alert_id) FROM alert_log") == str(order)


def record(version: int, *, deleted: bool = False) -> pa.RecordBatch:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return arrow.batch(
        table("emotion_logs"),
        {
            "id": [uuid.UUID(int=1)],
            "user_id": uuid.UUID(int=2),
            "emotion": "fomo",
            "note": f"note {version}",
            "created_at": moment,
            "updated_at": moment,
            "deleted_at": [moment if deleted else None],
            "version": version,
        },
    )


def test_records_show_what_holds_and_keep_what_was(click_database: Client) -> None:
    which = table("emotion_logs")
    click_database.command("TRUNCATE TABLE emotion_logs_versions")
    for version in (2, 1, 2, 3, 1):
        click_put(click_database, which, record(version))
    for shown in ("emotion_logs", "emotion_logs_current"):
        assert click_get(click_database, which, shown).column("note").to_pylist() == ["note 3"]
    click_put(click_database, which, record(4, deleted=True))
    assert click_get(click_database, which, "emotion_logs").num_rows == 0
    assert click_get(click_database, which, "emotion_logs_versions").num_rows == 4


def test_odd_texts_come_back_byte_for_byte(
    duck_stores: dict[str, duckdb.DuckDBPyConnection], click_database: Client
) -> None:
    which = table("prop_firm_templates")
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    row = arrow.batch(
        which,
        {
            "id": [uuid.UUID(int=1)],
            "firm": EVERY_ODD,
            "rules": [{EVERY_ODD: [EVERY_ODD, {"deep": EVERY_ODD}]}],
            "effective_from": moment.date(),
            "config_version": 1,
            "created_at": moment,
            "updated_at": moment,
        },
    )
    duck_stores["control"].execute("DELETE FROM prop_firm_templates")
    duck_put(duck_stores["control"], which, row)
    assert duck_get(duck_stores["control"], which) == row
    click_database.command("TRUNCATE TABLE prop_firm_templates_versions")
    click_put(click_database, which, row)
    assert click_get(click_database, which, "prop_firm_templates") == row


def bars(*ages: int, timeframe: str = "1m") -> pa.RecordBatch:
    now = datetime.now(UTC)
    prices = dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), 1)
    return arrow.batch(
        table("market_data"),
        {
            "symbol": "EURUSD",
            "timeframe": timeframe,
            "timestamp": [now - timedelta(days=age) for age in ages],
            **prices,
            "created_at": now,
            "version": 1,
        },
    )


def test_short_bars_expire_before_long_ones(click_database: Client) -> None:
    which = table("market_data")
    click_database.command("TRUNCATE TABLE market_data")
    for timeframe in ("1m", "5m", "15m", "1d"):
        click_put(click_database, which, bars(1, 402, 1098, 1829, timeframe=timeframe))
    click_database.command("SYSTEM START TTL MERGES market_data")
    click_database.command("OPTIMIZE TABLE market_data FINAL")
    query = "SELECT timeframe, count() FROM market_data GROUP BY timeframe"
    kept = dict(click_database.query(query).result_rows)
    assert kept == {"1m": 1, "5m": 2, "15m": 3, "1d": 4}


@pytest.mark.parametrize(
    ("column", "bad", "rule"),
    [
        ("equity_low", Decimal(2), "equity_ordered"),
        ("wins", 1, "wins_and_losses"),
        ("daily_return", float("nan"), "figures_finite"),
        ("daily_return", float("-inf"), "figures_finite"),
    ],
)
def test_clickhouse_refuses_rows_that_break_a_rule(
    column: str, bad: Any, rule: str, click_database: Client
) -> None:
    which = table("daily_snapshots")
    start = datetime(2026, 11, 1, tzinfo=UTC)
    row = arrow.batch(
        which,
        {
            "id": [uuid.UUID(int=1)],
            "account_id": uuid.UUID(int=2),
            "date": start.date(),
            "zone": "UTC",
            "day_start": start,
            "day_end": start + timedelta(days=1),
            "currency": "USD",
            "equity_high": 1,
            "created_at": start,
            "version": 1,
        },
    )
    click_put(click_database, which, row)
    at = which.names.index(column)
    wrong = row.set_column(at, row.schema.field(column), pa.array([bad], row.schema.types[at]))
    with pytest.raises(DatabaseError, match=rule):
        click_put(click_database, which, wrong)


def test_records_hold_rules_in_duckdb(duck_stores: dict[str, duckdb.DuckDBPyConnection]) -> None:
    connection = duck_stores["control"]
    connection.execute("DELETE FROM users")
    insert = "INSERT INTO users (email, username, password_hash, {0}) VALUES ('a', 'b', 'c', {1})"
    connection.execute(insert.format("first_name", "'Ann'"))
    made = connection.sql("SELECT role, status::VARCHAR, version, created_at <= now() FROM users")
    assert made.fetchall() == [("user", "active", 1, True)]
    for column, value in (("last_name", "'x'"), ("status", "'odd'"), ("failed_logins", "-1"), ("country", "'CHE'")):  # fmt: skip
        with pytest.raises((duckdb.ConstraintException, duckdb.ConversionException)):
            connection.execute(insert.format(column, value))
