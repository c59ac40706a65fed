"""Each benchmark of stores and executors runs, and says what it measured, on a few rows.

Three of them by default; the others, which fill stores of their own, in `make long`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import (
    analysts,
    audit,
    backfill,
    execution,
    hold,
    inserts,
    kpi_storage,
    migrate,
    nights,
)
from benchmarks.history import History
from benchmarks.measure import Row
from benchmarks.report import kept, page
from flows.common_queries import QUERIES
from tests.long import long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FEW = History(accounts=5, trades=2_000, others=300, days=40)
SMALL: dict[str, Callable[[], Iterable[Row]]] = {
    "insert": lambda: inserts.run(2_000),
    "execution": lambda: execution.run(((1, 5), (50, 5))),
    "hold": lambda: hold.run(20),
    "analysts": lambda: analysts.run(FEW, 3),
    "migrate": lambda: migrate.run(2_000, 0.3),
    "audit": lambda: audit.run(20, 2),
    "backfill": lambda: backfill.run(3, 40, 20),
    "nights": lambda: nights.run(4, 4, 2),
    "kpi-storage": lambda: kpi_storage.run(3, 2),
}
BRIEF = ("execution", "hold", "audit")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in BRIEF else long) for name in SMALL],
)
def test_a_benchmark_runs_on_a_few_rows(name: str) -> None:
    rows = list(SMALL[name]())
    assert rows
    for row in rows:
        assert row.group == name
        assert row.value
        assert (row.held is None) == (not row.target)
    if name == "analysts":
        told = {row.what.partition(",")[0]: row for row in rows}
        assert set(QUERIES) <= set(told)
        assert "rows" in told["symbols"].against
        assert "keeps no log" in told["slow-queries"].against


def test_the_history_has_no_key_twice_and_is_in_order() -> None:
    batches = list(FEW.rows("trades", 700))
    keys = [key for rows in batches for key in rows.column("trade_id").to_pylist()]
    times = [time for rows in batches for time in rows.column("created_at").to_pylist()]
    assert len(set(keys)) == len(keys) == FEW.trades
    assert times == sorted(times)
    days = [
        day for rows in FEW.rows("daily_snapshots", 7) for day in rows.column("date").to_pylist()
    ]
    assert len(days) == FEW.accounts * FEW.days
    assert days == sorted(days)


def test_a_page_keeps_the_rows_of_what_was_not_run() -> None:
    def row(name: str, value: str) -> Row:
        return Row(group=name, what="what", value=value)

    def written(before: str, rows: list[Row], run: set[str]) -> str:
        return page(kept(before, rows, ("one", "two", "three"), run), {"date": "today"})

    first = written("", [row("one", "1"), row("three", "3")], {"one", "two", "three"})
    again = written(first, [row("two", "2"), row("three", "4")], {"two", "three"})
    lines = [line for line in again.splitlines() if ": what" in line]
    assert [line.split(" | ")[0:2] for line in lines] == [
        ["| one: what", "1"],
        ["| two: what", "2"],
        ["| three: what", "4"],
    ]
    assert again.count("## Machine") == again.count("# Benchmarks\n") == 1
