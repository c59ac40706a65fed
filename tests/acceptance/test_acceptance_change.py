"""A world is applied, traded and changed; its executors begin anew and trade on."""

from __future__ import annotations

import json
import os
import signal
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from embedded.home import open_home
from embedded.valkey import Valkey
from flows.errors import CommandError
from schema import arrow
from schema.registry import table
from sinks.spool import Spool
from tests.acceptance.running_system import (
    EXAMPLE,
    rows,
    running,
    starting,
    trade,
    tradecast,
    with_tables,
)
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(480)

EVENTS = table("system_event_log")
QUIET = {"TRADECAST__METRICS__ENABLED": "false", "TRADECAST__LOG__LEVEL": "warning"}


def event(message: str) -> pa.Table:
    """One row for the archive."""
    columns = {
        "event_id": [bytes(16)],
        "kind": "test",
        "source": "test",
        "message": [message],
        "created_at": datetime(2026, 11, 21, tzinfo=UTC),
        "version": [1],
    }
    return pa.Table.from_batches([arrow.batch(EVENTS, columns)])


def test_a_broker_is_changed_while_it_trades(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True).path
    left = Spool(home / "spool" / "trade-1", 1 << 20)
    left.append({EVENTS.name: event("of a shard that is no more")}, {"{1}:results": ""})
    with running(with_tables(home), **QUIET) as said:
        assert "metrics" not in said
        applied = tradecast(home, "apply", str(EXAMPLE))
        assert applied.returncode == 0, applied.stderr
        trade(home, "buy")
        names = rows(home, "SELECT key FROM strategies ORDER BY key")
        assert [row["key"] for row in names] == ["gold", "london", "night"]
        file = tmp_path / "world.toml"
        file.write_text(EXAMPLE.read_text().replace('name = "Alpha Markets"', 'name = "Alpha Two"'))
        assert tradecast(home, "apply", str(file)).returncode == 0
        versions = rows(
            home, "SELECT name, config_version FROM brokers_versions WHERE key = 'alpha'"
        )
        assert {row["name"]: row["config_version"] for row in versions} == {
            "Alpha Markets": 1,
            "Alpha Two": 2,
        }
        # The executors of that broker have begun anew, and trade on.
        trade(home, "close")
        status = tradecast(home, "status", "--format", "json")
        assert status.returncode == 0, status.stderr
        processes = json.loads(status.stdout)["processes"]
        assert [one["name"] for one in processes if one["metrics_port"]] == []
        told = f"SELECT message FROM {EVENTS.name} WHERE kind = 'test'"
        eventually(lambda: [r["message"] for r in rows(home, told)], what="the row that was left")
    assert not list((home / "spool").rglob("*.spool"))
    assert '"level": "info"' not in (home / "log" / "trade-0.log").read_text()
    log = (tmp_path / "home.out").read_text()
    assert "ended with code" not in log


def test_it_trades_without_what_does_not_start(tmp_path: Path) -> None:
    """Neither analysts' store nor a disk that does not take a feed's prices ends the system."""
    home = open_home(with_tables(tmp_path / "home"))
    assert tradecast(home.path, "apply", str(EXAMPLE)).returncode == 0
    data, prices = home.clickhouse_dir / "data", home.path / "prices"
    aside = data.rename(data.with_name("aside"))
    nothing = data.with_name("nothing")
    for path in (nothing, prices):
        path.write_text("not a directory")
    # By a link, as one step puts the data back: between two, a start would find none and make new.
    data.symlink_to(nothing)
    with running(home.path, **QUIET) as said:
        assert "ClickHouse does not answer yet, trading goes on without it" in said
        log = home.log_dir / "up.log"
        eventually(lambda: "cannot follow" in log.read_text(), 30, what="word of the prices")

        def told() -> bool:
            """Between two tries: while one lasts, it runs."""
            status = tradecast(home.path, "status", "--format", "json")
            problems = json.loads(status.stdout)["problems"]
            named = any(one.startswith("clickhouse is waiting") for one in problems)
            return named and status.returncode == 1

        eventually(told, 60, what="word of ClickHouse")
        prices.unlink()
        trade(home.path, "buy", "duckdb")
        back = data.with_name("back")
        back.symlink_to(aside)
        back.replace(data)
        query = "SELECT count(*) AS n FROM orders"

        def both() -> bool:
            """Orders of the last signals may still be on their way to either."""
            return _said(home.path, query) == rows(home.path, query, "duckdb")

        eventually(both, 120, what="ClickHouse, with all")


def test_a_system_waits_for_what_is_left_of_the_one_before(tmp_path: Path) -> None:
    """Else a supervisor that starts a killed system at once gives up after some tries."""
    home = open_home(tmp_path / "home", create=True)
    url = "http://u:p@127.0.0.1:1/d"
    with (
        Valkey(home.valkey_dir, password="p", die_with_parent=True) as left,
        starting(home.path, **QUIET, TRADECAST__CLICKHOUSE__URL=url) as said,
    ):
        eventually(lambda: "waiting for the servers" in said(), 30, what="its patience")
        assert "runs in" not in said()
        left.stop()
        eventually(lambda: "runs in" in said(), 30, what="up")


def _said(home: Path, query: str) -> object:
    """What ClickHouse says; nothing while it does not answer."""
    try:
        return rows(home, query)
    except CommandError:
        return None


def test_a_system_is_known_to_run_before_clickhouse_answers(tmp_path: Path) -> None:
    """Else who asks for a store meanwhile opens it beside the system, and one of them fails."""
    home = open_home(with_tables(tmp_path / "home"))
    assert tradecast(home.path, "apply", str(EXAMPLE)).returncode == 0
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
    with (
        silent,
        starting(home.path, **QUIET, TRADECAST__CLICKHOUSE__URL=url) as said,
    ):
        eventually((home.run_dir / "up.json").exists, 30, what="word of the system")
        status = tradecast(home.path, "status", "--format", "json")
        assert json.loads(status.stdout)["state"] == "up"
        eventually((home.run_dir / "duckdb.sock").exists, 30, what="the archive of DuckDB")
        eventually(lambda: "runs in" in said(), 30, what="up without ClickHouse")
        told = (home.log_dir / "up.log").read_text()
        assert "cannot tell ClickHouse" not in told, "it runs before ClickHouse is given up"
        # Nobody who hangs keeps it from starting again what died.
        facts = json.loads((home.run_dir / "trade-0.json").read_text())
        os.kill(facts["pid"], signal.SIGKILL)
        again = home.run_dir / "trade-0.json"
        eventually(
            lambda: json.loads(again.read_text())["pid"] != facts["pid"], 30, what="trade-0 again"
        )
