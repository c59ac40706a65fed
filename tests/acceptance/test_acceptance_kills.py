"""Laws 1 and 2 under kill -9 of every process, in the middle of a demo.

Its short forms are the demo on a cluster, whose processes are killed alike, and a round of torture.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.acceptance import plain_world
from tests.acceptance.running_demo import Logs, RunningDemo
from tests.long import long

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

pytestmark = [long, pytest.mark.timeout(300)]

_BYSTANDER = "execute-beta-1"


def kill_each(demo: RunningDemo, *, spared: Collection[str] = ()) -> None:
    """Kill every part once, each with signals undecided or orders unreported.

    What a server or an archive has in hand shows while an executor is held: its orders wait.

    Args:
        demo: sends alerts.
        spared: parts that are not its own.
    """
    logs = Logs(demo.system)

    def orders_wait() -> bool:
        return logs.unreported() > 0

    def rows_wait(store: str) -> Callable[[], bool]:
        return lambda: orders_wait() and logs.behind(store) > 0

    for part, held, hit in (
        ("trade-0", "trade-0", lambda: logs.undecided() > 0),
        ("execute-alpha-1", "execute-alpha-1", orders_wait),
        ("archive-duckdb", _BYSTANDER, rows_wait("duckdb")),
        ("clickhouse", _BYSTANDER, rows_wait("clickhouse")),
        ("archive-clickhouse", _BYSTANDER, rows_wait("clickhouse")),
        ("valkey", _BYSTANDER, orders_wait),
    ):
        if part in spared:
            continue
        before = demo.kill(part, hit, held=held)
        demo.wait_again(part, before)


def audit(home: Path) -> str:
    """What `tradecast audit` prints; it must find nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "flows", "audit", "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_order_is_lost_or_doubled_when_every_process_is_killed(tmp_path: Path) -> None:
    """In a world where all must trade: the brokers' books hold each order exactly once."""
    file, replay = tmp_path / "plain.toml", tmp_path / "alerts.ndjson"
    file.write_text(plain_world.world(30), encoding="utf-8")
    replay.write_text(plain_world.alerts(seed=7, seconds=24), encoding="utf-8")
    given = ["--world", str(file), "--alerts", str(replay), "--seconds", "24"]

    with RunningDemo(tmp_path, given) as demo:
        demo.wait_sending()
        kill_each(demo)
        result = demo.wait_end()

    assert result["code"] == 0, demo.errors()
    assert result["unaccounted"] == 0
    assert result["duplicates"] == 0
    audit(demo.home)
    plain_world.check(demo.system, demo.home)
