"""What the demo says of its steps while a terminal looks on, and only then."""

import os
import pty
import subprocess
import sys

import pytest

PROGRAM = """
from flows.demo.progress import step
with step("starting it", show={show}):
    pass
print("done")
"""


@pytest.mark.parametrize("show", [True, False])
def test_a_step_is_told_to_a_terminal(show: bool) -> None:
    ours, its = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(show=show)],
        stdout=subprocess.PIPE,
        stderr=its,
        env={**os.environ, "TERM": "xterm"},
        check=True,
    )
    os.close(its)
    try:
        seen = os.read(ours, 1 << 16)
    except OSError:  # nothing was written, and nobody has it open any more
        seen = b""
    os.close(ours)
    assert (b"starting it" in seen) is show
    assert done.stdout == b"done\n"


def test_a_step_is_not_told_to_a_file() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(show=True)], capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"done\n", b"")
