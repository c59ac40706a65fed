"""ClickHouse's marks go forward, whatever the clock of who writes them says."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import sinks.clickhouse
from sinks.clickhouse import ClickHouseWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import ClickHouseServer


class Clock(datetime):
    """The clock of this machine, set forward or back."""

    off = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.off


class Marks:
    """One stream's marks, written by archives one after the other."""

    def __init__(self, server: ClickHouseServer) -> None:
        self.stream = f"{{{uuid4()}}}:results"
        self._server = server
        self.writer = ClickHouseWriter(f"{server.url}/default")

    def write(self, entry_id: str) -> None:
        self.writer.write({}, {self.stream: entry_id})

    def restart(self) -> None:
        self.writer.close()
        self.writer = ClickHouseWriter(f"{self._server.url}/default")

    def told(self) -> list[str | None]:
        """What is told before and after the rows are merged, and what one who reads it sees."""
        with self._server.client() as client:
            before = self.writer.positions().get(self.stream)
            client.command("OPTIMIZE TABLE stream_marks FINAL")
            after = self.writer.positions().get(self.stream)
            query = "SELECT position FROM stream_marks_current WHERE stream = {stream:String}"
            shown = client.query(query, {"stream": self.stream}).result_rows
        return [before, after, *(row[0] for row in shown)]


@pytest.fixture
def marks(
    migrated_clickhouse: ClickHouseServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Marks]:
    monkeypatch.setattr(sinks.clickhouse, "datetime", Clock)
    monkeypatch.setattr(Clock, "off", timedelta(0))
    made = Marks(migrated_clickhouse)
    yield made
    made.writer.close()
    with migrated_clickhouse.client() as client:
        client.command("TRUNCATE TABLE stream_marks")


def test_a_clock_that_is_set_back_takes_no_mark_back(marks: Marks) -> None:
    marks.write("100-0")
    Clock.off = timedelta(hours=-1)
    marks.write("200-0")
    assert marks.told() == ["200-0"] * 3


@pytest.mark.parametrize("hours", [-5, 5])
def test_archives_in_turn_need_not_agree_about_the_time(marks: Marks, hours: int) -> None:
    marks.write("100-0")
    Clock.off = timedelta(hours=hours)
    marks.restart()
    marks.write("200-0")
    Clock.off = timedelta(0)
    marks.restart()
    marks.write("200-10")
    assert marks.told() == ["200-10"] * 3


def test_marks_that_an_older_release_wrote_by_its_clock_are_read_right(
    marks: Marks, migrated_clickhouse: ClickHouseServer
) -> None:
    # By number, not as texts: 1000 is further than 999, and 999-10 than 999-9.
    written = [("999-9", 3), ("999-10", 2), ("1000-0", 1)]
    with migrated_clickhouse.client() as client:
        client.command("SYSTEM STOP MERGES stream_marks")
        try:
            for count, (entry_id, day) in enumerate(written, 1):
                row = [marks.stream, entry_id, datetime.fromisoformat(f"2026-11-0{day}T00:00Z")]
                client.insert("stream_marks", [row], ["stream", "position", "updated_at"])
                furthest = [each for each, _ in written[:count]][-1]
                assert marks.writer.positions()[marks.stream] == furthest
        finally:
            client.command("SYSTEM START MERGES stream_marks")
    marks.write("1000-1")
    assert marks.told() == ["1000-1"] * 3


def test_a_backup_takes_marks_back_with_the_rows(
    marks: Marks, migrated_clickhouse: ClickHouseServer
) -> None:
    marks.write("100-0")
    with migrated_clickhouse.client() as client:
        stored = client.query("SELECT stream, position, updated_at FROM stream_marks").result_rows
        marks.write("200-0")
        client.command("TRUNCATE TABLE stream_marks")
        client.insert("stream_marks", stored, ["stream", "position", "updated_at"])
    marks.restart()
    assert marks.told() == ["100-0"] * 3
    marks.write("150-0")
    assert marks.told() == ["150-0"] * 3
