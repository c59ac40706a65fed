"""The one way in which rows of control tables and records change.

What PostgreSQL's constraints and triggers do, this does for DuckDB, in the transaction of the
change: it holds the rules of each row, the keys, the references with their ON DELETE actions, and
writes every old and new value to `audit_log`, which nothing else writes and nothing changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from schema import arrow, duckdb_changes, row_rules
from schema import duckdb as store
from schema.arrays import ColumnError
from schema.registry import TABLES, ordered, table
from schema.row_rules import Refusal
from sinks.duckdb.changed import Actor, Changed, ChangeRefused
from sinks.duckdb.conflicts import FINDS, Find
from sinks.duckdb.database import source
from sinks.duckdb.deletions import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from schema.table import Table

__all__ = ["Actor", "ChangeRefused", "Changed", "batches", "change"]

_PLACES = {each.name: place for place, each in enumerate(ordered(TABLES, "duckdb"))}
_ACTOR_LENGTH = 255


def batches(rows: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Return rows as `change` wants to find them registered (see `database.registered`).

    Raises:
        ChangeRefused: a table takes no changes, or a column does not fit it.
    """
    made = {}
    for name in sorted(rows, key=lambda each: _PLACES.get(each, 0)):
        which = _changeable(name)
        try:
            batch = pa.Table.from_batches([arrow.conform(which, rows[name])])
        except ColumnError as error:
            raise ChangeRefused(str(error)) from error
        places = pa.array(np.arange(batch.num_rows))
        made[name] = batch.append_column(duckdb_changes.ROW, places)
    return made


def change(
    cursor: duckdb.DuckDBPyConnection,
    rows: Mapping[str, pa.Table],
    gone: Mapping[str, Sequence[str]],
    by: Actor,
    moment: datetime,
    *,
    whole: bool,
    concealed: bool = False,
) -> Changed:
    """Write and delete rows, within a transaction of the caller's on the control database.

    Args:
        cursor: its connection; `rows` are registered on it.
        rows: new and changed rows by table, from `batches`; those that are stored as they are
            change nothing. A changed row has a greater version than the one that is stored.
        gone: keys of rows to delete, by table. What refers to them is deleted too, forgets
            them, or forbids it, as the registry says.
        by: who does it.
        moment: when.
        whole: whether one bad row or key refuses all; else it alone is left out.
        concealed: whether the audit does not say what stood in rows, or in columns, that are
            there no more: it outlives who is forgotten.

    Raises:
        ChangeRefused: a row or key was refused and `whole` is true; the caller rolls back.
        duckdb.Error: DuckDB itself refuses it.
    """
    work = _Change(cursor, by, moment, whole=whole, concealed=concealed)
    for name, batch in rows.items():
        work.write(table(name), batch, row_rules.judge(table(name), batch))
    # What is referred to goes after what refers to it.
    for name in sorted(gone, key=lambda each: -_PLACES.get(each, 0)):
        work.delete(_changeable(name), gone[name])
    for made in (duckdb_changes.GIVEN, duckdb_changes.GONE):
        cursor.execute(f"DROP TABLE IF EXISTS {made}")
    return work.done


def _changeable(name: str) -> Table:
    which = TABLES.get(name)
    if which is None or not which.audited or "duckdb" not in which.stores:
        raise ChangeRefused(f"{name} is no table whose rows are changed here")
    return which


