"""Law 3 over both stores: as many rows in the one as in the other.

Stores let rows go by rules of their own, and at times of their own: ClickHouse when it merges,
DuckDB when it is maintained. So only those are counted that every store still has to have.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from flows.audit_report import Finding
from flows.stores import STORES
from schema.registry import TABLES
from sinks.upkeep import LEAST_AUDIT_DAYS, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.stores import Store, StoreName
    from schema.table import Table

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# By which clocks, and the ends of days, may differ: what is about to go may be gone.
_SLACK: Final = timedelta(days=1)


def row_counts(
    store: Store, name: StoreName, until: int | None = None, *, now: datetime | None = None
) -> dict[str, int]:
    """Count the rows of each history table that no store may have let go, as the plain name shows.

    Args:
        store: which to ask.
        name: its name.
        until: count only what happened before (microseconds, UTC); None for all.
        now: the present; the clock's by default.
    """
    present = now or datetime.now(UTC)
    parts = []
    for table in history():
        wanted = [f"NOT ({each})" for each in _going(table, name, present)]
        if until is not None:
            wanted.append(f"{table.time} < {moment(name, until)}")
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        parts.append(f"SELECT '{table.name}' AS name, count(*) AS number FROM {table.name}{where}")  # noqa: S608
    found: dict[str, int] = {}
    for batch in store.query(" UNION ALL ".join(parts)):
        found |= dict(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return found


def compare(counts: Mapping[str, Mapping[str, int]]) -> list[Finding]:
    """Find tables of which the stores have different numbers of rows."""
    if len(counts) < 2:
        return []
    rows = [
        (table.name, *(counts[store][table.name] for store in counts))
        for table in history()
        if len({counts[store][table.name] for store in counts}) > 1
    ]
    meaning = "tables of which the stores have different numbers of rows"
    return [
        Finding(
            "both", "stores_differ", "law 3", meaning, len(rows), ("table", *counts), tuple(rows)
        )
    ]


def history() -> list[Table]:
    """The tables of facts that both stores have."""
    return [t for t in TABLES.values() if t.kind == "history" and {*STORES} <= t.stores]


def moment(store: StoreName, micros: int) -> str:
    """Return how a store spells a time (microseconds, UTC)."""
    told = f"{_EPOCH + timedelta(microseconds=micros):%Y-%m-%d %H:%M:%S.%f}"
    if store == "clickhouse":
        return f"toDateTime64('{told}', 6, 'UTC')"
    return f"TIMESTAMPTZ '{told}+00'"


def _going(table: Table, name: StoreName, now: datetime) -> list[str]:
    """Return the conditions of rows that some store may have let go, in the words of one."""
    found = set()
    for each in STORES:
        # An audit is kept for as long as somebody says, and never for less.
        for rule in rules(each, LEAST_AUDIT_DAYS):
            if rule.table is table:
                last = (rule.before(now) + _SLACK - _EPOCH) // timedelta(microseconds=1)
                found.add(rule.where(moment(name, last)))
    return sorted(found)
