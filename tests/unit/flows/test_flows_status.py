"""What `tradecast status` shows of processes that are not, or not any more, what they say."""

import json
import os
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from config.settings import Settings
from embedded.home import Home, open_home
from embedded.lock import DirectoryLock
from flows.context import System
from flows.errors import Exit
from flows.process import RunFile, write_json
from flows.status import look, show

SECOND = 1_000_000


def _error(home: Home, name: str, ago: float) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - ago))
    record = {"time": f"{at}.000Z", "level": "error", "message": f"of {ago:g} s ago"}
    with (home.log_dir / f"{name}.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps(record) + "\n")


def _up(home: Home, **more: Any) -> None:
    facts = {"name": "up", "pid": os.getpid(), "started_at": int((time.time() - 60) * SECOND)}
    write_json(home.run_dir / "up.json", facts | more)


def _processes(system: System) -> dict[str, Any]:
    return {one["name"]: one for one in look(system)["processes"]}


def test_only_errors_since_the_start_are_shown(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    system = System(home, Settings())
    with home.lock():
        _up(home)
        _error(home, "up", 3600)
        assert _processes(system)["up"]["last_error"] == ""
        _error(home, "up", 10)
        assert _processes(system)["up"]["last_error"].endswith("of 10 s ago")


def test_a_left_file_of_a_flow_is_no_running_flow(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    system = System(home, Settings())
    (home.recovery_dir / "trade-0").mkdir()
    RunFile(home.run_dir / "trade-0.json", "trade-0").write(state="running", metrics_port=None)
    assert _processes(system)["trade-0"]["state"] == "stopped"
    with DirectoryLock(home.recovery_dir / "trade-0"):
        assert _processes(system)["trade-0"]["state"] == "running"


def test_a_flow_that_serves_no_metrics_need_not_answer(tmp_path: Path) -> None:
    """Who asks may have other settings than what runs."""
    home = open_home(tmp_path / "home")
    system = System(home, Settings())
    at = int((time.time() - 60) * SECOND)
    closed = socket.create_server(("127.0.0.1", 0))
    served = {"trade-0": None, "trade-1": closed.getsockname()[1]}
    closed.close()
    with home.lock(), ExitStack() as held:
        for name, port in served.items():
            (home.recovery_dir / name).mkdir()
            held.enter_context(DirectoryLock(home.recovery_dir / name))
            file = RunFile(home.run_dir / f"{name}.json", name)
            file.write(state="running", metrics_port=port, started_at=at)
        _up(home)
        facts = look(system)
    assert facts["problems"] == ["trade-1 does not answer"]
    assert {one["name"]: one["answers"] for one in facts["processes"]}["trade-0"] is None


def test_an_instance_without_an_executor_is_not_well(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    system = System(home, Settings())
    real = {"name": "execute-real", "pid": None, "state": "not running", "error": "of kind mt5"}
    with home.lock():
        _up(home, parts=[real])
        facts = look(system)
        assert show(system, "json") == Exit.PROBLEMS
    assert facts["problems"] == ["execute-real is not running"]
    assert facts["processes"][1]["last_error"] == "of kind mt5"
    assert show(system, "json") == Exit.UNAVAILABLE, "its file is left, and nobody holds the home"
