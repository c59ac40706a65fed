"""A lock on a directory that ends with the processes that hold it."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from embedded.errors import Busy, Unwritable

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

LOCK_NAME = ".lock"


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
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise self._error(
                f"{self.path} is in use by process {holder}; stop that process, or use another"
                " directory"
            ) from None
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
