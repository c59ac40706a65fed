"""ClickHouse kept in order: what has expired goes at once, and small parts are merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from rules.errors import Transient
from schema import clickhouse as store
from schema import sql
from schema.registry import TABLES
from sinks.upkeep import Done, Rule, Wanted, rules

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from schema.table import Table

_STORE: Final = "clickhouse"
# A merge writes all rows of a partition anew. It pays where a query opens many parts, and once
# for a month that gets no more rows; not for what is large already. A table that is kept by the
# year has few rows, and who reads it asks for one account: to open one part more costs as much as
# its rows, and only the rows of a single part are read without looking for other versions of them.
MANY_PARTS = 8
MOST_BYTES = 4 << 30
_ANSWER_SECONDS = 3600
_WAIT = {"mutations_sync": 2}


class MaintenanceFailed(Transient):
    """ClickHouse did not do it; what was done before stays done."""


@dataclass(frozen=True)
class _Partition:
    table: Table
    id: str
    parts: int
    rows: int
    bytes: int


class ClickHouseMaintenance:
    """Runs over an ordinary connection, while others read and write.

    Args:
        url: `http://user:password@host:port/database`.

    Raises:
        MaintenanceFailed: it does not answer.
    """

    def __init__(self, url: str) -> None:
        try:
            self._client: Client = clickhouse_connect.get_client(
                dsn=url, autogenerate_session_id=False, send_receive_timeout=_ANSWER_SECONDS
            )
        except ClickHouseError as error:
            raise MaintenanceFailed(_line(error)) from error

    def maintain(self, wanted: Wanted) -> list[Done]:
        """Remove what retention lets go, and merge where it pays.

        Raises:
            MaintenanceFailed: ClickHouse refuses or does not answer.
        """
        try:
            known = {str(row[0]): str(row[1]) for row in self._rows(_ENGINES)}
            done: list[Done] = []
            for rule in rules(_STORE, wanted.audit_days):
                if store.target(rule.table) in known:
                    done += self._expire(rule, known[store.target(rule.table)], wanted)
            return done + self._merge(wanted)
        except ClickHouseError as error:
            raise MaintenanceFailed(_line(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _expire(self, rule: Rule, engine: str, wanted: Wanted) -> list[Done]:
        if rule.table.append_only:
            return self._drop_months(rule, wanted)
        target = sql.name(store.target(rule.table))
        where = rule.where(f"toDateTime64('{rule.before(wanted.now):%Y-%m-%d %H:%M:%S}', 6, 'UTC')")
        query = f"SELECT count() FROM {target} WHERE {where} SETTINGS final = 0"  # noqa: S608 - registry
        gone = int(self._rows(query)[0][0])
        if gone and not wanted.dry_run:
            # Rows expire when their part is merged, which may be never for a month that is over.
            way = "MATERIALIZE TTL" if " TTL " in engine else f"DELETE WHERE {where}"
            self._client.command(f"ALTER TABLE {target} {way}", settings=_WAIT)
        detail = f"older than {rule.days} days" + (f", {rule.condition}" if rule.condition else "")
        name = rule.table.name
        done = Done(store=_STORE, table=name, action="expire", rows=gone, detail=detail)
        return [done] if gone else []

    def _drop_months(self, rule: Rule, wanted: Wanted) -> list[Done]:
        """Drop the months of an append-only table that are old as a whole."""
        first_kept = f"{rule.before(wanted.now):%Y%m}"
        old = [each for each in self._partitions() if each.table is rule.table]
        old = [each for each in old if each.id < first_kept]
        target = sql.name(store.target(rule.table))
        for each in old if not wanted.dry_run else ():
            self._client.command(f"ALTER TABLE {target} DROP PARTITION ID {sql.text(each.id)}")
        return [
            Done(
                store=_STORE,
                table=rule.table.name,
                action="expire",
                rows=each.rows,
                bytes=each.bytes,
                detail=f"month {each.id}, older than {rule.days} days",
            )
            for each in old
        ]

    def _merge(self, wanted: Wanted) -> list[Done]:
        done = []
        for each in self._partitions():
            if not pays(each.table.span, each.id, each.parts, each.bytes, f"{wanted.now:%Y%m}"):
                continue
            after = each.bytes
            if not wanted.dry_run:
                target = sql.name(store.target(each.table))
                self._client.command(
                    f"OPTIMIZE TABLE {target} PARTITION ID {sql.text(each.id)} FINAL"
                )
                after = sum(one.bytes for one in self._partitions() if _is_same(one, each))
            done.append(
                Done(
                    store=_STORE,
                    table=each.table.name,
                    action="merge",
                    rows=each.rows,
                    bytes=each.bytes - after,
                    detail=f"{each.parts} parts of {each.id}",
                )
            )
        return done

    def _partitions(self) -> list[_Partition]:
        targets = {
            store.target(table): table for table in TABLES.values() if _STORE in table.stores
        }
        return [
            _Partition(targets[str(name)], str(which), int(parts), int(rows), int(size))
            for name, which, parts, rows, size in self._rows(_PARTS)
            if str(name) in targets
        ]

    def _rows(self, query: str) -> list[Any]:
        return list(self._client.query(query).result_rows)


_ENGINES = "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
_PARTS = (
    "SELECT table, partition_id, count(), sum(rows), sum(bytes_on_disk) FROM system.parts"
    " WHERE active AND database = currentDatabase() GROUP BY table, partition_id"
    " ORDER BY table, partition_id"
)


def pays(span: str, partition: str, parts: int, size: int, month: str) -> bool:
    """Return whether it pays to merge a partition.

    Args:
        span: length of the table's partitions, as the registry says it.
        partition: its id, a month as `202611`, or a year as `2026`.
        parts: how many it has.
        size: bytes.
        month: that we are in, as `202611`.
    """
    is_over = partition.isdigit() and partition < month
    worth = parts > 1 if span == "year" or is_over else parts >= MANY_PARTS
    return worth and size <= MOST_BYTES


def _is_same(one: _Partition, other: _Partition) -> bool:
    return one.table is other.table and one.id == other.id


def _line(error: Exception) -> str:
    return f"ClickHouse: {' '.join(str(error).split())[:500]}"
