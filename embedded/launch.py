"""Run a program that gets SIGTERM when its parent dies (Linux; elsewhere it just runs).

Started as a script, by path, with `python -I -S launch.py PARENT_PID PROGRAM ARGUMENT...`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGTERM on the death of the thread that started this process.

    Args:
        parent: the process id that is expected to be the parent; if it is no longer, this
            process ends at once, for the signal would never come.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


def bound(argv: Sequence[str]) -> list[str]:
    """Return the command line that runs a program which ends when this process is gone.

    Args:
        argv: the program's absolute path, and its arguments.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
