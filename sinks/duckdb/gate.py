"""A gate that transactions pass, and that a backup closes while it copies the files."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rules.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterator


class GateBusy(Transient):
    """A transaction did not end in time, or another backup has the gate."""


class Gate:
    """Many may be inside at once; whoever closes it waits until all are out."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Wait while the gate is closed, then be inside."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self, patience: float) -> Iterator[None]:
        """Let nobody in, and nobody be inside.

        Args:
            patience: seconds to wait for those who are inside.

        Raises:
            GateBusy: they did not come out, or somebody else has closed it.
        """
        with self._changed:
            if self._closed:
                raise GateBusy("another backup holds DuckDB's files; try again later")
            self._closed = True
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: self._inside == 0, patience):
                    raise GateBusy(f"a transaction of DuckDB did not end within {patience:g} s")
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


# A process has one database open for writing, and every transaction on it passes here.
WRITING = Gate()
