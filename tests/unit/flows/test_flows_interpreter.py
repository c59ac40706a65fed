"""A process starts without what it does not need, and ends when it is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.errors import Exit

THREADS = """
from flows.interpreter import start
start()
import numpy
from pathlib import Path
print(len(list(Path("/proc/self/task").iterdir())))
"""

GARBAGE = """
import gc
from flows.interpreter import start
made = gc.get_stats()[0]["collections"]
start()
import flows.trade
print(gc.get_stats()[0]["collections"] - made)
"""
RUNS = """
import gc
from bytewax import operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource
from flows.interpreter import start
from flows.process import run_flow
usual = gc.get_threshold()
start()
flow = Dataflow("none")
op.output("out", op.input("in", flow, TestingSource([1])), TestingSink([]))
run_flow(flow)
print(gc.get_threshold() == usual, gc.get_freeze_count() > 0)
"""
LAST = """
import atexit, logging, sys
from flows.interpreter import end
handler = logging.FileHandler(sys.argv[1], delay=True)
logging.getLogger().addHandler(handler)
logging.warning("logged")
atexit.register(print, "freed")
print("said", end="")
print("complained", end="", file=sys.stderr)
end(3)
"""


def _said(*command: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout, done.stderr


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux tells of threads here")
def test_a_command_has_no_threads_for_matrices() -> None:
    said, errors = _said("-c", THREADS)
    assert (said.splitlines()[-1], errors) == ("1", "")


def test_a_start_hardly_looks_for_garbage() -> None:
    said, errors = _said("-c", GARBAGE)
    assert not errors
    assert int(said.splitlines()[-1]) < 20, "of what it makes nothing is garbage"


def test_a_flow_that_runs_looks_for_garbage_a_little_at_a_time() -> None:
    assert _said("-c", RUNS) == ("True True\n", "")


def test_an_end_frees_nothing_and_loses_no_word(tmp_path: Path) -> None:
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", LAST, str(log)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "said", "complained")
    assert log.read_text() == "logged\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["query"]])
def test_who_cannot_write_says_so(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flows", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == Exit.CANNOT_CREATE
    assert done.stderr == "tradecast: cannot write: No space left on device\n"


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m flows --version | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_without_an_output_ends_well() -> None:
    command = f"{sys.executable} -m flows --version >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
