"""The chdb engine over one directory, and the connections that queries run on."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from embedded.clickhouse import profile
from embedded.clickhouse.connection import connect
from embedded.clickhouse.definitions import LOG, Definitions
from embedded.clickhouse.errors import (
    TOO_MANY_SIMULTANEOUS_QUERIES,
    EngineErrors,
    QueryError,
)
from embedded.clickhouse.failures import Failures
from embedded.clickhouse.formats import DEFAULT
from embedded.errors import ServerFailed
from embedded.lock import DirectoryLock
from embedded.server import make_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from embedded.clickhouse.connection import Connection

# Statements that may run at once. Inserts have places of their own: the archive must go on however
# many queries wait.
PLACES: Final = {"query": 8, "insert": 4}
# Connections that are kept for the next request of the same kind.
_KEPT: Final = 8
MEMORY: Final = 1 << 30

Lane = Literal["query", "insert"]
# What a connection was set up with: database, SET statements, names of parameters.
_Key = tuple[str | None, tuple[str, ...], tuple[str, ...]]


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

    A connection carries settings, values of parameters and a current database. So a request gets a
    new one, or one that was set up in the very same way, for parameters of the same names, and has
    only read or inserted since, which changes nothing of it.

    The process's working directory becomes the data's.

    Args:
        directory: of the data; created if missing.
        memory: most bytes that the engine may use.
        wait: seconds that a statement waits for a place.

    Raises:
        Busy: another process has it.
        ServerFailed: the engine cannot open it.
    """

    def __init__(self, directory: Path, *, memory: int = MEMORY, wait: float = 60.0) -> None:
        make_private(directory)
        self._lock = DirectoryLock(directory)
        self._lock.acquire()
        self._wait = wait
        self._places = {lane: threading.BoundedSemaphore(n) for lane, n in PLACES.items()}
        self._idle: list[tuple[_Key, Connection]] = []
        self._idle_lock = threading.Lock()
        self.failures = Failures()
        self.definitions = Definitions(directory / "data", directory / "definitions")
        try:
            profile.write(directory, memory)
            self.definitions.mend()
            os.chdir(directory)
            # Kept to the end: the engine lives as long as it has a connection.
            self._first = connect(profile.TARGET)
            row = self._first.query(profile.FACTS, DEFAULT).bytes().decode().split()
            if row.pop() != "true":
                raise RuntimeError("it has not taken up its configuration")  # noqa: TRY301
        except RuntimeError as error:
            self._lock.release()
            raise ServerFailed(f"chdb cannot open {directory}: {error}") from error
        except BaseException:
            self._lock.release()
            raise
        self.version, self.timezone = row
        listed = self._first.query(profile.TABLE_FUNCTIONS, DEFAULT).bytes()
        self.table_functions = frozenset(listed.lower().split())
        try:
            self.definitions.keep()
        except QueryError as error:
            # Whoever changes a table is told; who reads needs no copies.
            LOG.warning("definitions cannot be copied: %s", error)

    @contextmanager
    def connection(
        self,
        lane: Lane,
        database: str | None,
        set_up: tuple[str, ...],
        values: Mapping[str, str] | None = None,
    ) -> Iterator[Lease]:
        """A connection with a database and settings, and no others but the default profile's.

        Args:
            lane: what it is for.
            database: what unqualified names belong to; None for the default.
            set_up: SET statements.
            values: of the statement's parameters.

        Raises:
            QueryError: all are in use and stay so, or no such database or setting exists.
        """
        if not self._places[lane].acquire(timeout=self._wait):
            raise QueryError.of(
                TOO_MANY_SIMULTANEOUS_QUERIES,
                f"Too many simultaneous queries: none of {PLACES[lane]} has ended for"
                f" {self._wait:g} s",
                "TOO_MANY_SIMULTANEOUS_QUERIES",
            )
        try:
            # A name that this request lacks would keep the value of an earlier one.
            key = (database, set_up, tuple(sorted(values or ())))
            lease = Lease(self._take(key, values or {}))
            try:
                yield lease
            except BaseException:
                lease.reusable = False
                raise
            finally:
                self._give_back(lease, key)
        finally:
            self._places[lane].release()

    def _take(self, key: _Key, values: Mapping[str, str]) -> Connection:
        connection = self._kept(key)
        fresh = connection is None
        connection = connection or connect(profile.TARGET)
        database, set_up, _ = key
        try:
            if fresh and database:
                name = database.replace("\\", "\\\\").replace("`", "\\`")
                connection.query(_as_it_came(f"USE `{name}`"), "Null")
            for statement in set_up if fresh else ():
                connection.query(_as_it_came(statement), "Null")
            if values:
                connection.query(_as_it_came(set_all(values)), "Null")
        except EngineErrors as error:
            connection.close()
            raise QueryError.from_engine(error) from None
        return connection

    def _kept(self, key: _Key) -> Connection | None:
        with self._idle_lock:
            for at, (its, connection) in enumerate(self._idle):
                if its == key:
                    del self._idle[at]
                    return connection
        return None

    def _give_back(self, lease: Lease, key: _Key) -> None:
        if not lease.reusable:
            lease.connection.close()
            return
        with self._idle_lock:
            self._idle.append((key, lease.connection))
            surplus = self._idle.pop(0)[1] if len(self._idle) > _KEPT else None
        if surplus is not None:
            surplus.close()

    def cancel(self, marker: str) -> None:
        """End the running statement whose text has this marker."""
        self._kill(f"position(query, {quote(marker)}) > 0")

    def cancel_all(self) -> None:
        """End all running statements."""
        self._kill("1")

    def close(self) -> bool:
        """Close the engine, if nothing runs any more.

        Returns:
            Whether it was closed in order.
        """
        for lane, places in self._places.items():
            for _ in range(PLACES[lane]):
                if not places.acquire(blocking=False):
                    return False
        for _, connection in self._idle:
            connection.close()
        self._first.close()
        self._lock.release()
        return True

    def _kill(self, condition: str) -> None:
        connection = connect(profile.TARGET)
        try:
            connection.query(
                f"KILL QUERY WHERE {condition} AND query NOT LIKE 'KILL%' ASYNC", DEFAULT
            )
        finally:
            connection.close()


def set_all(values: Mapping[str, str]) -> str:
    """The SET statement of settings, or of parameters."""
    return "SET " + ", ".join(f"{name} = {quote(value)}" for name, value in values.items())


def _as_it_came(statement: str) -> bytes:
    """A statement with a client's values, whose bytes need not be UTF-8."""
    return statement.encode(errors="surrogateescape")


def quote(text: str) -> str:
    """A string literal of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
