"""PostgreSQL for common queries: fixed texts, bound values, transactions that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from flows.errors import CommandError, Exit, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONNECT_SECONDS = 5


class PostgresStore:
    """One connection.

    With a user, it has the rights of the role `reporting`, and row-level security shows the user's
    rows. A session can name another user at any time, so this keeps users apart only because no
    text of a user's own is run here.

    Args:
        url: `postgresql://user:password@host:port/database`; its login is a member of `reporting`.
        user: whose rows alone are shown; None shows what the login may see.

    Raises:
        CommandError: it does not answer, or psycopg is not installed.
    """

    def __init__(self, url: str, user: UUID | None = None) -> None:
        if not url:
            raise CommandError("no PostgreSQL is set: give [postgres] url", Exit.CONFIG)
        try:
            import psycopg  # noqa: PLC0415 - only for who has a PostgreSQL
        except ImportError as error:
            raise CommandError("PostgreSQL needs the package psycopg", Exit.CONFIG) from error
        self._error = psycopg.Error
        try:
            self._connection = psycopg.connect(url, connect_timeout=_CONNECT_SECONDS)
            self._connection.read_only = True
            if user is not None:
                self._connection.execute("SET ROLE reporting")
                self._connection.execute(
                    "SELECT set_config('app.current_user_id', %s, false)", [str(user)]
                )
            self._connection.commit()
        except psycopg.OperationalError as error:
            text = one_line(str(error))
            raise CommandError(f"PostgreSQL does not answer: {text}", Exit.UNAVAILABLE) from error
        except psycopg.Error as error:
            raise CommandError(f"PostgreSQL: {one_line(str(error))}") from error

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.RecordBatchReader:
        """Run one statement.

        Raises:
            CommandError: PostgreSQL refuses it.
        """
        try:
            # Names come from files of this package.
            cursor = self._connection.execute(sql.encode(), params)
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall()
            self._connection.rollback()
        except self._error as error:
            self._connection.rollback()
            raise CommandError(f"PostgreSQL: {one_line(str(error))}") from error
        columns = [_array([row[at] for row in rows]) for at in range(len(names))]
        batch = pa.RecordBatch.from_arrays(columns, names=names)
        return pa.RecordBatchReader.from_batches(batch.schema, [batch])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _array(values: list[Any]) -> Any:
    return pa.array([value.bytes if isinstance(value, UUID) else value for value in values])
