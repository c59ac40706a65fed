"""PostgreSQL kept in order: partitions for the months to come, and rows that retention lets go."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from rules.errors import Fatal, Transient
from schema import postgres, sql
from schema.postgres_access import SERVICE
from schema.registry import TABLES
from sinks import sealing
from sinks.upkeep import Done, Rule, Wanted, rules

_STORE: Final = "postgres"
# A row of the audit goes with its whole seal, when that is old; nothing else deletes one.
EXPIRE_AUDIT: Final = "DELETE FROM audit_log WHERE created_at <= %s"
_CONNECT_SECONDS = 10


class DriverMissing(Fatal):
    """The package that speaks to PostgreSQL is not installed."""


class PostgresFailed(Transient):
    """PostgreSQL refused, or did not answer; what was committed before stays."""


class PostgresMaintenance:
    """One connection; each partition and each batch of old rows is a transaction of its own.

    Args:
        url: `postgresql://user:password@host:port/database`; the user is a member of the role
            `service`.

    Raises:
        DriverMissing: psycopg is not installed.
        PostgresFailed: the server does not answer.
    """

    def __init__(self, url: str) -> None:
        if find_spec("psycopg") is None:
            raise DriverMissing("PostgreSQL needs the package psycopg; install `psycopg[binary]`")
        self._driver: Any = import_module("psycopg")
        try:
            self._connection: Any = self._driver.connect(
                url, autocommit=True, connect_timeout=_CONNECT_SECONDS
            )
        except self._driver.Error as error:
            raise PostgresFailed(_line(error)) from error

    def maintain(self, wanted: Wanted) -> list[Done]:
        """Make partitions ahead, and remove what retention lets go.

        Raises:
            PostgresFailed: PostgreSQL refuses or does not answer.
        """
        try:
            self._see_all_rows()
            done = [
                self._partitions(each.name, wanted) for each in TABLES.values() if _by_month(each)
            ]
            done += [self._expire(rule, wanted) for rule in rules(_STORE, wanted.audit_days)]
        except self._driver.Error as error:
            raise PostgresFailed(_line(error)) from error
        return [each for each in done if each is not None]

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _see_all_rows(self) -> None:
        """Row-level security is forced upon owners too; `service` sees every row."""
        query = (
            "SELECT rolsuper OR rolbypassrls, pg_has_role(current_user, %s, 'member')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        sees_all, serves = self._connection.execute(query, [SERVICE]).fetchone()
        if serves and not sees_all:
            self._connection.execute(f"SET ROLE {sql.name(SERVICE)}")
        elif not sees_all:
            raise PostgresFailed(
                f"PostgreSQL: the login does not see all rows: GRANT {SERVICE} to it"
            )

    def _partitions(self, name: str, wanted: Wanted) -> Done | None:
        with self._connection.transaction(force_rollback=wanted.dry_run):
            statement = postgres.ahead(TABLES[name])
            made = int(self._connection.execute(statement).fetchone()[0])
        detail = f"{made} months made ahead"
        return Done(store=_STORE, table=name, action="partition", detail=detail) if made else None

    def _expire(self, rule: Rule, wanted: Wanted) -> Done | None:
        if rule.sealed:
            return self._expire_sealed(rule, wanted)
        name, where = sql.name(rule.table.name), rule.where("%s")
        cutoff = rule.before(wanted.now)
        if wanted.dry_run:
            query = f"SELECT count(*) FROM {name} WHERE {where}"  # noqa: S608 - the registry's names
            gone = int(self._connection.execute(query, [cutoff]).fetchone()[0])
        else:
            # Rows of two partitions may have one ctid.
            statement = (
                f"DELETE FROM {name} WHERE (tableoid, ctid) IN (SELECT tableoid, ctid"  # noqa: S608
                f" FROM {name} WHERE {where} LIMIT {wanted.batch})"
            )
            gone, count = 0, wanted.batch
            while count == wanted.batch:
                count = self._connection.execute(statement, [cutoff]).rowcount
                gone += count
        return _expired(rule, gone)

    def _expire_sealed(self, rule: Rule, wanted: Wanted) -> Done | None:
        """Remove rows of the audit by whole seals, each in one transaction: the chain holds."""
        oldest = "(SELECT min(created_at) FROM audit_log)"
        query = sealing.expiring(oldest, "%s")
        seals = self._connection.execute(query, [rule.before(wanted.now)]).fetchall()
        gone = 0
        for end in sealing.together(seals, wanted.batch):
            if wanted.dry_run:
                counted = "SELECT count(*) FROM audit_log WHERE created_at <= %s"
                gone = int(self._connection.execute(counted, [end]).fetchone()[0])
            else:
                gone += self._connection.execute(EXPIRE_AUDIT, [end]).rowcount
        return _expired(rule, gone)


def _expired(rule: Rule, gone: int) -> Done | None:
    detail = f"older than {rule.days} days" + (f", {rule.condition}" if rule.condition else "")
    done = Done(store=_STORE, table=rule.table.name, action="expire", rows=gone, detail=detail)
    return done if gone else None


def _by_month(table: Any) -> bool:
    return table.partitioned and _STORE in table.stores


def _line(error: Exception) -> str:
    return f"PostgreSQL: {' '.join(str(error).split())[:500]}"
