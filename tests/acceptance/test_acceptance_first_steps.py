"""What a new user does: start, tell of a world, send a signal, look at what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("acceptance")]

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "world.toml"


def tradecast(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments, "--home", str(home)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Path]:
    """A running system in an empty home, which must end well when it is told to."""
    home = tmp_path / "home"
    log = tmp_path / "up.out"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows", "up", "--home", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TRADECAST_PARENT": str(os.getpid())},
        )
        try:
            eventually(lambda: "Ctrl-C stops it" in log.read_text(), 60, what="up")
            yield home
        finally:
            child.send_signal(signal.SIGTERM)
            code = child.wait(60)
    assert code == 0, log.read_text()
    assert "ended with code" not in log.read_text()


def rows(home: Path, query: str) -> list[dict[str, object]]:
    done = tradecast(home, "sql", "--format", "json", query)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_a_signal_is_traded_after_up_apply_and_send(up: Path) -> None:
    applied = tradecast(up, "apply", str(EXAMPLE))
    assert applied.returncode == 0, applied.stderr
    body = {"strategy": "gold", "symbol": "GOLD"}

    def filled(action: str) -> int:
        # A terminal that has just started has no prices yet: such a signal is refused, with why.
        number = len(rows(up, "SELECT signal_id FROM trade_signal"))
        line = json.dumps({**body, "action": action, "signal_id": f"first-{number}"})
        sent = tradecast(up, "send", "-", stdin=line)
        assert sent.returncode == 0, sent.stderr
        return len(rows(up, "SELECT 1 FROM signal_execution_status WHERE outcome = 'filled'"))

    eventually(lambda: filled("buy") > 0, 60, what="a filled order", poll=1)
    names = rows(up, "SELECT key FROM strategies ORDER BY key")
    assert [row["key"] for row in names] == ["gold", "london", "night"]
    file = up.parent / "world.toml"
    file.write_text(EXAMPLE.read_text().replace('name = "Alpha Markets"', 'name = "Alpha Two"'))
    assert tradecast(up, "apply", str(file)).returncode == 0
    versions = rows(up, "SELECT name, config_version FROM brokers_versions WHERE key = 'alpha'")
    assert {row["name"]: row["config_version"] for row in versions} == {
        "Alpha Markets": 1,
        "Alpha Two": 2,
    }
    # The executors of that broker have begun anew, and trade on.
    before = filled("buy")
    eventually(lambda: filled("close") > before, 60, what="orders after the change", poll=1)
    status = tradecast(up, "status", "--format", "json")
    assert status.returncode == 0, status.stderr
