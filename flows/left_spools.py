"""Spools of shards that there are not any more: the shards that run empty them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from embedded.errors import Busy, Unwritable
from embedded.lock import DirectoryLock
from embedded.server import make_private
from flows.launch import process_name
from sinks.spool import SpoolDamaged, spooled_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedded.home import Home
    from sinks.spool import Spool

LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 60.0


class LeftSpools:
    """The spools of a home whose shards are not among those of now.

    A spool is its process's alone, which holds the lock of its own name while it runs. A file of
    it is taken only under that lock: never are two processes on one spool, and the shard may come
    back at any time. Any shard of the home may take any file; rows are keyed and versioned, so
    their order does not matter.

    Args:
        home: of the spools and the locks.
        shards: how many there are.
        clock: gives seconds.
    """

    def __init__(
        self, home: Home, shards: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._home = home
        self._shards = shards
        self._clock = clock
        self._look_at = clock()
        self._damaged: set[Path] = set()

    def take(self, into: Spool) -> bool:
        """Move one file that was left behind to the end of another spool.

        Where there is none it looks again only after a minute.

        Returns:
            Whether there was one.
        """
        if self._clock() < self._look_at:
            return False
        for directory in self._directories():
            try:
                if self._take_from(directory, into):
                    return True
            except Busy:
                LOG.debug("%s still has its shard", directory)
            except (OSError, Unwritable) as error:
                LOG.error("cannot take the rows in %s over: %s", directory, error)  # noqa: TRY400
        self._look_at = self._clock() + _LOOK_SECONDS
        return False

    def _directories(self) -> list[Path]:
        """Spools without a shard, by its number."""
        prefix = process_name("trade", "")
        numbers = [
            int(path.name.removeprefix(prefix))
            for path in self._home.spool_dir.glob(f"{prefix}*")
            if path.name.removeprefix(prefix).isdecimal()
        ]
        return [
            self._home.spool_dir / process_name("trade", number)
            for number in sorted(numbers)
            if number >= self._shards
        ]

    def _take_from(self, directory: Path, into: Spool) -> bool:
        if not self._sound(directory):
            return False
        lock = self._home.recovery_dir / directory.name
        make_private(lock)
        with DirectoryLock(lock):
            for path in self._sound(directory):
                try:
                    into.adopt(path)
                except SpoolDamaged as error:
                    self._damaged.add(path)
                    LOG.error("%s", error)  # noqa: TRY400
                else:
                    LOG.warning("took %s over: %s is no more", path, directory.name)
                    return True
        return False

    def _sound(self, directory: Path) -> list[Path]:
        return [path for path in spooled_files(directory) if path not in self._damaged]
