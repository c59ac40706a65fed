"""Striking a running system by a plan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.torture.surroundings import full_disk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.running_demo import RunningDemo
    from tests.torture.plan import Blow, Plan
    from tests.torture.surroundings import Surroundings

_TICK = 0.05
_LOCK = """
import sys, time, duckdb
end = time.monotonic() + 5
while True:
    try:
        held = duckdb.connect(sys.argv[1])
        break
    except duckdb.Error:
        if time.monotonic() > end:
            sys.exit(1)
        time.sleep(0.02)
time.sleep(float(sys.argv[2]))
"""


class Chaos:
    """Carries out the blows of a plan from a thread, each begun at its time.

    Args:
        demo: the system.
        around: what it stands on.
        plan: what is to happen.
        disk: the directory whose filesystem can be filled.
    """

    def __init__(self, demo: RunningDemo, around: Surroundings, plan: Plan, disk: Path) -> None:
        self._demo = demo
        self._around = around
        self._plan = plan
        self._disk = disk
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self.errors: list[str] = []

    def run(self) -> None:
        """Strike all blows, and keep Valkey running until the demo is over.

        Valkey is started by this thread alone: it ends with the thread that has started it.
        """
        start = time.monotonic()
        for blow in self._plan.blows:
            self._keep(until=start + blow.at)
            if self._plan.clickhouse_down:
                self._kill("clickhouse")
            # Blows may overlap: each has a thread of its own.
            thread = threading.Thread(target=self._strike, args=(blow,))
            thread.start()
            self._threads.append(thread)
        while not self._over.is_set():
            self._keep(until=time.monotonic() + _TICK)
        for thread in self._threads:
            thread.join()

    def over(self) -> None:
        """Say that the demo has ended."""
        self._over.set()

    def _keep(self, until: float) -> None:
        while True:
            if not self._around.valkey.running:
                self._around.start_valkey()
            if time.monotonic() >= until or self._over.is_set():
                return
            time.sleep(_TICK)

    def _strike(self, blow: Blow) -> None:
        try:
            getattr(self, f"_{blow.what.replace(' ', '_')}_blow")(blow)
        except (AssertionError, OSError) as error:
            self.errors.append(f"{blow}: {error}")

    def _kill(self, part: str, number: int = signal.SIGKILL) -> None:
        pid = self._demo.pid(part)
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _kill_blow(self, blow: Blow) -> None:
        self._kill(blow.part)

    def _kill_all_blow(self, _: Blow) -> None:
        for part in self._demo.parts():
            self._kill(part)
        self._kill_valkey_blow(_)

    def _pause_blow(self, blow: Blow) -> None:
        pid = self._demo.pid(blow.part)
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                time.sleep(blow.seconds)
                os.kill(pid, signal.SIGCONT)

    def _reset_blow(self, _: Blow) -> None:
        self._around.proxy.reset()

    def _stall_blow(self, blow: Blow) -> None:
        self._around.proxy.stall()
        time.sleep(blow.seconds)
        self._around.proxy.flow()

    def _kill_valkey_blow(self, _: Blow) -> None:
        if pid := self._around.valkey.pid:
            os.kill(pid, signal.SIGKILL)

    def _restart_valkey_blow(self, _: Blow) -> None:
        if pid := self._around.valkey.pid:
            os.kill(pid, signal.SIGTERM)

    def _clock_blow(self, blow: Blow) -> None:
        self._around.valkey.step(blow.seconds)
        time.sleep(3)
        self._around.valkey.step(0.0)

    def _lock_duckdb_blow(self, blow: Blow) -> None:
        file = self._demo.home / "duckdb" / "archive.duckdb"
        command = [sys.executable, "-c", _LOCK, str(file), str(blow.seconds)]
        holder = subprocess.Popen(command)
        self._kill("archive-duckdb")
        holder.wait(30)

    def _fill_disk_blow(self, blow: Blow) -> None:
        with full_disk(self._disk):
            time.sleep(blow.seconds)
