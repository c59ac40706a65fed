"""`tradecast sql --as` and `tradecast query --as`: one user's rows, of both stores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import clickhouse_connect
import pytest

from config.settings import load
from embedded.home import open_home
from flows import servers
from flows.context import CLICKHOUSE, System
from flows.errors import Exit
from flows.process import write_json
from schema import clickhouse
from schema import duckdb as duck
from schema.registry import TABLES
from sinks.duckdb.database import ARCHIVE, CONTROL, Database, Limits, registered, source
from tests.common_rows import made
from tests.migrated import clickhouse_into
from tests.two_users import ANN, BOB

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose ClickHouse runs, as `tradecast up` has it; DuckDB's files are read as they lie."""
    path = tmp_path_factory.mktemp("reader") / "home"
    opened = open_home(path, create=True)
    with Database(opened.duckdb_dir, Limits()) as database:
        for name, batch in made():
            cursor = database.cursor()
            cursor.execute(f"USE {ARCHIVE if TABLES[name].kind == 'history' else CONTROL}.main")
            with registered(cursor, {name: batch}):
                cursor.execute(duck.insert(TABLES[name], source(name)))
    clickhouse_into(opened.clickhouse_dir)
    system = System(opened, load(None, path, {}))
    ports = servers.choose_ports(system)
    with ExitStack() as stack:
        for server in servers.embedded(system, ports):
            stack.enter_context(server)
        write_json(system.ports_file, ports)
        stack.enter_context(opened.lock())
        write_json(opened.run_dir / "up.json", {"pid": os.getpid()})
        client = clickhouse_connect.get_client(
            dsn=system.clickhouse_url(ports[CLICKHOUSE]), autogenerate_session_id=False
        )
        for name, batch in made():
            if "clickhouse" in TABLES[name].stores:
                client.insert_arrow(clickhouse.target(TABLES[name]), batch)
        client.close()
        yield path


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments, "--home", str(home)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def rows(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("store", ["clickhouse", "duckdb"])
def test_sql_shows_the_rows_of_who_is_named(home: Path, store: str) -> None:
    asked = (
        "sql",
        "--store",
        store,
        "--format",
        "json",
        "SELECT DISTINCT symbol FROM trades ORDER BY symbol",
    )
    assert [row["symbol"] for row in rows(run(home, *asked))] == ["EURUSD", "GBPUSD", "XAUUSD"]
    for named in ("bob", str(BOB), str(BOB).upper()):
        found = rows(run(home, *asked, "--as", named))
        assert [row["symbol"] for row in found] == ["GBPUSD"]


@pytest.mark.parametrize("store", ["clickhouse", "duckdb"])
def test_what_is_refused_is_one_line(home: Path, store: str) -> None:
    for query in ("SELECT * FROM signal_decisions", "SELECT 1; SELECT 2", "DROP TABLE trades"):
        done = run(home, "sql", "--store", store, "--as", str(ANN), query)
        assert done.returncode == Exit.USAGE
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith(("tradecast: ClickHouse", "tradecast: DuckDB"))


def test_who_is_not_known_is_told(home: Path) -> None:
    done = run(home, "sql", "--as", "nobody", "SELECT 1")
    assert done.returncode == Exit.USAGE
    assert "there is no user 'nobody'" in done.stderr


@pytest.mark.parametrize("store", ["clickhouse", "duckdb"])
def test_query_answers_for_who_is_named(home: Path, store: str) -> None:
    asked = ("query", "symbols", "--store", store, "--format", "json")
    assert len(rows(run(home, *asked))) == 3
    assert [row["symbol"] for row in rows(run(home, *asked, "--as", "bob"))] == ["GBPUSD"]


def test_query_alone_lists_all() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "query"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("query\tstores\ttells\nstrategies\tclickhouse duckdb postgres\t")
