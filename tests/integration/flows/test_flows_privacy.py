"""A user's data is written out whole; forgotten, they are found in no store but in the audit."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
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
from flows.stores import STORES, StoreName
from schema import keys
from schema import redis as live_rows
from schema.registry import TABLES, table
from sinks import postgres as pg
from sinks.duckdb.database import Database, Limits
from tests.migrated import clickhouse_into, duckdb_into
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


from tests.integration.flows.private import ANNA, BERT, SECRETS, Stores, rows_of, where
from tests.integration.flows.refused import Refused, key, plant, refused


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="module")
def stores(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    home = open_home(tmp_path_factory.mktemp("private") / "home")
    with ExitStack() as stack:
        url = server.url(stack.enter_context(contextmanager(server.database)("tradecast_private")))
        (home.path / "tradecast.toml").write_text(f"[postgres]\nurl = '{url}'\n")
        system = System(home, load(None, home.path, {}))
        postgres = stack.enter_context(pg.connect(url))
        pg.migrate(postgres)
        clickhouse_into(home.clickhouse_dir)
        duckdb_into(home.duckdb_dir)
        ports = servers.choose_ports(system)
        for each in servers.embedded(system, ports):
            stack.enter_context(each)
        write_json(system.ports_file, ports)
        stack.enter_context(home.lock())
        write_json(home.run_dir / "up.json", {"pid": os.getpid()})
        client = stack.enter_context(system.redis())
        click = clickhouse_connect.get_client(
            dsn=system.clickhouse_url(ports[CLICKHOUSE]), autogenerate_session_id=False
        )
        stack.callback(click.close)
        stores = Stores(system, client, click, postgres)
        stores.fill()
        plant(stores)
        yield stores


@dataclass
class Forgotten:
    """Bert, who was forgotten: what was said of it, and what stood before and after.

    Attributes:
        would: what a look at it said.
        looked: where Bert stood after the look.
        did: what it said when it was done.
        rows: Anna's rows, before and after.
        control: rows of audited tables in DuckDB by table and key, before and after.
        refused: what was refused, in each store, before and after.
    """

    would: dict[str, Any]
    looked: set[tuple[str, str]]
    did: dict[str, Any]
    rows: tuple[dict[tuple[str, str], list[str]], ...]
    control: tuple[dict[tuple[str, Any], dict[str, Any]], ...]
    refused: dict[StoreName, tuple[Refused, Refused]]


@pytest.fixture(scope="module")
def forgotten(stores: Stores) -> Forgotten:
    def forget_bert(*, yes: bool) -> dict[str, Any]:
        told = io.StringIO()
        with redirect_stdout(told):
            assert forget.run(stores.system, BERT.email, yes=yes, as_json=True) == 0
        found: dict[str, Any] = json.loads(told.getvalue())
        return found

    would = forget_bert(yes=False)
    looked, rows, control = where(stores, BERT), rows_of(stores, ANNA), control_of(stores)
    kept = {store: refused(stores, store) for store in STORES}
    did = forget_bert(yes=True)
    after = rows_of(stores, ANNA), control_of(stores)
    bad = {store: (before, refused(stores, store)) for store, before in kept.items()}
    return Forgotten(would, looked, did, (rows, after[0]), (control, after[1]), bad)


def control_of(stores: Stores) -> dict[tuple[str, Any], dict[str, Any]]:
    found: dict[tuple[str, Any], dict[str, Any]] = {}
    with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
        for which in TABLES.values():
            if which.audited and "duckdb" in which.stores:
                rows = database.cursor().sql(f"SELECT * FROM {which.name}")
                for row in rows.to_arrow_table().to_pylist():
                    found[which.name, tuple(row[name] for name in which.key)] = row
    return found


def written_as(store: str, name: str) -> tuple[str, str]:
    """The store and table among which what stands somewhere is to be written."""
    before, _, after = name.partition(":")
    # Redis has copies of the control tables that stand in DuckDB.
    return ("duckdb", after) if before == "{config}" else (store, before)


def test_all_that_is_held_is_written(stores: Stores, tmp_path: Path) -> None:
    held = where(stores, ANNA)
    told = privacy.export(stores.system, ANNA.email, tmp_path / "out")
    assert " rows of " in told
    written = {(path.parent.name, path.stem) for path in (tmp_path / "out").glob("*/*.json")}
    assert {written_as(*each) for each in held} <= written
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


def test_who_is_forgotten_is_found_in_the_audit_alone(stores: Stores, forgotten: Forgotten) -> None:
    assert len(forgotten.looked) > 40, "it was only asked what would be done"
    did = forgotten.did["tables"]
    assert did == forgotten.would["tables"]
    left = where(stores, BERT)
    assert left == {
        ("duckdb", "audit_log"), ("duckdb", "login_audit"), ("clickhouse", "audit_log"),
        ("postgres", "audit_log"), ("postgres", "login_audit"),
    }  # fmt: skip
    assert left <= {(one["store"], one["table"]) for one in did if one["what"] == "kept"}
    assert all(one["why"] for one in did if one["what"] != "removed")
    # Nobody else has lost a row; the books of the account are there.
    before, after = forgotten.rows
    assert {place: after.get(place, []) for place in before} == before
    account, rows = str(BERT.account), stores.dump()
    for place in (
        ("duckdb", "trades"),
        ("clickhouse", "trades"),
        ("duckdb", "deals"),
        ("postgres", "trades"),
        ("postgres", "accounts"),
    ):
        assert any(account in row for row in rows[place]), place
    with pytest.raises(CommandError, match="there is no user whose email"):
        privacy.find(stores.system, BERT.email)


def test_what_was_refused_is_written(stores: Stores, tmp_path: Path) -> None:
    privacy.export(stores.system, ANNA.email, tmp_path / "out")
    for store in STORES:
        (signal,) = json.loads((tmp_path / "out" / store / "signal_rejection.json").read_text())
        assert signal["strategy"] == key(ANNA)
        assert json.loads(signal["payload"]) == {"comment": f"of {ANNA.name}"}
        (event,) = json.loads((tmp_path / "out" / store / "system_event_log.json").read_text())
        assert str(ANNA.user) in event["details"]


@pytest.mark.parametrize("store", STORES)
def test_the_words_of_what_was_refused_are_emptied(store: StoreName, forgotten: Forgotten) -> None:
    before, after = forgotten.refused[store]
    theirs = {"bert, a signal", "bert, unreadable"}
    assert {*before.rejections} == theirs | {"anna, a signal", "bert, another's"}
    assert after.rejections == before.rejections | dict.fromkeys(theirs, ("", ""))
    # The refused rows of Bert's tables are four; Anna's, and what is no refused row, stay.
    gone = {name for name, said in before.events.items() if after.events[name] != said}
    words = {name: "".join(before.events[name]) for name in before.events}
    ids = (BERT.user, BERT.account, BERT.strategy)
    assert gone == {
        name
        for name, said in words.items()
        if name.startswith("archive ")
        and (f'"strategy":"{key(BERT)}"' in said or any(str(each) in said for each in ids))
    }
    assert len(gone) == 4
    assert {after.events[name] for name in gone} == {("{}", "")}
    told = {(one["store"], one["table"]): one for one in forgotten.did["tables"]}
    assert told[store, "signal_rejection"]["rows"] == 2
    assert told[store, "system_event_log"]["rows"] == 4
    assert "emptied" in told[store, "system_event_log"]["why"]


def test_forgetting_is_audited_row_by_row_and_tells_nothing(
    stores: Stores, forgotten: Forgotten
) -> None:
    before, after = forgotten.control
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    assert len(changed) > 20
    query = "SELECT * FROM audit_log WHERE actor = 'tradecast forget'"
    with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
        told = database.cursor().sql(query).to_arrow_table().to_pylist()
    counts = Counter(which for which, _ in changed)
    assert Counter(row["resource_type"] for row in told) == counts
    said = "".join(str(row) for row in told)
    for word in (str(BERT.user), BERT.user.hex, str(BERT.user.bytes), BERT.email, "of bert"):
        assert word not in said
    actions = Counter(row["action"] for row in told)
    gone = sum(key not in after for key in before)
    assert actions["delete"] == gone
    assert actions["insert"] == sum(key not in before for key in after)
    query = "SELECT t::text FROM audit_log t WHERE user_agent = 'tradecast forget'"
    rows = [row for (row,) in stores.postgres.execute(query).fetchall()]
    assert len(rows) > 15
    for word in (str(BERT.user), BERT.email, "of bert"):
        assert word not in "".join(rows)
    assert any(f"accounts,{BERT.account}" in row for row in rows)
    (user,) = [row for row in told if row["resource_type"] == "accounts"]
    old, new = (json.loads(user[name]) for name in ("old_values", "new_values"))
    assert old["account_id"] == new["account_id"] == user["resource_id"] == str(BERT.account)
    assert old["user_id"] == "[forgotten]"
    assert new["user_id"] not in {str(BERT.user), "[forgotten]"}


@pytest.mark.parametrize(
    ("which", "change", "words"),
    [
        ("archive.main.trades_versions", "closed_at = NULL", "1 open trades"),
        (
            "control.main.subscriptions",
            "status = 'active', deleted_at = NULL",
            "1 active subscriptions",
        ),
    ],
)
def test_who_trades_is_not_forgotten(stores: Stores, which: str, change: str, words: str) -> None:
    columns = [part.split(" = ")[0] for part in change.split(", ")]
    of_anna = f"WHERE account_id = '{ANNA.account}'"

    def execute(query: str, values: list[Any] | None = None) -> list[Any]:
        with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
            return database.cursor().execute(query, values).fetchall()

    told = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    (before,) = execute(f"SELECT {told} FROM {which} {of_anna}")
    execute(f"UPDATE {which} SET {change} {of_anna}")
    with pytest.raises(CommandError, match=words):
        forget.run(stores.system, ANNA.email, yes=True, as_json=True)
    assert len(where(stores, ANNA)) > 40
    back = ", ".join(f"{column} = ?" for column in columns)
    execute(f"UPDATE {which} SET {back} {of_anna}", list(before))


def test_a_trade_that_stands_on_redis_alone_counts(stores: Stores) -> None:
    which = table("trade_state")
    (fields,) = live_rows.encode(which, ANNA.batch(which))
    key = keys.state(3, which.name, ANNA.user)
    stores.redis.hset(key, mapping={**fields, "state": "open"})
    with pytest.raises(CommandError, match="1 open trades"):
        forget.run(stores.system, str(ANNA.user), yes=True, as_json=True)
    stores.redis.delete(key)
