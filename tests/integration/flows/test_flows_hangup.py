"""A system whose terminal goes away stops in order."""

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

from embedded.home import open_home
from tests.migrated import clickhouse_into, duckdb_into


def test_a_system_whose_terminal_is_closed_stops_in_order(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    clickhouse_into(home.clickhouse_dir)
    duckdb_into(home.duckdb_dir)
    pid, terminal = pty.fork()
    if pid == 0:
        # Whoever runs the tests may ignore hangups, and children inherit that.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        words = [sys.executable, "-m", "flows", "up", "--home", str(home.path)]
        os.execv(sys.executable, words)
    said = b""
    try:
        while b"Ctrl-C stops it" not in said:
            assert select.select([terminal], [], [], 60)[0], said
            said += os.read(terminal, 4096)
    finally:
        os.close(terminal)  # the kernel tells the session that it is gone
        code = _code(pid)
    assert code == 0
    assert not (home.run_dir / "up.json").exists()


def _code(pid: int) -> int:
    """How a child ends, which is killed if it does not."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
