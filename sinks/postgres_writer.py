"""Rows into PostgreSQL: a bad row is told in one sentence, and the rest of its batch is stored.

What the registry alone can tell of a row is asked before PostgreSQL sees it, so that NaN, infinity
and what is too long never get there. Keys and references only the database knows: a batch that it
refuses is halved until the rows stand alone that it refuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
from psycopg import errors

from rules.errors import Transient
from schema import arrow, postgres_values, row_rules
from schema.row_rules import Refusal
from sinks.postgres import Connection, see_all_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.table import Table

_KEY = re.compile(r"Key \(([^)]*)\)=")


class NotWritten(Transient):
    """Nothing of the batch was stored, and not for its rows; it may be written again."""


def write(connection: Connection, which: Table, rows: pa.Table | pa.RecordBatch) -> list[Refusal]:
    """Store a batch in one transaction, and return what was refused.

    Written again, it changes nothing: a row whose key is there is replaced by a greater version
    alone. A row may refer to another of its batch, wherever that stands.

    Args:
        connection: to the database, of a login that is a member of `service`.
        which: table of the rows.
        rows: with the columns of the registry.

    Raises:
        CannotSee: the login does not see all rows.
        NotWritten: PostgreSQL went away, or refuses more than single rows.
    """
    see_all_rows(connection)
    batch = arrow.conform(which, rows)
    refused = {each.row: each for each in row_rules.judge(which, batch)}
    for each in _too_long(which, batch):
        refused.setdefault(each.row, each)
    waiting = [place for place in range(batch.num_rows) if place not in refused]
    values = dict(
        zip(waiting, postgres_values.values(which, batch.take(pa.array(waiting, pa.int64()))),
            strict=True)
    )  # fmt: skip
    try:
        with connection.transaction():
            _make_months(connection, which, batch, waiting)
            work = _Writing(connection, which, batch, values)
            while waiting:
                left = work.store(waiting)
                if len(left) == len(waiting):
                    refused |= left
                    break
                # What was refused may have referred to a row that is there by now.
                waiting = sorted(left)
    except psycopg.Error as error:
        raise NotWritten(f"PostgreSQL: {_line(error)}") from error
    return [refused[place] for place in sorted(refused)]


class _Writing:
    def __init__(
        self,
        connection: Connection,
        which: Table,
        batch: pa.RecordBatch,
        values: dict[int, tuple[Any, ...]],
    ) -> None:
        self._connection = connection
        self._which = which
        self._batch = batch
        self._values = values
        self._insert = postgres_values.insert(which).encode()

    def store(self, places: Sequence[int]) -> dict[int, Refusal]:
        """Store rows, and return those that PostgreSQL refuses."""
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.executemany(self._insert, [self._values[place] for place in places])
        except (errors.IntegrityError, errors.DataError) as error:
            if len(places) == 1:
                return {places[0]: self._refusal(places[0], error)}
            middle = len(places) // 2
            return self.store(places[:middle]) | self.store(places[middle:])
        return {}

    def _refusal(self, place: int, error: psycopg.Error) -> Refusal:
        columns, says = _rule(self._which, error)
        shown = [
            row_rules.show(self._which.column(name), self._batch.column(name)[place].as_py())
            for name in columns
        ]
        named = ", ".join(columns) or "unknown"
        return Refusal(self._which.name, place, named, ", ".join(shown) or "a value", says)


def _rule(which: Table, error: psycopg.Error) -> tuple[tuple[str, ...], str]:
    """Return the columns that an error is about, and the rule; no value, which may be secret."""
    found = _KEY.search(error.diag.message_detail or "")
    columns = tuple(name.strip(' "') for name in found[1].split(",")) if found else ()
    match error:
        case errors.UniqueViolation():
            return columns, "another row has it, and it is unique"
        case errors.ForeignKeyViolation():
            parent = next((r.table for r in which.references if r.columns == columns), "nobody")
            return columns, f"{parent} has no such row, and it refers to one"
        case errors.CheckViolation():
            name = error.diag.constraint_name or "a check"
            conditions = {each.name: each.condition for each in which.checks}
            condition = conditions.get(name, "something else")
            words = set(re.findall(r"\w+", condition))
            return tuple(n for n in which.names if n in words), f"{name} asks for {condition}"
        case _:
            column = error.diag.column_name
            return (column,) if column else (), f"PostgreSQL says: {error.diag.message_primary}"


def _too_long(which: Table, batch: pa.RecordBatch) -> list[Refusal]:
    """Return rows with a text that PostgreSQL's spelling of NUL makes too long for its column."""
    found = []
    for column in which.columns:
        limit = column.type.length
        if not limit or not pa.types.is_string(column.type.arrow):
            continue
        for place, value in enumerate(batch.column(column.name).to_pylist()):
            if value is not None and len(postgres_values.escape(value)) > limit >= len(value):
                says = f"it has more than {limit} characters, of which NUL and U+001A count twice"
                shown = row_rules.show(column, value)
                found.append(Refusal(which.name, place, column.name, shown, says))
    return found


def _make_months(
    connection: Connection, which: Table, batch: pa.RecordBatch, places: Sequence[int]
) -> None:
    if which.partitioned and which.time and places:
        every: list[Any] = batch.column(which.time).to_pylist()
        times = [every[place] for place in places]
        for month in {each.replace(day=1, hour=0, minute=0, second=0) for each in times}:
            given = [which.name, month, month]
            connection.execute("SELECT make_partitions(%s, %s, %s)", given)


def _line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
