"""A chore runs when it is due, once at a time, and what becomes of it harms nobody."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from flows.chore import Chore
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600.0


def chore(path: Path, code: str, every: float = HOUR) -> Chore:
    argv = [sys.executable, "-c", code]
    return Chore(argv, path / "chore.out", path / "mark", every=every)


def finish(one: Chore, now: float) -> None:
    def ended() -> bool:
        one.look(now)
        return one.pid is None

    eventually(ended, what="the end of the chore")


def test_it_runs_one_period_after_the_system_began_and_then_again(tmp_path: Path) -> None:
    one = chore(tmp_path, "print('worked')")
    (tmp_path / "mark").touch()
    os.utime(tmp_path / "mark", (1000, 1000))
    one.look(1000 + HOUR - 1)
    assert one.pid is None
    one.look(1000 + HOUR)
    assert one.pid is not None
    finish(one, 1000 + HOUR)
    assert (tmp_path / "chore.out").read_text() == "worked\n"
    one.look(1000 + HOUR + 1)
    assert one.pid is None
    # A restart of the system does not run it again, nor does it begin to count anew.
    again = chore(tmp_path, "print('worked')")
    again.look(1000 + 2 * HOUR - 1)
    assert again.pid is None
    again.look(1000 + 2 * HOUR)
    assert again.pid is not None
    finish(again, 1000 + 2 * HOUR)


def test_a_failure_is_tried_again_sooner_than_it_is_due(tmp_path: Path) -> None:
    one = chore(tmp_path, "raise SystemExit(1)", every=24 * HOUR)
    (tmp_path / "mark").touch()
    os.utime(tmp_path / "mark", (1000, 1000))
    now = 1000 + 24 * HOUR
    one.look(now)
    finish(one, now)
    one.look(now + HOUR - 1)
    assert one.pid is None
    one.look(now + HOUR)
    assert one.pid is not None
    finish(one, now + HOUR)


def test_it_never_runs_where_it_is_switched_off(tmp_path: Path) -> None:
    one = chore(tmp_path, "print('worked')", every=0)
    one.look(1e12)
    assert one.pid is None


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", ""]
    one = Chore(argv, tmp_path / "chore.out", tmp_path / "gone" / "mark", every=HOUR)
    one.look(1e9)
    (tmp_path / "gone").mkdir()
    one.look(1e9 + HOUR - 1)
    assert not (tmp_path / "gone" / "mark").exists(), "it is not tried twenty times a second"
    one.look(1e9 + HOUR)
    assert (tmp_path / "gone" / "mark").exists()


def test_it_ends_with_the_system(tmp_path: Path) -> None:
    one = chore(tmp_path, "import time; time.sleep(600)")
    (tmp_path / "mark").touch()
    os.utime(tmp_path / "mark", (1000, 1000))
    one.look(1000 + HOUR)
    pid = one.pid
    assert pid is not None
    one.stop()
    assert one.pid is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return
    raise AssertionError("it still runs")
