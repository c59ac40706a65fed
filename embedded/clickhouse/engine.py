"""The chdb engine over one directory, and the connections that queries run on."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from embedded.clickhouse.connection import connect
from embedded.clickhouse.errors import TOO_MANY_SIMULTANEOUS_QUERIES, QueryError
from embedded.clickhouse.formats import DEFAULT
from embedded.errors import ServerFailed
from embedded.lock import DirectoryLock
from embedded.server import make_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.clickhouse.connection import Connection

CONNECTIONS: Final = 8

_CONFIG = """<clickhouse>
  <users_config>{users}</users_config>
  <timezone>UTC</timezone>
</clickhouse>
"""
# The profile that all connections have. `final`: the plain name of a table shows its current rows.
# `max_query_size`: long parameters arrive in a SET statement; the endpoint has a limit of its own.
_USERS = """<clickhouse>
  <profiles><default>
    <final>1</final>
    <max_query_size>16777216</max_query_size>
  </default></profiles>
  <users><default>
    <password></password>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <access_management>0</access_management>
  </default></users>
  <quotas><default/></quotas>
</clickhouse>
"""


@dataclass(slots=True)
class Lease:
    """A connection for one request.

    Attributes:
        connection: what to run the statement on.
        reusable: set by who knows that the statement left the connection as it was.
    """

    connection: Connection
    reusable: bool = False


class Engine:
    """Owns the directory: no other process can open it, and this one must not fork any more.

    A connection carries settings and a current database. So a request gets a new one, or one that
    was set up in the very same way and has only read or inserted since, which changes neither.

    Args:
        directory: of the data; created if missing.
        wait: seconds that a query waits for one of the connections.

    Raises:
        Busy: another process has it.
        ServerFailed: the engine cannot open it.
    """

    def __init__(self, directory: Path, *, wait: float = 30.0) -> None:
        make_private(directory)
        self._lock = DirectoryLock(directory)
        self._lock.acquire()
        self._wait = wait
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        self._idle: list[tuple[tuple[str | None, str | None], Connection]] = []
        self._idle_lock = threading.Lock()
        try:
            self._target = _write_config(directory)
            # Kept to the end: the engine lives as long as it has a connection.
            self._first = connect(self._target)
            row = self._first.query("SELECT version(), timezone()", DEFAULT).bytes()
        except RuntimeError as error:
            self._lock.release()
            raise ServerFailed(f"chdb cannot open {directory}: {error}") from error
        except BaseException:
            self._lock.release()
            raise
        self.version, self.timezone = row.decode().strip().split("\t")

    @contextmanager
    def connection(self, database: str | None, set_up: str | None) -> Iterator[Lease]:
        """A connection with a database and settings, and no others but the default profile's.

        Args:
            database: what unqualified names belong to; None for the default.
            set_up: SET statement, if any.

        Raises:
            QueryError: all are in use and stay so, or no such database or setting exists.
        """
        if not self._slots.acquire(timeout=self._wait):
            raise QueryError.of(
                TOO_MANY_SIMULTANEOUS_QUERIES,
                f"Too many simultaneous queries: {CONNECTIONS} have run for {self._wait:g} s",
                "TOO_MANY_SIMULTANEOUS_QUERIES",
            )
        try:
            lease = Lease(self._take(database, set_up))
            try:
                yield lease
            except BaseException:
                lease.reusable = False
                raise
            finally:
                self._give_back(lease, (database, set_up))
        finally:
            self._slots.release()

    def _take(self, database: str | None, set_up: str | None) -> Connection:
        with self._idle_lock:
            for at, (key, connection) in enumerate(self._idle):
                if key == (database, set_up):
                    del self._idle[at]
                    return connection
        connection = connect(self._target)
        try:
            if database:
                name = database.replace("\\", "\\\\").replace("`", "\\`")
                connection.query(f"USE `{name}`", "Null")
            if set_up is not None:
                connection.query(set_up, "Null")
        except RuntimeError as error:
            connection.close()
            raise QueryError.from_engine(error) from None
        return connection

    def _give_back(self, lease: Lease, key: tuple[str | None, str | None]) -> None:
        if not lease.reusable:
            lease.connection.close()
            return
        with self._idle_lock:
            self._idle.append((key, lease.connection))
            surplus = self._idle.pop(0)[1] if len(self._idle) > CONNECTIONS else None
        if surplus is not None:
            surplus.close()

    def cancel(self, marker: str) -> None:
        """End the running statement whose text has this marker."""
        self._kill(f"position(query, {quote(marker)}) > 0")

    def close(self, grace: float) -> bool:
        """Wait for running statements, end those that go on, close the engine.

        Args:
            grace: seconds to wait before they are ended.

        Returns:
            Whether all of them ended, so that the engine was closed in order.
        """
        if not self._drain(grace):
            self._kill("1")
            if not self._drain(1.0):
                return False
        for _, connection in self._idle:
            connection.close()
        self._first.close()
        self._lock.release()
        return True

    def _kill(self, condition: str) -> None:
        connection = connect(self._target)
        try:
            connection.query(
                f"KILL QUERY WHERE {condition} AND query NOT LIKE 'KILL%' ASYNC", DEFAULT
            )
        finally:
            connection.close()

    def _drain(self, grace: float) -> bool:
        """Take all the slots, and keep them; those of a failed attempt are given back."""
        deadline = time.monotonic() + grace
        for taken in range(CONNECTIONS):
            if not self._slots.acquire(timeout=max(0.0, deadline - time.monotonic())):
                if taken:
                    self._slots.release(taken)
                return False
        return True


def quote(text: str) -> str:
    """A string literal of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _write_config(directory: Path) -> str:
    """Write the engine's configuration; return what it is opened with."""
    data = directory / "data"
    make_private(data)
    users = directory / "users.xml"
    users.write_text(_USERS, encoding="utf-8")
    config = directory / "config.xml"
    config.write_text(_CONFIG.format(users=escape(str(users))), encoding="utf-8")
    return f"{data}?config-file={quote_plus(str(config))}"
