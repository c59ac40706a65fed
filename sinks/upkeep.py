"""What maintenance may remove from a store, and how it tells what it did.

The retention of the registry is the only reason to remove a row. Tables without one (signals,
orders, trades, deals, positions, the configuration) have no rule here, so nothing of theirs, open
or closed, is ever touched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from rules.errors import Rejected
from schema import audit_chain, sql
from schema.registry import TABLES
from schema.table import Table

UpkeepStore = Literal["duckdb", "clickhouse", "postgres"]

AUDIT_DAYS = 2557  # seven years
LEAST_AUDIT_DAYS = 1096  # three years, which the law asks for
# As the registry says it of tables whose TTL is ClickHouse's alone.
_KEPT_IN_DUCKDB = ("duckdb permanent", "duckdb: permanent")


class UpkeepRefused(Rejected):
    """What was asked for would break a rule of retention."""


@dataclass(frozen=True)
class Rule:
    """Rows that may go.

    Attributes:
        table: whose.
        days: age at which they may, by the table's time.
        condition: which of them, in SQL that every store reads; empty for all.
        sealed: whether they stand under seals, and those under one go together or not at all.
    """

    table: Table
    days: int
    condition: str = ""
    sealed: bool = False

    def before(self, now: datetime) -> datetime:
        """Return the time before which rows may go."""
        return now - timedelta(days=self.days)

    def where(self, cutoff: str) -> str:
        """Return the condition of the rows, with this spelling of the time before which they go."""
        old = f"{sql.name(self.table.time or '')} < {cutoff}"
        return f"{old} AND {self.condition}" if self.condition else old


@dataclass(frozen=True, kw_only=True)
class Done:
    """One thing that maintenance did, or would do.

    Attributes:
        store: where.
        table: of which; empty for the store as a whole.
        action: what.
        rows: that it removed, or merged.
        bytes: that the disk has more of now; None where nobody can say.
        detail: what else there is to know.
    """

    store: str
    table: str
    action: str
    rows: int = 0
    bytes: int | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What maintenance is asked for.

    Attributes:
        now: the present, in UTC.
        audit_days: how long the audit is kept.
        dry_run: only say what would be done.
        batch: rows that one transaction removes.
    """

    now: datetime
    audit_days: int = AUDIT_DAYS
    dry_run: bool = False
    batch: int = 50_000

    def __post_init__(self) -> None:
        if self.audit_days < LEAST_AUDIT_DAYS:
            raise UpkeepRefused(
                f"the audit is kept for at least {LEAST_AUDIT_DAYS} days, not {self.audit_days}"
            )


def rules(store: UpkeepStore, audit_days: int = AUDIT_DAYS) -> list[Rule]:
    """Return what retention lets go of a store, table by table."""
    found: list[Rule] = []
    for table in TABLES.values():
        if store not in table.stores or table.time is None:
            continue
        if table is audit_chain.SEALS:
            continue  # they show that nothing else went
        if table.append_only:
            sealed = table is audit_chain.LOG and store in audit_chain.SEALS.stores
            found.append(Rule(table, audit_days, sealed=sealed))
        elif store != "duckdb" or not table.retention.startswith(_KEPT_IN_DUCKDB):
            whole = [] if table.ttl_days is None else [Rule(table, table.ttl_days)]
            found += [*whole, *(Rule(table, e.days, e.condition) for e in table.expiries)]
    return found


def asked(wanted: Wanted) -> dict[str, Any]:
    """Return what is asked for, as JSON has it."""
    return asdict(wanted) | {"now": wanted.now.isoformat()}


def read(words: dict[str, Any]) -> Wanted:
    """Return what was asked for; the reverse of `asked`.

    Raises:
        UpkeepRefused: it would break a rule of retention.
    """
    return Wanted(**words | {"now": datetime.fromisoformat(words["now"])})


def told(done: Sequence[Done]) -> bytes:
    """Return what was done, as JSON."""
    return json.dumps([asdict(each) for each in done]).encode()


def read_told(data: bytes) -> list[Done]:
    """Return what was done; the reverse of `told`."""
    return [Done(**each) for each in json.loads(data)]