class _Change:
    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        by: Actor,
        moment: datetime,
        *,
        whole: bool,
        concealed: bool,
    ) -> None:
        self._cursor = cursor
        self._by = by
        self._moment = moment
        self._whole = whole
        self._concealed = concealed
        self._doomed: set[tuple[str, str]] = set()
        self.done = Changed()

    def write(self, which: Table, batch: pa.Table, bad: Sequence[Refusal]) -> None:
        """Write the rows of a batch that keep the rules; `bad` are known not to."""
        self._refuse(bad)
        kept = np.ones(batch.num_rows, bool)
        kept[[each.row for each in bad]] = False
        self._cursor.execute(
            f"{duckdb_changes.given(which)}{source(which.name)}"
            f" WHERE list_contains($kept, {duckdb_changes.ROW})",
            {"kept": np.flatnonzero(kept).tolist()},
        )
        self._drop(row for (row,) in self._rows(duckdb_changes.same(which)))
        for find in FINDS:
            self._judge(which, batch, find)
        count = self._apply(which)
        if count:
            self.done.written[which.name] = self.done.written.get(which.name, 0) + count

    def delete(self, which: Table, keys: Sequence[str]) -> None:
        """Delete rows with all that hangs on them."""
        for some in [list(keys)] if self._whole else [[key] for key in keys]:
            found = plan(self._cursor, which, some, self._doomed)
            self._refuse([found.refused] if found.refused else [])
            if found.refused:
                continue
            for child, column, orphans in found.emptied:
                self._empty(child, column, orphans)
            for each, going in found.deleted:
                self._fill(each, going)
                told = duckdb_changes.log_deleted(each, concealed=self._concealed)
                self._cursor.execute(told, self._signature())
                self._cursor.execute(duckdb_changes.delete(each))
                self._doomed |= {(each.name, key) for key in going}
                self.done.deleted[each.name] = self.done.deleted.get(each.name, 0) + len(going)
            if found.forgets_users:
                self._fill(table("users"), found.forgets_users)
                self._cursor.execute(duckdb_changes.FORGET_USER)

    def _empty(self, which: Table, column: str, keys: Sequence[str]) -> None:
        """Let rows forget what they referred to (ON DELETE SET NULL), as a change of their own."""
        self._fill(which, keys)
        self._cursor.execute(duckdb_changes.emptied(which, column), {"moment": self._moment})
        self._apply(which)

    def _apply(self, which: Table) -> int:
        count = int(self._rows(f"SELECT count(*) FROM {duckdb_changes.GIVEN}")[0][0])  # noqa: S608
        if count:
            made = which.name == "users"
            told = duckdb_changes.log_written(which, concealed=self._concealed)
            self._cursor.execute(told, self._signature(made=made))
            self._cursor.execute(store.insert(which, duckdb_changes.GIVEN))
        return count

    def _judge(self, which: Table, batch: pa.Table, find: Find) -> None:
        while bad := find(self._cursor, which):
            first: dict[int, Refusal] = {}
            for row, columns, says in bad:
                values = [
                    row_rules.show(which.column(n), batch.column(n)[row].as_py()) for n in columns
                ]
                refused = Refusal(which.name, row, ", ".join(columns), ", ".join(values), says)
                first.setdefault(row, refused)
            self._refuse(list(first.values()))
            self._drop(first)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._cursor.execute(query).fetchall()
        return found

    def _refuse(self, refused: Sequence[Refusal]) -> None:
        if refused and self._whole:
            more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            raise ChangeRefused(f"{refused[0]}{more}")
        self.done.refused += map(str, refused)

    def _drop(self, rows: Iterable[int]) -> None:
        given, row = duckdb_changes.GIVEN, duckdb_changes.ROW
        self._cursor.execute(
            f"DELETE FROM {given} WHERE list_contains($rows, {row})",  # noqa: S608 - constants
            {"rows": [int(each) for each in rows]},
        )

    def _fill(self, which: Table, keys: Sequence[str]) -> None:
        self._cursor.execute(duckdb_changes.gone(which), {"keys": list(keys)})

    def _signature(self, *, made: bool = False) -> dict[str, Any]:
        """Who, where, with what and when; `made`: whether the batch is of users."""
        by = self._by
        user = None
        if by.user_id is not None:
            query = "SELECT 1 FROM users WHERE id = $id"
            if made:
                query += f" UNION SELECT 1 FROM {duckdb_changes.GIVEN} WHERE id = $id"  # noqa: S608
            user = str(by.user_id)
            # The audit refers to users who are there; who it was stands in its words.
            user = user if self._cursor.execute(query, {"id": user}).fetchall() else None
        return {
            "user": user,
            "actor": by.name[:_ACTOR_LENGTH],
            "address": by.address,
            "program": by.program,
            "moment": self._moment,
        }
