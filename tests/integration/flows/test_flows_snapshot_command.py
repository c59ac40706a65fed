"""`tradecast snapshot` on a system that is down, and the process that runs it after midnight."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from embedded.home import open_home
from flows.process import Process
from flows.snapshots.process import Schedule, rounds
from schema import polars as registry
from schema.registry import table
from sinks.duckdb.client import DuckFiles
from sinks.duckdb.database import Limits
from sources.stop import Stop
from tests.daily_books import ANN, account, deal, deposit, frame
from tests.migrated import clickhouse_into, duckdb_into
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path


def tradecast(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", "snapshot", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )


def batch(name: str, *rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_batches([registry.batch(table(name), frame(name, *rows))])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose stores know an account with two days."""
    made = open_home(tmp_path / "home", create=True)
    duckdb_into(made.duckdb_dir)
    clickhouse_into(made.clickhouse_dir)
    with DuckFiles(made.duckdb_dir, Limits(), write=True) as files:
        files.write_control(
            {
                "brokers": batch("brokers", {}),
                "instances": batch("instances", {}),
                "accounts": batch("accounts", account(ANN, key="ann", partition=3)),
            },
            "test",
        )
        deals = [deposit(1, "2026-11-16 08:00", 1_000), deal(2, "2026-11-17 08:00", 20)]
        files.append({"deals": batch("deals", *deals)}, {})
    return made.path


def days(home: Path) -> list[tuple[Any, ...]]:
    with DuckFiles(home / "duckdb", Limits(), write=False) as files:
        rows = files.query("SELECT date, balance FROM daily_snapshots ORDER BY date").read_all()
        return [tuple(row.values()) for row in rows.to_pylist()]


def test_it_catches_up_and_tells_what_it_did(home: Path) -> None:
    done = tradecast(home, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    stored = days(home)
    assert (stored[0][1], stored[-1][1]) == (1_000, 1_020)
    assert stored[-1][0] == yesterday
    # The same rows in both stores.
    assert told["rows"] == 2 * len(stored)
    assert told["faults"] == []
    again = tradecast(home, "--json", "--store", "duckdb")
    assert json.loads(again.stdout)["rows"] == 0
    of_one = tradecast(home, "--date", "2026-11-17", "--accounts", "ann", "--store", "duckdb")
    assert "0 rows of days" in of_one.stdout
    nobody = tradecast(home, "--date", "2026-11-17", "--accounts", "bob", "--store", "duckdb")
    assert nobody.returncode == 2
    assert "there are 0 of these 1 accounts here" in nobody.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--date", "2026-13-01"], "expected a day as 2026-11-21"),
        (["--date", "2026-11-01", "--to", "2026-11-02"], "give one"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "is before"),
        (["--to", "2026-11-01"], "need --date or --from"),
        (["--accounts", "ann"], "need --date or --from"),
        (["--part", "2/2"], "expected I/N"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = tradecast(tmp_path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_round_that_failed_is_begun_again_and_a_stop_ends_all(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    runs = tmp_path / "runs"
    # The first two fail; the third is done, and the next is due after midnight.
    script = (
        f"import pathlib; p = pathlib.Path({str(runs)!r});"
        " n = int(p.read_text()) if p.exists() else 0; p.write_text(str(n + 1));"
        " raise SystemExit(n < 2)"
    )
    stop = Stop()
    frame = Process(name="snapshots-0", home=home, stop=stop, log=logging.getLogger("test"))
    schedule = Schedule(delay=timedelta(0), retry=timedelta(0))
    argv = [sys.executable, "-c", script]
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    clock = [noon]
    thread = threading.Thread(target=rounds, args=(argv, schedule, frame, lambda: clock[0]))
    thread.start()
    eventually(lambda: runs.exists() and runs.read_text() == "3", 30, what="three rounds")
    clock[0] = noon + timedelta(hours=12)
    eventually(lambda: runs.read_text() == "4", 30, what="a round after midnight")
    stop.requested = True
    thread.join(30)
    assert not thread.is_alive()
    assert runs.read_text() == "4"
