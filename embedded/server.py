"""The life of one server process: start, wait until it answers, stop by process id."""

from __future__ import annotations

import os
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from embedded import launch
from embedded.errors import ServerFailed, Unwritable
from embedded.output import keep_small
from embedded.ports import check_port_free

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from embedded.lock import DirectoryLock

Answer = Literal["ready", "loading", "none"]
"""What a server says when it is asked whether it is there: `loading` while it reads its data."""

_POLL_SECONDS = 0.01
_LOG_TAIL_BYTES = 4096


class Server(ABC):
    """A server that this process starts and stops; it owns one data directory.

    Args:
        directory: its data; created (0700) if missing, used by one server at a time.
        port: TCP port on loopback.
        log: file that takes what it prints; appended to (see `embedded.output`).
        die_with_parent: end it with SIGTERM when the thread that called `start` ends (Linux,
            best effort): for tests, and for a supervisor that starts servers in its main thread.
    """

    name: str

    def __init__(self, directory: Path, port: int, log: Path, *, die_with_parent: bool) -> None:
        self.directory = directory.absolute()
        self.port = port
        self.log = log
        self._die_with_parent = die_with_parent
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """How the last process ended (negative: the signal), None if it lives or never was."""
        return None if self._process is None else self._process.poll()

    @abstractmethod
    def start(self) -> None:
        """Start the process; harmless while it runs. It need not answer yet: `wait_ready`."""

    @abstractmethod
    def answer(self) -> Answer:
        """Ask once whether it is there."""

    def ready(self) -> bool:
        """Whether it answers now, with its data."""
        return self.answer() == "ready"

    def wait_ready(
        self, timeout: float = 60.0, given_up: Callable[[], bool] = lambda: False
    ) -> None:
        """Wait until it answers, or nobody wants it any more.

        Args:
            timeout: seconds that it may take; those that it says it reads its data do not count.
            given_up: whether to wait no longer.

        Raises:
            ServerFailed: it ended, or did not answer in time; the message has its last words.
        """
        deadline = time.monotonic() + timeout
        # Asked once a round: a busy server takes its time for each answer, and any of them counts.
        while (answer := self.answer()) != "ready" and not given_up():
            if not self.running:
                raise ServerFailed(
                    f"{self.name} on {self.directory} ended with code {self.returncode}:"
                    f" {self._last_words()}"
                )
            if answer == "loading":
                deadline = time.monotonic() + timeout
            elif time.monotonic() > deadline:
                raise ServerFailed(
                    f"{self.name} on {self.directory} did not answer within {timeout:g} s:"
                    f" {self._last_words()}"
                )
            time.sleep(_POLL_SECONDS)

    def stop(self, grace: float = 10.0) -> None:
        """End the process: SIGTERM, and SIGKILL if it still lives after a while.

        Args:
            grace: seconds between the two signals.
        """
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _spawn(
        self, argv: Sequence[str], *, stdin: bytes = b"", lock: DirectoryLock | None = None
    ) -> None:
        """Start the program, in a session of its own so that Ctrl-C reaches the supervisor only.

        Args:
            argv: the program's absolute path and its arguments; no secret may stand here.
            stdin: all that it reads from standard input.
            lock: a lock that is to last as long as the program.
        """
        check_port_free(self.port, user=self.name)
        if self._die_with_parent:
            argv = launch.bound(argv)
        with self._open_log() as log:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                pass_fds=() if lock is None else (lock.fileno(),),
                start_new_session=True,
            )
        self._process = process
        if lock is not None:
            lock.name_holder(process.pid)
        assert process.stdin is not None
        try:
            with process.stdin as pipe:
                pipe.write(stdin)
        except BrokenPipeError:
            # It ended before it read: wait_ready says so, with its last words.
            process.wait()

    def _open_log(self) -> BinaryIO:
        make_private(self.log.parent)
        try:
            keep_small(self.log)
            return self.log.open("ab")
        except OSError as error:
            raise Unwritable(f"cannot write {self.log}: {error.strerror}") from error

    def _make_directory(self) -> None:
        make_private(self.directory)

    def _last_words(self) -> str:
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
                lines = log.read().decode("utf-8", "replace").strip().splitlines()
        except OSError:
            lines = []
        return f"{lines[-1].strip()} (see {self.log})" if lines else f"nothing in {self.log}"


def make_private(directory: Path) -> None:
    """Create a directory (0700), with its parents, if it is missing.

    Raises:
        Unwritable: it cannot be created.
    """
    try:
        Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(
            f"cannot create {directory}: {error.strerror}; give this user write access, or choose"
            " another directory"
        ) from error
