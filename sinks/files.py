"""Files that survive a power loss, and a lock that no dead process keeps."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from rules.errors import Fatal

if sys.platform == "win32":
    import msvcrt

    def _take(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def sync_file(fd: int) -> None:
        """Have the disk hold what was written to a file."""
        os.fsync(fd)

    def sync_directory(path: Path) -> None:
        """Have the disk hold the names in a directory (Windows does so by itself)."""

else:
    import fcntl

    def _take(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def sync_file(fd: int) -> None:
        """Have the disk hold what was written to a file."""
        if sys.platform == "darwin":
            os.fsync(fd)
        else:
            os.fdatasync(fd)

    def sync_directory(path: Path) -> None:
        """Have the disk hold the names in a directory."""
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


class InUse(Fatal):
    """Another living process has the directory."""


def lock_file(path: Path) -> BinaryIO:
    """Return an open file that only this process has; closing it, or dying, lets go.

    Raises:
        InUse: Another process has it.
    """
    file = path.open("ab")
    try:
        _take(file.fileno())
    except OSError as error:
        file.close()
        raise InUse(f"{path.parent} is in use by another executor; stop that one first") from error
    return file


def replace_file(path: Path, data: bytes) -> None:
    """Write a whole file so that a crash leaves either the old one or the new one."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_directory(path.parent)
