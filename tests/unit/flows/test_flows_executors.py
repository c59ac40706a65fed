"""Which executors run, and which instances have none."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from config import change, world
from flows import executors
from flows.executors import ExecutorPart
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_700_000_000_000_000


def _tables(*instances: dict[str, Any]) -> Any:
    made = {
        "brokers": [{"key": "b", "name": "B", "server": "B-Demo"}],
        "instruments": [{"broker": "b", "symbols": ["EURUSD"]}],
        "instances": [{"key": "one", "broker": "b"}, *instances],
    }
    return change.apply(world.parse(made), None, NOW).tables


def test_an_instance_that_nothing_drives_is_named_with_its_reason() -> None:
    real = {"broker": "b", "kind": "mt5", "path": "C:/terminal64.exe"}
    tables = _tables({"key": "real", **real}, {"key": "off", "status": "inactive", **real})
    assert list(executors.wanted(tables)) == ["execute-one"]
    (found,) = executors.undriven(tables)
    assert (found["name"], found["state"], found["pid"]) == ("execute-real", "not running", None)
    assert found["error"] == "instance real is of the kind mt5; this release drives simulated ones"


def test_what_is_wanted_runs_and_what_failed_is_tried_again() -> None:
    begun: list[str] = []
    ended: list[str] = []
    broken = True

    def stop(name: str) -> None:
        ended.append(name)
        if broken:
            raise OSError("a full disk")

    kept = executors.Executors(begun.append, stop)
    kept.follow(_tables({"key": "two", "broker": "b"}))
    assert begun == ["one", "two"]
    with pytest.raises(OSError, match="full"):
        kept.follow(_tables())
    broken = False
    kept.follow(_tables({"key": "three", "broker": "b"}))
    assert (begun, ended) == (["one", "two", "three"], ["execute-two"])


def test_an_executor_that_ends_well_is_no_error_and_may_come_back(tmp_path: Path) -> None:
    argv = [sys.executable, "-S", "-c", ""]
    part = ExecutorPart("execute-one", 2, argv, tmp_path / "out", {})
    part.start(time.monotonic())
    eventually(lambda: part.returncode == 0, what="its end")
    now = time.monotonic()
    part.look(now)
    assert (part.error, part.restarts) == ("", 0)
    part.look(now + 1)
    assert part.restarts == 0, "up may not have seen the configuration yet"
    part.look(now + 60)
    assert part.restarts == 1
    part.kill()


def test_an_executor_that_fails_is_an_error(tmp_path: Path) -> None:
    argv = [sys.executable, "-S", "-c", "raise SystemExit(70)"]
    part = ExecutorPart("execute-one", 2, argv, tmp_path / "out", {})
    part.start(time.monotonic())
    eventually(lambda: part.returncode == 70, what="its end")
    part.look(time.monotonic())
    assert "70" in part.error
