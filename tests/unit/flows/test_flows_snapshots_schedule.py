"""When a round of snapshots is due."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.snapshots.process import Schedule

SCHEDULE = Schedule(delay=timedelta(minutes=1), retry=timedelta(seconds=30))


@pytest.mark.parametrize(
    ("began", "due"),
    [
        ("2026-11-21 14:00:00", "2026-11-22 00:01:00"),
        ("2026-11-22 00:01:00", "2026-11-23 00:01:00"),
        # Within the delay the day before may not be whole yet.
        ("2026-11-22 00:00:59", "2026-11-22 00:01:00"),
        ("2026-12-31 23:59:59", "2027-01-01 00:01:00"),
    ],
)
def test_the_next_round_is_after_the_next_midnight(began: str, due: str) -> None:
    assert SCHEDULE.after(moment(began), well=True) == moment(due)


def test_a_round_that_failed_is_begun_again_soon() -> None:
    assert SCHEDULE.after(moment("2026-11-21 14:00:00"), well=False) == moment(
        "2026-11-21 14:00:30"
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
