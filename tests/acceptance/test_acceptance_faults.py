"""Every fault point is struck once in a running system, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from config.faults import DIRECTORY, POINTS, VARIABLE
from tests.acceptance import plain_world
from tests.acceptance.running_demo import RunningDemo
from tests.acceptance.test_acceptance_kills import audit
from tests.long import long
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(600)

# Migrations end before a system runs; tests of the stores strike there.
RUNNING = [name for name in POINTS if not name.startswith("migrate.")]

# What died with orders in hand says, in another term, that they were not sent.
CLOSES = {"execute.closing", "execute.closed"}
EXECUTES = [name for name in RUNNING if name.startswith("execute.")]
SPOOLS = {"archive.spooling", "archive.spooled", "archive.drained"}


def run(tmp_path: Path, actions: Mapping[str, str], seconds: int) -> set[str]:
    """Run the plain world with a fault at each of some points; return those that were struck."""
    tmp_path.mkdir()
    file, replay, struck = tmp_path / "plain.toml", tmp_path / "alerts.ndjson", tmp_path / "struck"
    struck.mkdir()
    file.write_text(plain_world.world(30), encoding="utf-8")
    replay.write_text(plain_world.alerts(seed=11, seconds=seconds), encoding="utf-8")
    given = ["--world", str(file), "--alerts", str(replay), "--seconds", str(seconds)]
    given += ["--patience", "150"]
    armed = ",".join(f"{name}={action}" for name, action in actions.items())
    environment = {
        VARIABLE: armed,
        DIRECTORY: str(struck),
        "TRADECAST__TRADE__SNAPSHOT_SECONDS": "5",
        "TRADECAST__ARCHIVE__FLUSH_MS": "500",
        "TRADECAST__ARCHIVE__RETRY_MAX_S": "3",
        "TRADECAST__EXECUTE__JOURNAL_MB": "0.05",
        "TRADECAST__EXECUTE__MARKS_SECONDS": "1",
        # An executor that died comes back in another term, and says what it had claimed.
        "TRADECAST__EXECUTE__LEASE_S": "1",
    }
    with RunningDemo(tmp_path, given, environment) as demo:
        demo.wait_sending()
        if SPOOLS & actions.keys():
            _keep_clickhouse_down(demo)
        result = demo.wait_end()
    assert result["code"] == 0, demo.errors()
    assert result["unaccounted"] == 0
    assert result["duplicates"] == 0
    audit(demo.home)
    said = {out.name: out.read_text("utf-8", "replace") for out in demo.home.glob("log/*.out")}
    noisy = [name for name, text in said.items() if "nanobind" in text]
    assert not noisy, "the last line is what `status` shows of an end"
    plain_world.check(demo.system, demo.home)
    return {path.name for path in struck.iterdir()}


def _keep_clickhouse_down(demo: RunningDemo) -> None:
    """Kill ClickHouse whenever it comes back, until its rows have gone to the spool."""

    def spooled() -> bool:
        pid = demo.pid("clickhouse")
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return any(demo.home.glob("spool/clickhouse/*.spool"))

    eventually(spooled, 120, what="rows in the spool", poll=0.2)


# Between these, what a process has in memory and what others know of it differ.
DIES = ("trade.registered", "trade.deciding", "trade.dispatched", "execute.")


def usual(point: str) -> str:
    """What happens there in the short form."""
    return "kill" if point.startswith(DIES) else "error"


# A part that died waits longer each time before it is started again; one that fails goes on.
@pytest.mark.parametrize(
    ("action", "seconds"),
    [
        pytest.param(usual, 15, id="usual"),
        pytest.param(lambda _: "kill", 30, id="kill", marks=long),
        pytest.param(lambda _: "error", 12, id="error", marks=long),
    ],
)
def test_every_point(tmp_path: Path, action: Callable[[str], str], seconds: int) -> None:
    actions = {point: action(point) for point in RUNNING}
    for point in run(tmp_path / "all", actions, seconds):
        del actions[point]
    if actions:
        # A process that dies of one point after another may not live to see them all, and one
        # that always came back within its lease had nothing to close.
        again = EXECUTES if CLOSES & actions.keys() else []
        for point in run(tmp_path / "rest", {p: action(p) for p in again} | actions, 30):
            actions.pop(point, None)
    assert not actions
