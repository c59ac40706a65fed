"""A command that `tradecast up` runs now and then, beside everything else."""

from __future__ import annotations

import logging
import os
import subprocess
from typing import TYPE_CHECKING

from embedded import launch
from embedded.output import keep_small

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOG = logging.getLogger("tradecast.up")
_GRACE_SECONDS = 10.0
# After a failure it is tried sooner than the next time is due.
_AGAIN_SECONDS = 3600.0


class Chore:
    """One command; it never runs twice at once, and its failure stops nothing.

    Args:
        argv: the command.
        output: file that takes what it prints.
        mark: file whose time says when it last ended well, for the next start of the system.
        every: seconds between two runs; 0 for never.
    """

    def __init__(self, argv: Sequence[str], output: Path, mark: Path, *, every: float) -> None:
        self._argv = list(argv)
        self._output = output
        self._mark = mark
        self._every = every
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None else None

    def look(self, now: float) -> None:
        """Start it if it is due, and see what became of it if it has ended.

        Args:
            now: seconds since 1970.
        """
        try:
            if self._process is not None:
                code = self._process.poll()
                if code is not None:
                    self._process = None
                    self._ended(code, now)
            elif self._every and now >= self._not_before and now >= self._due():
                self._start()
        except OSError as error:
            # A full disk, or one that only reads: nothing that its owner may end of.
            LOG.error("cannot run %s: %s", self._output.stem, error)  # noqa: TRY400
            self._not_before = now + _AGAIN_SECONDS

    def stop(self) -> None:
        """End it if it runs: what it had done stays done."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _due(self) -> float:
        try:
            return self._mark.stat().st_mtime + self._every
        except FileNotFoundError:
            # A new system has nothing to put in order: its first time is one period from now.
            self._mark.touch()
            return self._mark.stat().st_mtime + self._every

    def _start(self) -> None:
        keep_small(self._output)
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                launch.bound(self._argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _ended(self, code: int, now: float) -> None:
        name = self._output.stem
        if code:
            LOG.error("%s ended with code %d; see %s", name, code, self._output)
            self._not_before = now + _AGAIN_SECONDS
            return
        LOG.info("%s is done", name)
        self._mark.touch()
        os.utime(self._mark, (now, now))
