"""Whether a system runs is told by who holds its home, not by what is left in it."""

import os
import subprocess
import sys
from pathlib import Path

from config.settings import Settings
from embedded.home import Home, open_home
from flows.context import System
from flows.process import RunFile
from tests.servers import eventually

# Holds the home until it is ended.
_HOLDER = """
import sys, time
from pathlib import Path
from embedded.home import open_home
from flows.process import RunFile
home = open_home(Path(sys.argv[1]))
with home.lock():
    RunFile(home.run_dir / "up.json", "up").write(state="running")
    time.sleep(600)
"""


def _home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def test_a_left_file_whose_process_id_is_used_again_is_no_running_system(tmp_path: Path) -> None:
    home = _home(tmp_path)
    RunFile(home.run_dir / "up.json", "up").write(state="running")
    system = System(home, Settings())
    assert system.running() is None, "this process lives, and holds nothing"
    with home.lock():
        found = system.running()
        assert found is not None
        assert found["pid"] == os.getpid()
    assert system.running() is None


def test_who_holds_the_home_for_something_else_is_no_running_system(tmp_path: Path) -> None:
    home = _home(tmp_path)
    RunFile(home.run_dir / "up.json", "up").write(state="running", pid=1)
    with home.lock():
        assert System(home, Settings()).running() is None


def test_a_killed_system_does_not_run(tmp_path: Path) -> None:
    home = _home(tmp_path)
    system = System(home, Settings())
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(home.path)]) as process:
        eventually(lambda: system.running() is not None, 30, what="the system")
        process.kill()
    assert (home.run_dir / "up.json").exists()
    assert system.running() is None
