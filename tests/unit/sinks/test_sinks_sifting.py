"""What is refused is dated by the row itself, however batches are cut."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from rules.errors import Transient
from rules.touched import version_of
from schema.registry import table
from sinks.batch import BatchFrame
from sinks.batch_parts import Flush, Rows
from sinks.sifting import EVENTS, Tables, sift
from sinks.spool import Spool
from sources.stop import Stop
from tests.aged_rows import filled

if TYPE_CHECKING:
    from pathlib import Path

DAYS, DEALS, REFUSED = map(table, ("daily_snapshots", "deals", "signal_rejection"))
AT_MS = 1_795_000_000_000
AT = datetime.fromtimestamp(AT_MS / 1000, UTC)
BEYOND = datetime(2301, 1, 1, tzinfo=UTC)
ALONE, LATER = {"{1}:results": f"{AT_MS}-0"}, {"{1}:results": f"{AT_MS + 300_000}-0"}


def events(tables: Tables) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tables[EVENTS.name].to_pylist()
    return found


def rejection(version: int) -> Tables:
    columns = {"received_at": [BEYOND], "version": [version]}
    return {REFUSED.name: filled(REFUSED, (0.0,), columns)}


def test_a_row_without_a_time_is_dated_by_its_version() -> None:
    rows = rejection(version_of(AT_MS - 5000, 3))
    (event,) = events(sift(rows, ALONE)[0])
    assert [event] == events(sift(rows, LATER)[0])
    assert event["created_at"] == datetime.fromtimestamp((AT_MS - 5000) / 1000, UTC)


@pytest.mark.parametrize("version", [7, 2**63])
def test_a_version_that_is_no_entrys_dates_nothing(version: int) -> None:
    runs = {REFUSED.name: [(1, AT_MS)]}
    (event,) = events(sift(rejection(version), LATER, runs)[0])
    assert event["created_at"] == AT


def test_a_day_is_a_time_of_its_own() -> None:
    columns = {"date": [date(2026, 11, 20)], "profit_factor": [float("inf")]}
    (event,) = events(sift({DAYS.name: filled(DAYS, (0.0,), columns)}, LATER)[0])
    assert event["created_at"] == datetime(2026, 11, 20, tzinfo=UTC)


class Store:
    """Takes rows when it is up, and no marks: who restarts reads them again."""

    def __init__(self) -> None:
        self.up = True
        self.events: list[dict[str, Any]] = []

    def positions(self) -> dict[str, str]:
        return {}

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        if not self.up:
            raise Transient(f"down, and does not get {positions}")
        self.events += events(dict(tables))

    def close(self) -> None: ...


class Observer:
    def __init__(self) -> None:
        self.told: list[str] = []

    def stored(self, tables: Mapping[str, pa.Table], seconds: float, at: float) -> None: ...
    def flushed(self, seconds: float) -> None: ...
    def spool(self, size: int) -> None: ...
    def failed(self) -> None: ...

    def refused(self, table: str) -> None:
        self.told.append(table)


def deal(number: int) -> Rows:
    """One deal, whose version is its ticket, at a time that no store can hold."""
    columns = {"deal_id": [number.to_bytes(16, "big")], "time": [BEYOND], "version": [number]}
    (rows,) = filled(DEALS, (0.0,), columns).to_batches()
    return Rows("{1}:results", f"{AT_MS + number * 1000}-0", {DEALS.name: rows})


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("together", [1, 2, 3])
def test_batches_that_are_cut_anew_make_the_same_events(
    together: int, down: bool, tmp_path: Path
) -> None:
    now, store, observer = [100.0], Store(), Observer()
    store.up = not down
    frame = BatchFrame(
        store,
        Spool(tmp_path, 1 << 20),
        {},
        lambda _: None,
        observer,
        Stop(),
        Flush(rows=together, attempts=1),
        clock=lambda: now[0],
        sleep=lambda _: None,
    )
    frame.add([deal(1), deal(2), deal(3)])
    frame.flush()
    if down:
        store.up, now[0] = True, 1000.0
        frame.flush()
    dated = [event["created_at"].timestamp() * 1000 - AT_MS for event in store.events]
    assert dated == [1000, 2000, 3000]
    # Each is told of once, whether it was spooled or not.
    assert observer.told == [DEALS.name] * 3
