"""Who reads DuckDB for one user sees that user's rows, whatever they write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import duckdb
import pyarrow as pa
import pytest

from flows.duckdb_reader import for_user
from flows.errors import CommandError
from flows.stores import ReaderStore, values
from schema import duckdb as store
from schema import duckdb_access, isolation
from schema.registry import TABLES, table
from sinks.duckdb.database import ARCHIVE, CONTROL, Database, Limits, registered, source
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.frames import QueryFailed
from tests.two_users import ANN, BOB, MOMENT, NAMES, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACES = duckdb_access.places()
OWNED = sorted(name for name, each in PLACES.items() if each.owner is not None)
CLOSED = sorted(
    name for name, each in TABLES.items() if "duckdb" in each.stores and not isolation.is_open(each)
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckFiles]:
    """All tables, with a row of Ann's and one of Bob's in each, written twice."""
    directory: Path = tmp_path_factory.mktemp("readers")
    with Database(directory, Limits()) as database:
        for each in TABLES.values():
            if "duckdb" in each.stores and each.kind != "system":
                cursor = database.cursor()
                cursor.execute(f"USE {ARCHIVE if each.kind == 'history' else CONTROL}.main")
                both = pa.concat_tables([rows(each, ANN), rows(each, BOB)])
                for _ in range(2):
                    with registered(cursor, {each.name: both}):
                        cursor.execute(store.insert(each, source(each.name)))
    with DuckFiles(directory, Limits(), write=False) as opened:
        yield opened


# A strategy that is public shows itself, and not its signals.
PUBLIC: dict[str, dict[str, Any]] = {"strategies": {"is_public": True}}


def put(database: Database, which: Any, made: Any) -> None:
    cursor = database.cursor()
    cursor.execute(f"USE {ARCHIVE if which.kind == 'history' else CONTROL}.main")
    with registered(cursor, {which.name: made}):
        cursor.execute(store.insert(which, source(which.name)))


def ask(files: DuckFiles, user: UUID, query: str, **params: Any) -> list[tuple[Any, ...]]:
    return values(ReaderStore(files, user), query, params or None)


def other(user: UUID) -> UUID:
    return BOB if user == ANN else ANN


def shows(found: Any, user: UUID) -> bool:
    text = repr(found)
    return any(mark in text for mark in (NAMES[user], str(user), repr(user.bytes)[2:-1]))


@pytest.mark.parametrize("name", OWNED)
def test_each_sees_own_rows_and_none_of_the_others(files: DuckFiles, name: str) -> None:
    for user in (ANN, BOB):
        found = ask(files, user, f"SELECT * FROM {name}")
        assert len(found) == (2 if name.endswith("_versions") else 1)
        assert shows(found, user)
        assert not shows(found, other(user))
        assert ask(files, user, f"SELECT count(*) FROM {name}") == [(len(found),)]
    assert ask(files, uuid4(), f"SELECT * FROM {name}") == []


def test_who_subscribes_reads_the_signals_and_who_leaves_no_more(tmp_path: Path) -> None:
    which = table("subscriptions")
    with Database(tmp_path, Limits()) as database:
        for name in ("accounts", "strategies", "subscriptions", "trade_signal"):
            for user in (ANN, BOB):
                put(database, table(name), rows(table(name), user, **PUBLIC.get(name, {})))
        for version, change, seen in (
            (0, None, ["ann"]),
            (2, {}, ["ann", "bob"]),
            (3, {"status": "inactive"}, ["ann", "bob"]),
            (4, {"deleted_at": MOMENT}, ["ann"]),
            (5, {"account_id": uuid4()}, ["ann"]),
        ):
            if change is not None:
                given = {"subscription_id": UUID(int=9), "strategy_id": BOB}
                more = given | {"config_version": version} | change
                put(database, which, rows(which, ANN, **more))
            query = duckdb_access.select("trade_signal", str(ANN))
            found = database.cursor().sql(query).to_arrow_table().column("strategy")
            assert sorted(found.to_pylist()) == seen, version


@pytest.mark.parametrize("name", CLOSED)
def test_what_has_no_owner_is_closed(files: DuckFiles, name: str) -> None:
    with pytest.raises(CommandError, match=f"there is no table {name} for readers"):
        ask(files, ANN, f"SELECT * FROM {name}")


def test_what_is_for_all_users_is_read_by_all(files: DuckFiles) -> None:
    for name in sorted(PLACES.keys() - set(OWNED)):
        assert ask(files, ANN, f"SELECT count(*) >= 2 FROM {name}") == [(True,)]


def test_secrets_are_left_out(files: DuckFiles) -> None:
    secret = [(t, c.name) for t in PLACES.values() for c in t.columns if c.secret]
    assert secret
    for which, column in secret:
        with pytest.raises(QueryFailed, match=column):
            ask(files, ANN, f"SELECT {column} FROM {which.name}")


# Each must show Ann nothing of Bob's: it is refused, or filtered.
TRIES = [
    "SELECT * FROM archive.orders",
    "SELECT * FROM archive.main.orders_versions",
    "SELECT * FROM main.orders",
    'SELECT * FROM "archive"."main"."orders"',
    "SELECT * FROM control.main.accounts",
    'SELECT * FROM "ORDERS"',
    "SELECT * FROM OrDeRs",
    "SELECT * FROM/* '*/orders--'\n",
    "TABLE orders",
    "FROM orders",
    "FROM (FROM orders)",
    "SELECT * FROM orders AS signal_decisions",
    "SELECT * FROM signal_decisions AS orders",
    "WITH orders AS (SELECT * FROM signal_decisions) SELECT * FROM orders",
    "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders",
    "WITH strategies AS (SELECT '{bob}'::UUID AS id, '{ann}'::UUID AS user_id) FROM trade_signal",
    "WITH subscriptions AS (SELECT '{bob}'::UUID AS strategy_id, '{ann}'::UUID AS account_id, NULL AS deleted_at) FROM trade_signal",
    "WITH accounts AS (SELECT '{bob}'::UUID AS account_id, '{ann}'::UUID AS user_id) SELECT o.* FROM orders o JOIN accounts USING (account_id)",
    "WITH accounts AS (SELECT account_id, '{ann}'::UUID AS user_id FROM orders) FROM orders",
    "WITH orders_versions AS (SELECT 1) SELECT * FROM (SELECT * FROM orders)",
    "SELECT * FROM (WITH signal_decisions AS (SELECT 1) SELECT 1) a, signal_decisions",
    "WITH x AS (WITH alert_log AS (SELECT 1) SELECT * FROM alert_log) SELECT * FROM alert_log",
    "WITH a AS (SELECT * FROM alert_log), alert_log AS (SELECT 1) SELECT * FROM a",
    "WITH RECURSIVE r AS (SELECT account_id FROM orders UNION SELECT account_id FROM signal_decisions) FROM r",
    "WITH RECURSIVE alert_log AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM alert_log WHERE n < 3) FROM alert_log",
    "WITH a AS (INSERT INTO orders_versions FROM orders RETURNING *) FROM a",
    "SELECT * FROM orders o RIGHT JOIN deals d ON o.account_id = d.account_id",
    "SELECT * FROM orders o FULL JOIN accounts a ON true",
    "SELECT * FROM orders ASOF JOIN deals USING (account_id, version)",
    "SELECT * FROM orders POSITIONAL JOIN accounts",
    "SELECT * FROM orders SEMI JOIN deals USING (account_id)",
    "SELECT * FROM orders, LATERAL (SELECT * FROM deals)",
    "SELECT * FROM brokers WHERE broker_id IN (SELECT broker_id FROM orders WHERE account_id = '{bob}')",
    "SELECT (SELECT list(account_id) FROM orders)",
    "SELECT * FROM orders WHERE account_id = ANY (SELECT account_id FROM accounts)",
    "SELECT account_id FROM orders UNION ALL SELECT account_id FROM deals",
    "SELECT account_id FROM orders UNION ALL SELECT signal_id FROM signal_decisions",
    "SELECT * FROM orders ORDER BY (SELECT max(message) FROM alert_log)",
    "SELECT * FROM orders LIMIT (SELECT count(*) FROM alert_log)",
    "SELECT * FROM orders QUALIFY row_number() OVER () < (SELECT count(*) FROM alert_log)",
    "SELECT * FROM orders GROUP BY ALL HAVING count(*) < (SELECT count(*) FROM alert_log)",
    "SELECT CASE WHEN account_id = '{bob}' THEN error('there: ' || symbol) END FROM orders",
    "SELECT * FROM orders WHERE CASE WHEN account_id = '{bob}' THEN error('there: ' || symbol) ELSE true END",
    "SELECT * FROM orders WHERE account_id <> '{bob}' OR symbol::INT > 0",
    "SELECT * FROM deals WHERE symbol = 'ann' AND deal_ticket > 0 OR (symbol || 'x')::INT > 0",
    "SELECT * FROM orders_versions WHERE CASE WHEN account_id = '{bob}' THEN error('there: ' || symbol) ELSE true END",
    "SELECT * FROM sync_logs WHERE CASE WHEN user_id = '{bob}' THEN error('there: ' || error_message) ELSE true END",
    "SELECT * FROM risk_limits WHERE CASE WHEN user_id = '{bob}' THEN error('there: ' || name) ELSE true END",
    "SELECT * FROM users WHERE CASE WHEN id = '{bob}' THEN error('there: ' || email) ELSE true END",
    "SELECT stats(account_id) FROM orders",
    "SELECT min(account_id), max(symbol), approx_count_distinct(symbol) FROM orders",
    "SELECT * FROM query('FROM orders_versions')",
    "SELECT * FROM query_table('orders_versions')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM orders_versions'))",
    "SELECT json_serialize_plan('FROM orders_versions')",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_columns",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pragma_storage_info('orders_versions')",
    "SELECT * FROM histogram_values('orders_versions', 'symbol')",
    "SELECT * FROM histogram('orders_versions', 'symbol')",
    "SELECT * FROM summary(TABLE orders_versions)",
    "SELECT * FROM seq_scan('orders_versions')",
    "SELECT * FROM duckdb_table_sample('orders_versions')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('*')",
    "SELECT * FROM read_duckdb('archive.duckdb')",
    "SELECT current_setting('TimeZone')",
    "SELECT nextval('x')",
    "DESCRIBE signal_decisions",
    "SUMMARIZE orders_versions",
    "SELECT * FROM (SUMMARIZE orders_versions)",
    "SELECT * FROM (DESCRIBE orders_versions)",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SELECT * FROM (SHOW TABLES)",
    "PIVOT orders ON symbol",
    "SELECT * FROM (PIVOT orders_versions ON symbol IN ('bob') USING count(*))",
    "SELECT * FROM (UNPIVOT orders_versions ON symbol)",
    "SELECT * FROM orders AT (VERSION => 1)",
    "SELECT * FROM orders TABLESAMPLE 100%",
    "SELECT COLUMNS(*) FROM orders",
    "SELECT orders FROM orders",
    'SELECT "a""; FROM orders_versions --" FROM (SELECT 1 AS "a""; FROM orders_versions --")',
    "SELECT 'x''; FROM orders_versions --' AS \"y\"\" FROM orders_versions\"",
    "SELECT 1; FROM orders_versions",
    "SELECT 1;; SELECT 2",
    "",
    "SET search_path = 'archive.main'",
    "PRAGMA table_info('orders')",
    "ATTACH 'x.duckdb'",
    "COPY orders TO 'x.csv'",
    "CREATE TABLE x AS FROM orders",
    "CREATE VIEW x AS FROM orders",
    "CREATE MACRO x() AS TABLE FROM orders_versions",
    "CREATE TEMP TABLE x AS FROM orders",
    "INSERT INTO orders_versions FROM orders",
    "UPDATE accounts SET user_id = '{ann}'",
    "DELETE FROM accounts",
    "DROP TABLE accounts",
    "CALL pragma_version()",
    "EXPLAIN ANALYZE FROM orders",
    "EXPORT DATABASE 'x'",
    "EXECUTE x",
    "LOAD json",
]  # fmt: skip


@pytest.mark.parametrize("query", TRIES)
def test_it_cannot_be_got_round(files: DuckFiles, query: str) -> None:
    said = query.replace("{ann}", str(ANN)).replace("{bob}", str(BOB))
    try:
        found = ask(files, ANN, said)
    except (CommandError, QueryFailed) as error:
        told = str(error)
        assert "there: " not in told
        assert told.count("bob") <= said.count("bob")
        assert told.startswith("DuckDB") or isinstance(error, QueryFailed)  # noqa: PT017
    else:
        named = str(BOB) in said
        assert not shows(found, BOB) or (named and "bob" not in repr(found))
    assert values(files, "SELECT count(*) FROM orders") == [(2,)]  # type: ignore[arg-type]


def test_naming_another_finds_nothing(files: DuckFiles) -> None:
    query = "SELECT count(*) FROM orders WHERE account_id = CAST($who AS UUID)"
    assert ask(files, ANN, query, who=str(BOB)) == [(0,)]
    assert ask(files, BOB, query, who=str(BOB)) == [(1,)]


def test_parts_of_a_query_keep_their_names_and_their_order(files: DuckFiles) -> None:
    query = (
        "WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a),"
        " orders AS (SELECT b.n, a.n AS m FROM b, a)"
        " SELECT a.n, orders.n, (WITH a AS (SELECT 9 AS n) SELECT a.n FROM a) FROM a, orders"
    )
    assert ask(files, ANN, query) == [(1, 2, 9)]
    recursive = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3)"
        " SELECT sum(n) FROM r"
    )
    assert ask(files, ANN, recursive) == [(6,)]
    assert ask(files, ANN, "SELECT n FROM range(3) t(n) ORDER BY n DESC LIMIT 1") == [(2,)]
    assert ask(files, ANN, "SELECT orders.symbol FROM orders") == [("ann",)]


def test_the_condition_stands_before_all_that_a_reader_writes(files: DuckFiles) -> None:
    """A condition of theirs could tell of other rows by failing, if it were tried on them."""
    query = "EXPLAIN " + for_user("SELECT * FROM orders WHERE symbol::INT > 0", str(ANN))
    plan = "".join(str(row[1]) for row in values(files, query))  # type: ignore[arg-type]
    assert plan.index("AS INTEGER") < plan.index("Limit:") < plan.index("orders_versions")


def test_functions_of_a_new_duckdb_are_looked_at() -> None:
    """A function that reaches tables by their names in a text would show other users' rows."""
    found = duckdb.connect().execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'scalar'"
        " AND regexp_matches(function_name, 'sql|plan|query|stats|nextval|currval|setval|execute')"
    )
    assert {name for (name,) in found.fetchall()} == {
        "current_query", "current_query_id", "currval", "json_deserialize_sql",
        "json_serialize_plan", "json_serialize_sql", "nextval", "setval", "stats",
    }  # fmt: skip
