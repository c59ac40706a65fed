"""Sealing and checking the audit of PostgreSQL, while others write it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from schema import audit_chain, postgres_values
from schema.audit_chain import LOG, SEALS
from sinks import sealing
from sinks.postgres import CannotSee, Connection, see_all_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schema.audit_chain import Head, Verdict

__all__ = ["CannotSee", "PostgresAudit", "check", "seal", "unsealed"]

# One sealer at a time.
_LOCK = 0x7365616C65727321
_FETCH = 1000
_SETTLED_SECONDS = 5.0
# A row has the time at which its transaction began, and comes to light when that ends: so it is
# sealed only up to where no transaction is left that began before.
_HORIZON = """
SELECT least(
  clock_timestamp() - make_interval(secs => %s),
  (SELECT min(xact_start) FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid()),
  (SELECT min(prepared) FROM pg_prepared_xacts WHERE database = current_database())
) - interval '1 microsecond'
"""
_HIDDEN = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND backend_type IS NULL
"""


_UNSEALED = """
SELECT count(*) FROM audit_log
WHERE created_at > coalesce((SELECT max(sealed_until) FROM audit_seals), '-infinity')
"""


class PostgresAudit:
    """The audit in PostgreSQL, as `sealing.AuditLog`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self) -> dict[str, Any] | None:
        """Return number, hash and end of the last seal."""
        query = b"SELECT seal_number, hash, sealed_until FROM audit_seals ORDER BY 1 DESC LIMIT 1"
        found = _rows(self._connection, query)
        return next(found, None)

    def nth_time(self, after: datetime, number: int) -> datetime | None:
        """Return the time of the row that is the number-th after a moment."""
        query = (
            b"SELECT created_at FROM audit_log WHERE created_at > %s ORDER BY 1 LIMIT 1 OFFSET %s"
        )
        found = next(_rows(self._connection, query, after, number - 1), None)
        return None if found is None else found["created_at"].astimezone(UTC)

    def rows(self, after: datetime, until: datetime) -> list[dict[str, Any]]:
        """Return the rows after a moment and up to another, by time and id."""
        where = " WHERE created_at > %s AND created_at <= %s ORDER BY created_at, id"
        return list(_told(self._connection, where, after, until))

    def write(self, seal: Mapping[str, Any]) -> None:
        """Store a seal."""
        values = [seal[name] for name in SEALS.names]
        self._connection.execute(postgres_values.insert(SEALS).encode(), values)


def seal(
    connection: Connection,
    rows: int = sealing.BATCH_ROWS,
    *,
    settled_seconds: float = _SETTLED_SECONDS,
) -> list[Head]:
    """Seal what the audit has got since the last seal, and return the new ends of the chain.

    Args:
        connection: to the database.
        rows: of one seal, about.
        settled_seconds: age at which a transaction is surely shown among those that run.

    Raises:
        CannotSee: the login lacks `pg_read_all_stats`, or does not see all rows.
    """
    with connection.transaction():
        see_all_rows(connection)
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        (hidden,) = connection.execute(_HIDDEN).fetchone() or (0,)
        if hidden:
            raise CannotSee(
                "sealing needs to see all transactions: GRANT pg_read_all_stats to its login"
            )
        (horizon,) = connection.execute(_HORIZON, [settled_seconds]).fetchone() or (None,)
        if horizon is None:
            return []
        return sealing.seal(PostgresAudit(connection), horizon.astimezone(UTC), rows)


def unsealed(connection: Connection) -> int:
    """Return how many rows of the audit stand under no seal yet."""
    found = connection.execute(_UNSEALED).fetchone()
    return int(found[0]) if found else 0


def check(connection: Connection, heads: Sequence[Head], now: datetime) -> Verdict:
    """Check the chain as it is at one moment.

    Raises:
        CannotSee: the login does not see all rows.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        see_all_rows(connection)
        query = f"{postgres_values.select(SEALS)} ORDER BY seal_number".encode()
        seals = [dict(zip(SEALS.names, row, strict=True)) for row in connection.execute(query)]
        rows = _told(connection, " ORDER BY created_at, id")
        return audit_chain.verify(seals, rows, heads, now)


def _told(connection: Connection, rest: str, *params: Any) -> Iterator[dict[str, Any]]:
    """Rows of the audit with every value as PostgreSQL spells it."""
    query = (postgres_values.select(LOG) + rest).encode()
    with connection.cursor("audit_rows") as cursor:
        cursor.itersize = _FETCH
        for row in cursor.execute(query, params or None):
            yield dict(zip(LOG.names, row, strict=True))


def _rows(connection: Connection, query: bytes, *params: Any) -> Iterator[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        yield from cursor.execute(query, params)
