"""A lock on a directory that ends with the processes that hold it."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

from embedded.errors import Busy, Unwritable

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

LOCK_NAME = ".lock"
# Who only looks (`holder`) has the lock for an instant, which must keep nobody out.
_TRIES = 5
_PAUSE_SECONDS = 0.01


class DirectoryLock:
    """Exclusive use of one directory, by flock on a file in it.

    The kernel drops the lock with the last process that has the descriptor, so no stale lock
    outlives a kill -9. A server that is handed `fileno()` keeps the directory locked even when
    the process that started it is gone.

    Args:
        path: the directory; it must exist.
        error: what to raise when another process holds it.
    """

    def __init__(self, path: Path, *, error: type[Busy] = Busy) -> None:
        self.path = path
        self._error = error
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self) -> None:
        """Take the lock, without waiting; a second call is harmless.

        Raises:
            Busy: another process has it; the message names the directory and the process.
            Unwritable: the lock file cannot be opened.
        """
        if self._fd is not None:
            return
        try:
            fd = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unwritable(
                f"cannot lock {self.path}: {error.strerror}; give this user write access to it"
            ) from error
        if not _taken(fd):
            named = _named(fd) or "unknown"
            os.close(fd)
            raise self._error(
                f"{self.path} is in use by process {named}; stop that process, or use another"
                " directory"
            )
        self._fd = fd
        self.name_holder(os.getpid())

    def name_holder(self, pid: int) -> None:
        """Write the process id that a second opener is told of."""
        fd = self.fileno()
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{pid}\n".encode("ascii"), 0)

    def fileno(self) -> int:
        """The descriptor that carries the lock, to be passed to a child process."""
        if self._fd is None:
            raise ValueError(f"{self.path} is not locked")
        return self._fd

    def release(self) -> None:
        """Let go of the directory; a child that was handed the descriptor keeps it locked.

        Closes only: LOCK_UN would take the lock away from the child as well.
        """
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def holder(path: Path) -> int | None:
    """The process that holds the lock of a directory; None if nobody does, or nobody knows who."""
    try:
        fd = os.open(path / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # Shared, so that those who look at once do not take each other for a holder.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        named = _named(fd)
        return int(named) if named.isascii() and named.isdigit() else None
    finally:
        os.close(fd)
    return None


def _taken(fd: int) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _named(fd: int) -> str:
    return os.pread(fd, 32, 0).decode("ascii", "replace").strip()
