"""The supervisor on real processes: what dies comes back, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embedded.output import LIMIT
from embedded.processes import alive
from flows.parts import FIRST_PAUSE, ProcessPart
from flows.supervisor import Supervisor
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True);"
    " time.sleep(600)"
)
ORPHAN = """
import sys
from pathlib import Path
from flows.parts import ProcessPart
from flows.supervisor import Supervisor
from flows.process import PARENT
code = "import os; from embedded.launch import die_with_parent;" \
       "die_with_parent(int(os.environ['TRADECAST_PARENT'])); import time; print('on', flush=True);" \
       "time.sleep(600)"
out = Path(sys.argv[1])
supervisor = Supervisor()
supervisor.add(ProcessPart("child", 0, [sys.executable, "-P", "-c", code], out, {}))
print(supervisor.parts["child"].pid, flush=True)
supervisor.watch(lambda: False, lambda: None, 60)
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    for part in made.parts.values():
        part.kill()


def part(tmp_path: Path, code: str, name: str = "part", stage: int = 0) -> ProcessPart:
    return ProcessPart(
        name, stage, [sys.executable, "-S", "-c", code], tmp_path / f"{name}.out", {}
    )


def watch(supervisor: Supervisor, condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 20
    supervisor.watch(lambda: condition() or time.monotonic() > deadline, lambda: None, 60)
    assert condition()


def test_a_killed_child_is_started_again(tmp_path: Path, supervisor: Supervisor) -> None:
    child = part(tmp_path, SLEEP)
    supervisor.add(child)
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    watch(supervisor, lambda: child.restarts == 1 and child.pid is not None)
    assert child.pid != first
    assert "signal 9" in child.error


def test_the_pause_grows_and_the_last_words_are_kept(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    child = part(tmp_path, "print('no such luck'); raise SystemExit(3)")
    began = time.monotonic()
    supervisor.add(child)
    watch(supervisor, lambda: child.restarts == 3)
    # Three pauses, each twice the one before, a fifth less at the shortest.
    assert time.monotonic() - began >= 0.8 * FIRST_PAUSE * (1 + 2 + 4)
    watch(supervisor, lambda: child.error == "ended with code 3: no such luck")


def test_what_cannot_be_started_is_tried_again(tmp_path: Path, supervisor: Supervisor) -> None:
    child = ProcessPart("ghost", 0, ["/no/such/program"], tmp_path / "ghost.out", {})
    supervisor.add(child)
    watch(supervisor, lambda: child.restarts >= 1)
    assert "/no/such/program" in child.error
    assert child.pid is None


def test_stages_stop_one_after_the_other(tmp_path: Path, supervisor: Supervisor) -> None:
    server, flow = part(tmp_path, SLEEP, "server", 0), part(tmp_path, SLEEP, "flow", 1)
    supervisor.add(flow)
    supervisor.add(server)
    assert [each["name"] for each in supervisor.facts()] == ["server", "flow"]
    flow_pid, server_pid = flow.pid, server.pid
    assert flow_pid
    assert server_pid
    supervisor.stop((1,))
    assert not alive(flow_pid)
    assert alive(server_pid)
    supervisor.stop((0,))
    assert not alive(server_pid)
    assert not supervisor.parts


def test_who_ignores_sigterm_is_killed(
    tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.supervisor.GRACE_SECONDS", 0.3)
    child = part(tmp_path, STUBBORN)
    supervisor.add(child)
    eventually((tmp_path / "part.out").read_text, what="its first word")
    pid = child.pid
    assert pid
    supervisor.stop((0,))
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel must tell of the parent's death")
def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    out = tmp_path / "child.out"
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", ORPHAN, str(out)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        eventually(out.read_text, what="the child's first word")
        process.kill()
    eventually(lambda: not alive(child), what="the end of the child")


# What is printed while a file is put aside may be lost: it prints on when that is over.
MUCH = f"""
import os, time
for _ in range(3):
    print("x" * {LIMIT + 1_000_000}, flush=True)
    while os.fstat(1).st_size > {LIMIT}:
        time.sleep(0.01)
print("end", flush=True)
time.sleep(600)
"""


def test_what_a_part_prints_is_kept_small_while_it_runs(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    child = part(tmp_path, MUCH)
    supervisor.add(child)
    deadline = time.monotonic() + 60

    def ended() -> bool:
        return child.last_words() == "end" or time.monotonic() > deadline

    supervisor.watch(ended, lambda: None, 0.05)
    assert child.last_words() == "end"
    assert child.output.stat().st_size <= LIMIT
    assert (tmp_path / "part.out.1").stat().st_size == LIMIT
