"""The processes that a supervisor keeps running: flows of ours, and embedded servers.

They end with the supervisor's process, even when it is killed (Linux: the kernel sends them
SIGTERM).
"""

from __future__ import annotations

import logging
import os
import random
import subprocess
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from embedded.errors import EmbeddedError
from embedded.output import keep_small, last_line
from flows.process import PARENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from embedded.server import Server

LOG = logging.getLogger("tradecast.up")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
# Who ran this long is healthy: its next failure starts with the shortest pause again.
HEALTHY_SECONDS = 60.0


class Part(ABC):
    """One process that is kept running.

    Args:
        name: as `status` shows it.
        stage: parts of a lower stage are started before, and stopped after, those of a higher.
    """

    def __init__(self, name: str, stage: int) -> None:
        self.name = name
        self.stage = stage
        self.restarts = 0
        self.started_at = 0.0
        self.error = ""
        self.next_start = 0.0
        self._pause = FIRST_PAUSE
        self._up = False

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """Process id while it lives."""

    @property
    @abstractmethod
    def returncode(self) -> int | None:
        """How it ended; None while it lives."""

    @abstractmethod
    def launch(self) -> None:
        """Start the process."""

    @abstractmethod
    def terminate(self) -> None:
        """Ask it to end."""

    @abstractmethod
    def kill(self) -> None:
        """End it, and wait until it is gone."""

    @property
    @abstractmethod
    def output(self) -> Path:
        """The file that takes what it prints."""

    @abstractmethod
    def last_words(self) -> str:
        """The last line it printed, for the log."""

    def start(self, now: float) -> None:
        """Start it; a failure to start is an end like any other."""
        try:
            self.launch()
        except (EmbeddedError, OSError) as error:
            self._ended(str(error), now)
            return
        self._up = True
        self.started_at = now

    def look(self, now: float) -> None:
        """Start it again when it has ended and its pause is over."""
        if self._up and self.returncode is not None:
            code = self.returncode
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            words = self.last_words()
            self._ended(f"{how}{': ' if words else ''}{words}", now)
        if not self._up and now >= self.next_start:
            self.restarts += 1
            LOG.warning("starting %s again", self.name, extra={"restarts": self.restarts})
            self.start(now)

    def bound_output(self) -> None:
        """Keep the file of what it prints small; a full disk leaves it as it is."""
        try:
            keep_small(self.output)
        except OSError as error:
            LOG.warning("cannot put %s aside: %s", self.output, error)

    def facts(self) -> dict[str, Any]:
        """What `status` shows of it; times are microseconds since 1970."""
        ago = time.monotonic() - self.started_at
        return {
            "name": self.name,
            "pid": self.pid,
            "state": "running" if self._up else "waiting to be started again",
            "started_at": int((time.time() - ago) * 1_000) * 1_000 if self._up else 0,
            "restarts": self.restarts,
            "error": self.error,
        }

    def _ended(self, why: str, now: float) -> None:
        if self._up and now - self.started_at >= HEALTHY_SECONDS:
            self._pause = FIRST_PAUSE
        self._up = False
        self.error = why
        # Jitter, so that parts that died of one cause do not come back as one crowd.
        self.next_start = now + self._pause * random.uniform(0.8, 1.2)  # noqa: S311
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        LOG.error("%s %s", self.name, why)


class ProcessPart(Part):
    """A process of ours, started as a command."""

    def __init__(
        self, name: str, stage: int, argv: Sequence[str], output: Path, env: dict[str, str]
    ) -> None:
        super().__init__(name, stage)
        self._argv = list(argv)
        self._output = output
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @override
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    @override
    def returncode(self) -> int | None:
        return None if self._process is None else self._process.poll()

    @override
    def launch(self) -> None:
        self._output.write_bytes(b"")
        # For appending: it is emptied when it has grown too large.
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._env, PARENT: str(os.getpid())},
                # Of its own, so that Ctrl-C reaches the supervisor only, which stops in order.
                start_new_session=True,
            )

    @override
    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    @override
    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        if self._process is not None:
            self._process.wait()

    @property
    @override
    def output(self) -> Path:
        return self._output

    @override
    def last_words(self) -> str:
        return last_line(self._output)[:500]


class ServerPart(Part):
    """An embedded server; see `embedded.server`."""

    def __init__(self, server: Server, stage: int) -> None:
        super().__init__(server.name, stage)
        self.server = server

    @property
    @override
    def pid(self) -> int | None:
        return self.server.pid

    @property
    @override
    def returncode(self) -> int | None:
        return self.server.returncode

    @override
    def launch(self) -> None:
        self.server.start()

    @override
    def terminate(self) -> None:
        pid = self.server.pid
        if pid is not None:
            os.kill(pid, 15)

    @override
    def kill(self) -> None:
        self.server.stop(0.0)

    @property
    @override
    def output(self) -> Path:
        return self.server.log

    @override
    def last_words(self) -> str:
        return ""
