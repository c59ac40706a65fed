"""A user's data is written out whole; forgotten, they are found in no store but in the audit."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import clickhouse_connect
import pyarrow.parquet as pq
import pytest

from config.settings import load
from embedded.home import open_home
from flows import forget, privacy, servers
from flows.context import CLICKHOUSE, System
from flows.errors import CommandError
from flows.process import write_json
from schema import keys
from schema import redis as live_rows
from schema.registry import TABLES, table
from sinks import postgres as pg
from sinks.duckdb.database import Database, Limits
from tests.migrated import clickhouse_into
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


from tests.integration.flows.private import ANNA, BERT, SECRETS, Stores, rows_of, where


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(server: PostgresServer) -> Iterator[str]:
    for name in server.database("tradecast_private"):
        yield server.url(name)


@pytest.fixture
def stores(tmp_path: Path, postgres_url: str) -> Iterator[Stores]:
    home = open_home(tmp_path / "home")
    (home.path / "tradecast.toml").write_text(f"[postgres]\nurl = '{postgres_url}'\n")
    system = System(home, load(None, home.path, {}))
    with ExitStack() as stack:
        postgres = stack.enter_context(pg.connect(postgres_url))
        pg.migrate(postgres)
        clickhouse_into(home.clickhouse_dir)
        ports = servers.choose_ports(system)
        for server in servers.embedded(system, ports):
            stack.enter_context(server)
        write_json(system.ports_file, ports)
        write_json(home.run_dir / "up.json", {"pid": os.getpid()})
        client = stack.enter_context(system.redis())
        click = clickhouse_connect.get_client(
            dsn=system.clickhouse_url(ports[CLICKHOUSE]), autogenerate_session_id=False
        )
        stack.callback(click.close)
        stores = Stores(system, client, click, postgres)
        stores.fill()
        yield stores


def test_all_that_is_held_is_written(stores: Stores, tmp_path: Path) -> None:
    held = where(stores, ANNA)
    told = privacy.export(stores.system, ANNA.email, tmp_path / "out")
    assert " rows of " in told
    written = {(path.parent.name, path.stem) for path in (tmp_path / "out").glob("*/*.json")}
    wanted = {(store, name.partition(":")[0]) for store, name in held}
    assert wanted <= written
    everything = ""
    for path in (tmp_path / "out").glob("*/*.parquet"):
        rows = pq.read_table(path).to_pylist()
        same = json.loads(path.with_suffix(".json").read_text())
        assert len(rows) == len(same) == 1, path
        everything += path.with_suffix(".json").read_text()
    # No secret of theirs, and nothing of anybody else's.
    assert f"of {ANNA.name} (credentials)" not in everything
    assert everything.count("[redacted]") == 2 * sum(SECRETS.values())
    assert BERT.name not in everything
    assert str(BERT.user) not in everything


def test_who_is_forgotten_is_found_in_the_audit_alone(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of(stores, BERT)
    assert len(where(stores, ANNA)) > 40
    assert forget.run(stores.system, ANNA.email, yes=False, as_json=True) == 0
    would = json.loads(capsys.readouterr().out)
    assert len(where(stores, ANNA)) > 40, "it was only asked what would be done"
    assert forget.run(stores.system, ANNA.email, yes=True, as_json=True) == 0
    did = json.loads(capsys.readouterr().out)
    assert did["tables"] == would["tables"]
    assert where(stores, ANNA) == {
        ("duckdb", "audit_log"), ("duckdb", "login_audit"), ("clickhouse", "audit_log"),
        ("postgres", "audit_log"), ("postgres", "login_audit"),
    }  # fmt: skip
    kept = {(one["store"], one["table"]) for one in did["tables"] if one["what"] == "kept"}
    assert where(stores, ANNA) <= kept
    assert all(one["why"] for one in did["tables"] if one["what"] != "removed")
    # Nobody else has lost a row; the books of the account are there.
    after = rows_of(stores, BERT)
    assert {place: after.get(place, []) for place in before} == before
    account = str(ANNA.account)
    for place in (
        ("duckdb", "trades"),
        ("clickhouse", "trades"),
        ("duckdb", "deals"),
        ("postgres", "trades"),
        ("postgres", "accounts"),
    ):
        assert any(account in row for row in stores.dump()[place]), place
    with pytest.raises(CommandError, match="there is no user whose email"):
        privacy.find(stores.system, ANNA.email)


def test_forgetting_is_audited_row_by_row_and_tells_nothing(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    def control(cursor: Any) -> dict[tuple[str, Any], dict[str, Any]]:
        found: dict[tuple[str, Any], dict[str, Any]] = {}
        for which in TABLES.values():
            if which.audited and "duckdb" in which.stores:
                rows = cursor.sql(f"SELECT * FROM {which.name}").to_arrow_table().to_pylist()
                keyed = {tuple(row[name] for name in which.key): row for row in rows}
                found |= {(which.name, key): row for key, row in keyed.items()}
        return found

    with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
        before = control(database.cursor())
    assert forget.run(stores.system, ANNA.email, yes=True, as_json=True) == 0
    capsys.readouterr()
    with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
        after = control(database.cursor())
        query = "SELECT * FROM audit_log WHERE actor = 'tradecast forget'"
        told = database.cursor().sql(query).to_arrow_table().to_pylist()
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    assert len(changed) > 20
    counts = Counter(which for which, _ in changed)
    assert Counter(row["resource_type"] for row in told) == counts
    said = "".join(str(row) for row in told)
    for word in (str(ANNA.user), ANNA.user.hex, str(ANNA.user.bytes), ANNA.email, "of anna"):
        assert word not in said
    actions = Counter(row["action"] for row in told)
    gone = sum(key not in after for key in before)
    assert actions["delete"] == gone
    assert actions["insert"] == sum(key not in before for key in after)
    query = "SELECT t::text FROM audit_log t WHERE user_agent = 'tradecast forget'"
    rows = [row for (row,) in stores.postgres.execute(query).fetchall()]
    assert len(rows) > 15
    for word in (str(ANNA.user), ANNA.email, "of anna"):
        assert word not in "".join(rows)
    assert any(f"accounts,{ANNA.account}" in row for row in rows)
    (user,) = [row for row in told if row["resource_type"] == "accounts"]
    old, new = (json.loads(user[name]) for name in ("old_values", "new_values"))
    assert old["account_id"] == new["account_id"] == user["resource_id"] == str(ANNA.account)
    assert old["user_id"] == "[forgotten]"
    assert new["user_id"] not in {str(ANNA.user), "[forgotten]"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE trades_versions SET closed_at = NULL", "1 open trades"),
        ("UPDATE subscriptions SET status = 'active', deleted_at = NULL", "1 active subscriptions"),
    ],
)
def test_who_trades_is_not_forgotten(stores: Stores, change: str, words: str) -> None:
    catalog = "archive" if "trades" in change else "control"
    with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
        cursor = database.cursor()
        cursor.execute(f"USE {catalog}.main")
        cursor.execute(f"{change} WHERE account_id = '{ANNA.account}'")
    with pytest.raises(CommandError, match=words):
        forget.run(stores.system, ANNA.email, yes=True, as_json=True)
    assert len(where(stores, ANNA)) > 40


def test_a_trade_that_stands_on_redis_alone_counts(stores: Stores) -> None:
    which = table("trade_state")
    (fields,) = live_rows.encode(which, ANNA.batch(which))
    stores.redis.hset(keys.state(3, which.name, ANNA.user), mapping={**fields, "state": "open"})
    with pytest.raises(CommandError, match="1 open trades"):
        forget.run(stores.system, str(ANNA.user), yes=True, as_json=True)
