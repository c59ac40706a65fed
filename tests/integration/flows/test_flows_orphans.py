"""What a process runs beside itself ends with it, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import eventually

# The child tells its process id and sleeps.
_CHILD = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
_CHORE = """
import os, sys, time
from pathlib import Path
from flows.chore import Chore
here = Path(sys.argv[1])
(here / "mark").touch()
os.utime(here / "mark", (1, 1))
chore = Chore(sys.argv[2:], here / "out", here / "mark", every=1)
chore.look(time.time())
time.sleep(600)
"""
_ROUND = """
import logging, sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from flows.snapshots.process import Schedule, rounds
from sources.stop import Stop
schedule = Schedule(delay=timedelta(0), retry=timedelta(0))
frame = SimpleNamespace(stop=Stop(), log=logging.getLogger())
rounds(sys.argv[2:], schedule, frame, lambda: datetime.now(UTC))
"""


@pytest.mark.parametrize("program", [_CHORE, _ROUND], ids=["chore", "round"])
def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path, program: str) -> None:
    told = tmp_path / "pid"
    child = [sys.executable, "-c", _CHILD, str(told)]
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path), *child]) as parent:
        eventually(lambda: told.exists() and told.read_text(), 30, what="the child")
        parent.send_signal(signal.SIGKILL)
    pid = int(told.read_text())
    eventually(lambda: not _lives(pid), what="the child's end")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; nobody has looked.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
