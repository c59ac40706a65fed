"""Sealing the audit of DuckDB's control database, now and then, after those who write it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Self

from rules.errors import TradecastError
from schema import duckdb as store
from schema import sql
from schema.audit_chain import LOG, SEALS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import duckdb

    from sinks.duckdb.control import Control

log = logging.getLogger(__name__)

LAST_TIME = (
    "SELECT greatest((SELECT epoch_us(max(created_at)) FROM audit_log),"
    " (SELECT epoch_us(max(sealed_until)) + 1 FROM audit_seals))"
)


class DuckAudit:
    """The audit in the control database, as `sealing.AuditLog`; nobody else writes meanwhile."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def last(self) -> dict[str, Any] | None:
        """Return number, hash and end of the last seal."""
        query = f"SELECT seal_number, hash, sealed_until FROM {SEALS.name} ORDER BY 1 DESC LIMIT 1"  # noqa: S608
        found = self._rows(query)
        return found[0] if found else None

    def nth_time(self, after: datetime, number: int) -> datetime | None:
        """Return the time of the row that is the number-th after a moment."""
        query = (
            f"SELECT created_at FROM {LOG.name} WHERE created_at > ? ORDER BY 1 LIMIT 1 OFFSET ?"  # noqa: S608
        )
        found = self._rows(query, after, number - 1)
        return found[0]["created_at"] if found else None

    def rows(self, after: datetime, until: datetime) -> list[dict[str, Any]]:
        """Return the rows after a moment and up to another, by time and id."""
        where = "created_at > ? AND created_at <= ? ORDER BY created_at, id"
        query = f"SELECT {store.columns(LOG)} FROM {LOG.name}"  # noqa: S608
        return self._rows(f"{query} WHERE {where}", after, until)

    def write(self, seal: Mapping[str, Any]) -> None:
        """Store a seal."""
        marks = ", ".join("?" for _ in SEALS.names)
        statement = f"INSERT INTO {SEALS.name} ({store.columns(SEALS)}) VALUES ({marks})"  # noqa: S608
        self._cursor.execute(statement, [seal[name] for name in SEALS.names])

    def _rows(self, query: str, *params: Any) -> list[dict[str, Any]]:
        found = self._cursor.sql(query, params=list(params) or None).to_arrow_table()
        rows: list[dict[str, Any]] = found.to_pylist()
        return rows


def seals_query() -> str:
    """Return the query of all seals, by number."""
    return f"SELECT {store.columns(SEALS)} FROM {SEALS.name} ORDER BY seal_number"  # noqa: S608


def rows_query() -> str:
    """Return the query of all rows of the audit, by time."""
    return f"SELECT {sql.names(LOG.names)} FROM {LOG.name} ORDER BY created_at, id"  # noqa: S608


class Sealer:
    """Seals every so often, in a thread of its own, until it is closed.

    Args:
        control: whose audit.
        seconds: between two looks.
    """

    def __init__(self, control: Control, seconds: float) -> None:
        self._control = control
        self._seconds = seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a seal that is being made is finished."""
        self._done.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._done.wait(self._seconds):
            try:
                self._control.seal()
            except (TradecastError, OSError) as error:
                # DuckDB refuses, or the disk is full. The next look tries again; until then the
                # rows stand without a seal.
                log.warning("the audit was not sealed: %s", error)
            except Exception:
                # The outermost frame of the thread. It must not end with a mistake of ours: the
                # archive would go on for months, and nothing would be sealed any more.
                log.exception("the audit was not sealed, by a mistake in the program")
