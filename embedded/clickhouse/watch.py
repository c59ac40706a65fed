"""Notices clients that go away while their query runs and nothing is sent or read."""

from __future__ import annotations

import logging
import select
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOG: Final = logging.getLogger("tradecast.clickhouse")
_LOOK_SECONDS: Final = 0.25


@dataclass(slots=True, eq=False)
class Watched:
    """One query and its client.

    Attributes:
        connection: the client's.
        cancel: ends the query; called again until the query has ended.
        gone: whether the client went away.
    """

    connection: socket.socket
    cancel: Callable[[], None]
    gone: bool = False


class Watch:
    """One thread that looks at the connections of all running queries, four times a second."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._changed = threading.Condition()
        self._idle = False
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    @contextmanager
    def over(self, connection: socket.socket, cancel: Callable[[], None]) -> Iterator[Watched]:
        """Watch a client while a query runs.

        Args:
            connection: the client's.
            cancel: what to do when it goes away, in another thread.
        """
        watched = Watched(connection, cancel)
        with self._changed:
            self._watched.add(watched)
            if self._idle:
                self._changed.notify()
        try:
            yield watched
        finally:
            with self._changed:
                self._watched.discard(watched)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle = not self._watched
                self._changed.wait(None if self._idle else _LOOK_SECONDS)
                looked_at = list(self._watched)
            for watched in looked_at:
                watched.gone = watched.gone or _is_gone(watched.connection)
                if watched.gone:
                    _cancel(watched)


def _cancel(watched: Watched) -> None:
    try:
        watched.cancel()
    except Exception:
        # It is called again, and the other clients are watched by this thread too.
        LOG.exception("a query whose client is gone could not be cancelled")


def _is_gone(connection: socket.socket) -> bool:
    # Asked first: a socket with a timeout would wait for something to read.
    look = select.poll()
    try:
        look.register(connection, select.POLLIN)
    except ValueError:
        # Closed on our side meanwhile: its query has ended.
        return True
    if not look.poll(0):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
