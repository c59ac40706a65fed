"""Days of one account come to lie together, and nothing else changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from benchmarks.history import History
from flows.common_queries import QUERIES
from flows.common_queries.binding import bound
from schema import duckdb as store
from schema.registry import table
from sinks.duckdb.arranging import arrange, deepest
from sinks.duckdb.database import Database, Limits
from tests.aged_rows import DRY, WANTED

if TYPE_CHECKING:
    from pathlib import Path

DAYS = table("daily_snapshots")
HISTORY = History(accounts=400, days=920)  # three pieces, each with a row of every account
SUMS = (
    "SELECT count(*), count(DISTINCT id), sum(profit), bit_xor(hash(id, version, date, balance)),"
    " (SELECT count(*) FROM daily_snapshots_versions) FROM daily_snapshots"
)


def append(cursor: duckdb.DuckDBPyConnection, rows: Any) -> None:
    cursor.register(store.BATCH, rows)
    cursor.execute(store.insert(DAYS))
    cursor.unregister(store.BATCH)


def scanned(cursor: duckdb.DuckDBPyConnection) -> int:
    """Rows that the heatmap of one account and year goes through."""
    values = {"account": HISTORY.account(7), "zone": "UTC"}
    values |= {"year_start": "2024-01-01", "year_end": "2025-01-01"}
    cursor.execute("PRAGMA enable_profiling='no_output'")
    found = cursor.execute(bound(QUERIES["heatmap"], "duckdb"), values).fetchall()
    told = json.loads(cursor.get_profiling_information(format="json"))
    cursor.execute("PRAGMA disable_profiling")
    assert len(found) == 366
    return int(told["query"]["total_rows_scanned"])


def test_a_heatmap_goes_through_the_rows_of_few_accounts(tmp_path: Path) -> None:
    with Database(tmp_path, Limits()) as database:
        ours, reader, writer = database.cursor(), database.cursor(), database.cursor()
        first = next(HISTORY.rows("daily_snapshots", HISTORY.accounts))
        for rows in HISTORY.rows("daily_snapshots", 100_000):
            append(writer, rows)
        # A day that was corrected: two versions of each of its rows.
        later = first.column("version").to_numpy() + 1
        place = first.schema.get_field_index("version")
        append(writer, first.set_column(place, first.schema.field(place), [later]))
        before, many = ours.execute(SUMS).fetchall(), scanned(ours)
        (would,) = arrange(ours, DRY, most=2)
        assert (would.table, would.rows) == ("daily_snapshots", before[0][4])
        assert scanned(ours) == many
        # Who reads goes on seeing what was there, and who appends is not kept from it.
        reader.execute("BEGIN")
        assert reader.execute(SUMS).fetchall() == before
        writer.execute("BEGIN")
        append(writer, first.slice(0, 1))
        (done,) = arrange(ours, WANTED, most=2)
        writer.execute("COMMIT")
        assert reader.execute(SUMS).fetchall() == before
        reader.execute("ROLLBACK")
        assert done.rows == before[0][4]
        (after,) = ours.execute(SUMS).fetchall()
        assert after == (*before[0][:4], before[0][4] + 1)
        ours.execute("CHECKPOINT archive")
        assert scanned(ours) <= many // 2
        assert arrange(ours, WANTED, most=3) == []


def test_a_small_table_stays_as_it_is(tmp_path: Path) -> None:
    with Database(tmp_path, Limits()) as database:
        cursor = database.cursor()
        for rows in History(accounts=10, days=50).rows("daily_snapshots", 10):
            append(cursor, rows)
        assert arrange(cursor, WANTED) == []


@pytest.mark.parametrize(
    ("ranges", "deep"),
    [
        ([], 0),
        ([("a", "c")], 1),
        ([("a", "c"), ("d", "f")], 1),
        ([("a", "c"), ("c", "f")], 2),
        ([("a", "z"), ("b", "c"), ("c", "d"), ("e", "f")], 3),
        ([("a", "a"), ("a", "a")], 2),
    ],
)
def test_how_many_pieces_hold_rows_of_one_account(ranges: list[tuple[str, str]], deep: int) -> None:
    assert deepest(ranges) == deep
