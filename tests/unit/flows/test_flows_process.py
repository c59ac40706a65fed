"""What asks a process to stop, and what does not."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import eventually

# Tells that it listens, waits until it is asked to stop, and then until it may end.
_PROGRAM = """
import signal, sys, time
from pathlib import Path
from flows.process import watch_signals
from sources.stop import Stop
# Whoever runs the tests may ignore hangups, and children inherit that.
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[2] == "nohup" else signal.SIG_DFL)
stop = Stop()
watch_signals(stop)
signal.signal(signal.SIGUSR1, lambda *_: Path(sys.argv[3]).write_text(str(stop.requested)))
Path(sys.argv[1]).touch()
while not stop.requested:
    time.sleep(0.01)
Path(sys.argv[1]).unlink()
while not Path(sys.argv[4]).exists():
    time.sleep(0.01)
"""


@contextmanager
def _started(mark: Path, how: str = "plain") -> Iterator[subprocess.Popen[bytes]]:
    words = [str(mark), how, str(mark.with_suffix(".told")), str(mark.with_suffix(".end"))]
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, *words])
    try:
        eventually(mark.exists, 30, what="the process")
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_process_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "mark"
    with _started(mark) as process:
        mark.with_suffix(".end").touch()
        process.send_signal(number)
        assert process.wait(10) == 0


def test_a_hangup_that_comes_twice_leaves_the_stop_in_order(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with _started(mark) as process:
        process.send_signal(signal.SIGHUP)
        eventually(lambda: not mark.exists(), what="its wish to stop")
        process.send_signal(signal.SIGHUP)
        mark.with_suffix(".end").touch()
        assert process.wait(10) == 0


def test_a_second_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with _started(mark) as process:
        process.send_signal(signal.SIGINT)
        eventually(lambda: not mark.exists(), what="its wish to stop")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT


def test_a_hangup_that_is_ignored_stops_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with _started(mark, "nohup") as process:
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR1)  # what is asked of both is done in their order
        told = mark.with_suffix(".told")
        eventually(lambda: told.exists() and told.read_text(), what="an answer")
        assert told.read_text() == "False"
        mark.with_suffix(".end").touch()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
