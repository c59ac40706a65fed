"""Files copied so that the copy is on disk, and is of one moment."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from embedded.server import make_private
from rules.errors import Transient
from sinks.files import sync_directory

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20


class Changed(Transient):
    """A file was written while it was copied."""


def copy_file(source: Path, to: Path, *, still: bool = False) -> None:
    """Copy a file; on disk when this returns.

    Args:
        source: the file.
        to: its copy; directories above it are made.
        still: whether nobody may write it meanwhile.

    Raises:
        Changed: somebody has.
        OSError: the disk is full or failed.
    """
    make_private(to.parent)
    before = source.stat()
    with source.open("rb") as old, to.open("wb") as new:
        shutil.copyfileobj(old, new, _BLOCK)
        new.flush()
        os.fsync(new.fileno())
    after = source.stat()
    if still and (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Changed(f"{source} was written while it was copied; try again")


def copy_tree(source: Path, to: Path) -> None:
    """Copy a directory and all below it; on disk when this returns."""
    make_private(to)
    for path in sorted(source.iterdir()):
        if path.is_dir():
            copy_tree(path, to / path.name)
        else:
            copy_file(path, to / path.name)
    sync_directory(to)


def copy_book(source: Path, to: Path) -> None:
    """Copy the book of a simulated terminal, as of one moment, whether it runs or not."""
    make_private(to.parent)
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(to)) as new,
    ):
        old.backup(new)
    with to.open("rb") as file:
        os.fsync(file.fileno())


def sync_tree(directory: Path) -> None:
    """Have the disk hold the names of a directory and of all below it."""
    for path in directory.rglob("*"):
        if path.is_dir():
            sync_directory(path)
    sync_directory(directory)
