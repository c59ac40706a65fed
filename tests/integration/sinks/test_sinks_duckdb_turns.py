"""Who changes rows of DuckDB's files does so in turn; who appends does not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from schema.audit_chain import LOG, SEALS
from schema.registry import table
from sinks.duckdb.arranging import arrange
from sinks.duckdb.database import ARCHIVE, CONTROL, Database
from sinks.duckdb.forgetting import forget
from sinks.duckdb.maintenance import Maintenance
from sinks.duckdb.turns import TURNS
from sinks.duckdb.writer import DuckWriter
from sinks.personal import Forgetting, Person
from tests.aged_rows import MARKS, WANTED, ago, filled, marks

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    import pyarrow as pa

    from sinks.duckdb.control import Control

DAYS = table("daily_snapshots")
ANN, BOB = UUID(int=1), UUID(int=2)
PSEUDONYM = UUID(int=3)
FORGOTTEN = Forgetting(
    person=Person(user=str(ANN), email="ann@example.com", username="ann"), pseudonym=str(PSEUDONYM)
)
PATIENCE = 20.0


def days(user: UUID, first: int, count: int) -> pa.Table:
    when = [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(first + n)).date() for n in range(count)]
    ids = [UUID(int=100 + first + n).bytes for n in range(count)]
    return filled(DAYS, (0.0,) * count, {"id": ids, "user_id": [user.bytes] * count, "date": when})


class Between:
    """A connection that has something else happen between the copies and the deletion."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, happens: Callable[[], None]) -> None:
        self._connection = connection
        self._happens = happens

    def execute(self, query: str, *values: Any) -> duckdb.DuckDBPyConnection:
        if query.startswith("DELETE"):
            self._happens()
        return self._connection.execute(query, *values)


def users(database: Database) -> list[tuple[UUID, int]]:
    query = "SELECT user_id, count(*) FROM daily_snapshots_versions GROUP BY 1 ORDER BY 1"
    return database.cursor().execute(query).fetchall()


def test_who_is_forgotten_amid_a_sort_stays_forgotten(database: Database, control: Control) -> None:
    writer = DuckWriter(database)
    writer.write({DAYS.name: days(ANN, 0, 50)}, {"s": "1-0"})
    forgetting = Thread(target=forget, args=(database, control, FORGOTTEN))

    def meanwhile() -> None:
        forgetting.start()
        forgetting.join(0.5)
        # The archive goes on: its rows stay behind those that are sorted.
        writer.write({DAYS.name: days(BOB, 50, 7)}, {"s": "2-0"})

    connection: Any = Between(database.cursor(), meanwhile)
    sorts = [each for each in arrange(connection, WANTED, most=0) if each.table == DAYS.name]
    assert [each.rows for each in sorts] == [50]
    forgetting.join(PATIENCE)
    assert not forgetting.is_alive()
    assert users(database) == [(BOB, 7), (PSEUDONYM, 50)]


def expired(database: Database, control: Control) -> None:
    Maintenance(database).run(WANTED)


def arranged(database: Database, control: Control) -> None:
    arrange(database.cursor(), WANTED, most=0)


def forgotten(database: Database, control: Control) -> None:
    forget(database, control, FORGOTTEN)


@pytest.mark.parametrize(
    ("catalog", "changes"),
    [(ARCHIVE, expired), (ARCHIVE, arranged), (ARCHIVE, forgotten), (CONTROL, expired)],
)
def test_who_changes_rows_waits_for_the_turn(
    catalog: str,
    changes: Callable[[Database, Control], None],
    database: Database,
    control: Control,
) -> None:
    writer = DuckWriter(database)
    writer.write({DAYS.name: days(ANN, 0, 3), MARKS.name: marks(800.0, 1.0)}, {"s": "1-0"})
    cursor = database.cursor()
    cursor.register("logged", filled(LOG, (2700.0,), {}))
    cursor.execute(f"INSERT INTO {LOG.name} SELECT * FROM logged")
    seal = {"sealed_after": ago(2701), "sealed_until": ago(2699), "row_count": 1, "digests": "{}"}
    seals = filled(SEALS, (2699.0,), {name: [seal[name]] for name in seal})
    cursor.register("sealed", seals)
    cursor.execute("INSERT INTO audit_seals SELECT * FROM sealed")

    working = Thread(target=changes, args=(database, control))
    with TURNS[catalog]:
        working.start()
        working.join(0.5)
        assert working.is_alive()
        writer.write({DAYS.name: days(BOB, 3, 1)}, {"s": "2-0"})
    working.join(PATIENCE)
    assert not working.is_alive()


def test_the_control_tables_are_changed_in_turn(control: Control) -> None:
    reading = Thread(target=control.read)
    with TURNS[CONTROL]:
        reading.start()
        reading.join(0.3)
        assert reading.is_alive()
    reading.join(PATIENCE)
    assert not reading.is_alive()
