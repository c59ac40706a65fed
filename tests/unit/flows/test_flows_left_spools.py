"""Who takes over what a shard of before has left on disk, and when nobody does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from embedded.home import Home, open_home
from embedded.lock import DirectoryLock
from flows.left_spools import LeftSpools
from schema import arrow
from schema.registry import table
from sinks.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = table("system_event_log")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def spool(home: Home, shard: int) -> Spool:
    return Spool(home.spool_dir / f"trade-{shard}", 1 << 20)


def leave(home: Home, shard: int, *messages: str) -> None:
    """Spool an entry of one row for each message."""
    left = spool(home, shard)
    for message in messages:
        rows = arrow.batch(
            EVENTS,
            {
                "event_id": [message.encode().ljust(16)],
                "kind": "test",
                "source": "test",
                "message": [message],
                "created_at": datetime(2026, 11, 21, tzinfo=UTC),
                "version": [1],
            },
        )
        left.append({EVENTS.name: pa.Table.from_batches([rows])}, {f"{{{shard}}}:results": ""})


def emptied(one: Spool) -> list[tuple[str, str]]:
    """Stream and message of each file, which go."""
    found = []
    while len(one):
        tables, positions = one.first()
        found.append((next(iter(positions)), tables[EVENTS.name]["message"][0].as_py()))
        one.drop_first()
    return found


def test_spools_without_a_shard_are_taken_a_file_at_a_time_in_order(home: Home) -> None:
    for shard in (0, 2, 10, 3, 1):
        leave(home, shard, f"{shard} first", f"{shard} second")
    (home.spool_dir / "duckdb").mkdir()
    mine = spool(home, 0)
    left = LeftSpools(home, 2, lambda: 0.0)
    taken = 0
    while left.take(mine):
        taken += 1
        assert len(mine) == 2 + taken
    words = [
        (f"{{{shard}}}:results", f"{shard} {word}")
        for shard in (0, 2, 3, 10)
        for word in ("first", "second")
    ]
    assert emptied(spool(home, 0)) == words, "a restart finds what was taken"
    assert emptied(spool(home, 1)) == [("{1}:results", "1 first"), ("{1}:results", "1 second")]


def test_a_spool_whose_shard_still_runs_is_its_own(home: Home) -> None:
    leave(home, 2, "late")
    now = [0.0]
    left, mine = LeftSpools(home, 2, lambda: now[0]), spool(home, 0)
    lock = home.recovery_dir / "trade-2"
    lock.mkdir()
    with DirectoryLock(lock):
        assert not left.take(mine)
    assert not left.take(mine), "it looks once a minute"
    now[0] = 60.0
    assert left.take(mine)
    with DirectoryLock(lock):
        assert emptied(mine) == [("{2}:results", "late")]


def test_a_damaged_file_stays_and_stops_nothing(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    leave(home, 2, "one", "two")
    damaged = home.spool_dir / "trade-2" / "000000000001.spool"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    left, mine = LeftSpools(home, 2, lambda: 0.0), spool(home, 0)
    assert left.take(mine)
    assert not left.take(mine)
    assert emptied(mine) == [("{2}:results", "two")]
    assert damaged.exists()
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        f"{damaged} is damaged; restore it, or move it away to give up its rows"
    ]
