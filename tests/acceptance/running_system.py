"""A whole system for acceptance tests: `tradecast up` in a home, and the commands beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from config import settings
from embedded.home import open_home
from flows.context import System
from flows.publish import add, stream_of
from flows.stores import open_store
from schema import keys
from tests.migrated import clickhouse_into, duckdb_into
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flows.stores import StoreName

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "world.toml"


def tradecast(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command on a home."""
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments, "--home", str(home)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def with_tables(home: Path) -> Path:
    """A new home whose stores have their tables: few tests look at how they come."""
    opened = open_home(home)
    clickhouse_into(opened.clickhouse_dir)
    duckdb_into(opened.duckdb_dir)
    return home


@contextmanager
def running(home: Path, **environment: str) -> Iterator[str]:
    """A running system, which must end well when it is told to; yields what it said at first."""
    with starting(home, **environment) as said:
        eventually(lambda: "Ctrl-C stops it" in said(), 60, what="up")
        yield said()


@contextmanager
def starting(home: Path, **environment: str) -> Iterator[Callable[[], str]]:
    """A system that starts, and must end well; yields what tells what it has said so far."""
    log = home.with_name(f"{home.name}.out")
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows", "up", "--home", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment, "TRADECAST_PARENT": str(os.getpid())},
        )
        try:
            yield log.read_text
        finally:
            child.send_signal(signal.SIGTERM)
            code = child.wait(60)
    assert code == 0, log.read_text()


def rows(home: Path, query: str, store: StoreName = "clickhouse") -> list[dict[str, object]]:
    """What a query says.

    Asked from here, as what is waited for is asked often: a command takes half a second to start.
    """
    with open_store(_system(home), store) as opened:
        return [row for batch in opened.query(query) for row in batch.to_pylist()]


def send(home: Path, **fields: object) -> None:
    """Send one signal."""
    system = _system(home)
    stream = keys.signals(stream_of(str(fields["strategy"]), system.settings.signals.streams))
    with system.redis(once=True) as client:
        add(client, [(stream, {"json": json.dumps(fields).encode()})])


def _system(home: Path) -> System:
    return System(open_home(home, create=False), settings.load(None, home, {}))


def trade(home: Path, action: str, store: StoreName = "clickhouse") -> None:
    """Send signals until one is filled: a terminal that has just started has no prices yet."""
    before = _filled(home, store)

    def another() -> bool:
        number = len(rows(home, "SELECT signal_id FROM trade_signal", store))
        body = {"strategy": "gold", "symbol": "GOLD", "action": action}
        send(home, **body, signal_id=f"{action}-{number}")
        return _filled(home, store) > before

    eventually(another, 150, what="a filled order", poll=1)


def _filled(home: Path, store: StoreName) -> int:
    query = "SELECT 1 FROM signal_execution_status WHERE outcome = 'filled'"
    return len(rows(home, query, store))
