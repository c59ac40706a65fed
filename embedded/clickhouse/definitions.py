"""Copies of the definitions of tables, which the engine loses when the disk is full.

A statement that makes or changes a table ends well in this engine although the disk took nothing
of the definition: its file is left empty, and with an empty one the engine never starts again. So
what changes definitions needs room; a copy of each is kept as long as it is whole; and what an
empty file means is said where the statement ends, and put right where the engine starts.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from embedded.clickhouse.errors import NOT_ENOUGH_SPACE, QueryError
from embedded.errors import Unwritable
from embedded.server import make_private

if TYPE_CHECKING:
    from embedded.clickhouse.statement import Statement

LOG: Final = logging.getLogger("tradecast.clickhouse")
_ROOM: Final = 64 << 20
_CHANGING: Final = frozenset(
    (b"ALTER", b"ATTACH", b"CREATE", b"EXCHANGE", b"RENAME", b"REPLACE", b"UNDROP")
)


class DefinitionLost(QueryError):
    """The engine knows a table that it will not find again: it has to start anew."""


class Definitions:
    """The files that say what tables there are, and a copy of each.

    Args:
        data: the engine's directory.
        copies: where the copies are.
    """

    def __init__(self, data: Path, copies: Path) -> None:
        self._data = data
        self._copies = copies
        self._known: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def mend(self) -> list[str]:
        """Put copies in the place of empty definitions; to be called before the engine starts.

        One without a copy is taken away: the statement that made it was never acknowledged.

        Returns:
            Names of the files that were empty.

        Raises:
            Unwritable: the disk is still full.
        """
        empty = [self._data / name for name, (size, _) in sorted(self._found().items()) if not size]
        for path in empty:
            copy = self._copy(path)
            LOG.warning("the definition %s was empty: %s", path.name,
                        "its copy is taken" if copy.exists() else "it was never whole")  # fmt: skip
            if copy.exists():
                _replace(path, copy.read_bytes())
            else:
                path.unlink()
        return [path.name for path in empty]

    def keep(self) -> None:
        """Copy what is new or has changed.

        Raises:
            DefinitionLost: a definition is empty.
            QueryError: one cannot be copied. In either case the statement that wrote it must not
                be acknowledged.
        """
        with self._lock:
            found = self._found()
            for name in [name for name in found if self._known.get(name) != found[name]]:
                path = self._data / name
                if not found[name][0]:
                    raise _no_space(DefinitionLost, f"{path.name} could not be written")
                try:
                    _replace(self._copy(path), path.read_bytes())
                except FileNotFoundError:
                    del found[name]  # dropped since it was listed
                except Unwritable as error:
                    raise _no_space(QueryError, str(error)) from error
            for name in self._known.keys() - found.keys():
                (self._copies / name).unlink(missing_ok=True)
            self._known = found

    def check_room(self, asked: Statement) -> None:
        """Refuse a statement that changes definitions while the disk is all but full.

        Raises:
            QueryError: it is.
        """
        words = asked.text.split(None, 1)
        free = shutil.disk_usage(self._data).free
        if words and words[0].upper() in _CHANGING and free < _ROOM:
            raise _no_space(
                QueryError, f"of the disk {free >> 20} MiB are free, and {_ROOM >> 20} are needed"
            )

    def _found(self) -> dict[str, tuple[int, int]]:
        """Size and time of change of each table's and database's definition, by its path."""
        # With `scandir`, for this runs behind every statement that changes a table, and there is a
        # directory for each of them.
        directories = [f"{self._data}/metadata"]
        for group in _subdirectories(f"{self._data}/store"):
            directories += _subdirectories(group)
        root = len(f"{self._data}/")
        found = {}
        for directory in directories:
            with suppress(FileNotFoundError), os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name.endswith(".sql"):
                        state = entry.stat()
                        found[entry.path[root:]] = (state.st_size, state.st_mtime_ns)
        return found

    def _copy(self, path: Path) -> Path:
        return self._copies / path.relative_to(self._data)


def _subdirectories(directory: str) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole, or as it was."""
    new = path.with_name(f"{path.name}.new")
    try:
        make_private(path.parent)
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise Unwritable(f"cannot write {path}: {error.strerror}") from error


def _no_space(kind: type[QueryError], why: str) -> QueryError:
    return kind.of(NOT_ENOUGH_SPACE, f"Not enough space: {why}", "NOT_ENOUGH_SPACE")
