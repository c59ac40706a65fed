"""Rows into ClickHouse, by any URL: a server, a cluster, or the embedded endpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from config import faults
from rules.errors import Fatal, Transient
from schema import arrow
from schema import clickhouse as store
from schema.registry import table
from sinks.clickhouse_migration import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clickhouse_connect.driver.client import Client

MARKS = table("stream_marks")
# The furthest of a stream's marks, the replaced ones included: a mark says that rows are stored,
# and a later one, of whatever clock, does not take that back.
_POSITIONS: Final = (
    "SELECT stream, argMax(position, (toUInt64OrZero(splitByChar('-', position)[1]),"  # noqa: S608 - a constant
    " toUInt64OrZero(splitByChar('-', position)[2])))"
    f" FROM {MARKS.name} GROUP BY stream SETTINGS final = 0"
)
_STAMP: Final = f"SELECT toUnixTimestamp64Micro(max(updated_at)) FROM {MARKS.name}"  # noqa: S608
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A server that hangs is a server that is down: the rows go to the spool meanwhile.
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 15
# Numbers of ClickHouse for what no repetition mends: rows that do not fit, or no right to write.
_FATAL = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        16,  # NO_SUCH_COLUMN_IN_TABLE
        36,  # BAD_ARGUMENTS
        47,  # UNKNOWN_IDENTIFIER
        53,  # TYPE_MISMATCH
        60,  # UNKNOWN_TABLE
        62,  # SYNTAX_ERROR
        70,  # CANNOT_CONVERT_TYPE
        81,  # UNKNOWN_DATABASE
        117,  # INCORRECT_DATA
        192,  # UNKNOWN_USER
        193,  # WRONG_PASSWORD
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        469,  # VIOLATED_CONSTRAINT
        497,  # ACCESS_DENIED
        516,  # AUTHENTICATION_FAILED
    }
)


class WriteFailed(Transient):
    """Some rows may be stored; the same rows again do no harm."""


class WriteRefused(Fatal):
    """ClickHouse will never take it: wrong rows, wrong rights or a wrong password."""


class ClickHouseWriter:
    """Inserts rows and then marks; rows of one key replace each other by version.

    It connects, and migrates, when it is first used: the store may be down when this starts.

    Args:
        url: `http://user:password@host:port/database`.
        stopped: whether the process shall end: it does not wait for a migration then.
    """

    def __init__(self, url: str, stopped: Callable[[], bool] = lambda: False) -> None:
        self._url = url
        self._stopped = stopped
        self._client: Client | None = None
        self._stamp: datetime | None = None

    def positions(self) -> dict[str, str]:
        """Return the furthest entry stored, by stream.

        Raises:
            WriteFailed: the store does not answer.
            WriteRefused: it refuses.
            DatabaseTooNew: a newer release has it.
        """
        try:
            rows = self._connected().query(_POSITIONS).result_rows
        except ClickHouseError as error:
            raise self._translated(error) from error
        return {stream: position for stream, position in rows}  # noqa: C416 - pairs are lists

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Store rows, and marks when all of them are there.

        Raises:
            WriteFailed: it may work later.
            WriteRefused: it never will.
            DatabaseTooNew: a newer release has the database.
        """
        try:
            client = self._connected()
            for name in sorted(tables):
                client.insert_arrow(store.target(table(name)), tables[name])
            if positions:
                faults.point("archive.rows", OperationalError)
                client.insert_arrow(MARKS.name, _marks(positions, self._stamped(client)))
        except ClickHouseError as error:
            raise self._translated(error) from error

    def config_version(self, name: str) -> int:
        """Return the newest version of the configuration that a control table has rows of.

        Raises:
            WriteFailed, WriteRefused, DatabaseTooNew: as `positions`.
        """
        query = f"SELECT max(config_version) FROM {store.target(table(name))}"  # noqa: S608 - registry
        try:
            return int(self._connected().query(query).result_rows[0][0])
        except ClickHouseError as error:
            raise self._translated(error) from error

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None
        # Somebody else may write before the next connection.
        self._stamp = None

    def _stamped(self, client: Client) -> datetime:
        """Return a time for marks, later than that of any mark: ClickHouse keeps the latest alone.

        The clock alone will not do, for it may be set back.
        """
        if self._stamp is None:
            written = int(client.query(_STAMP).result_rows[0][0])
            self._stamp = _EPOCH + timedelta(microseconds=written)
        self._stamp = max(datetime.now(UTC), self._stamp + timedelta(microseconds=1))
        return self._stamp

    def _connected(self) -> Client:
        if self._client is None:
            # Without a session, a request that is repeated does not find itself still running.
            client = clickhouse_connect.get_client(
                dsn=self._url,
                autogenerate_session_id=False,
                connect_timeout=_CONNECT_SECONDS,
                send_receive_timeout=_ANSWER_SECONDS,
            )
            try:
                migrate(client, stopped=self._stopped)
            except BaseException:
                client.close()
                raise
            self._client = client
        return self._client

    def _translated(self, error: ClickHouseError) -> Exception:
        code: Any = getattr(error, "code", None)
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, DatabaseError) and code in _FATAL:
            return WriteRefused(message)
        self.close()
        return WriteFailed(message)


def _marks(positions: Mapping[str, str], stamp: datetime) -> pa.Table:
    columns = {
        "stream": list(positions),
        "position": list(positions.values()),
        "updated_at": stamp,
    }
    return pa.Table.from_batches([arrow.batch(MARKS, columns)])
