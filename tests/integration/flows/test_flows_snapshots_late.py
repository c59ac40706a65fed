"""Days that are opened again: late rows, corrections, stores that were down, rounds that were killed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from flows.snapshots.updating import Span
from tests.daily_books import ANN, BOB, deal, deposit, mark, trade
from tests.daily_stores import Mortal, Stores, Struck, first_days, version

if TYPE_CHECKING:
    pass


def test_a_late_trade_opens_its_day_and_what_it_changed(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-20 00:01")
    before = {row["id"]: row for row in stores.rows()}
    stores.add(
        trades=[
            trade(3, "2026-03-09 09:00", "2026-03-10 10:00", -30, position_ticket=8, version=version("2026-03-20 00:30")),
        ],
        deals=[deal(3, "2026-03-10 10:00", -30, position_ticket=8)],
    )  # fmt: skip
    stores.catch_up("2026-03-20 01:00")
    after = {row["id"]: row for row in stores.rows()}
    assert stores.rows("clickhouse") == stores.rows()
    changed = {
        (row["account_id"], row["date"].day) for key, row in after.items() if row != before[key]
    }
    # Its balance is another from then on; not a day before, and no other account's.
    assert changed == {(ANN.bytes, day) for day in range(9, 20)}
    assert {
        row["balance"]
        for row in after.values()
        if row["date"] >= date(2026, 3, 10) and row["account_id"] == ANN.bytes
    } == {1_020}
    rows = [r for r in after.values() if r["account_id"] == ANN.bytes and r["date"].day == 10]
    assert (rows[0]["trades"], rows[0]["losses"], rows[0]["profit"]) == (1, 1, -30)


def test_a_correction_that_moves_a_trade_opens_both_days(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    stores.add(
        trades=[
            trade(1, "2026-03-04 09:00", "2026-03-08 10:00", 50, position_ticket=7, version=version("2026-03-12 00:30")),
        ],
    )  # fmt: skip
    stores.catch_up("2026-03-12 01:00")
    closed = {
        row["date"].day: row["trades"] for row in stores.rows() if row["account_id"] == ANN.bytes
    }
    assert closed[5] == 0
    assert closed[8] == 1
    assert stores.rows("clickhouse") == stores.rows()


def test_a_late_deposit_is_found(stores: Stores) -> None:
    """It has no version that tells when it came."""
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    stores.add(deals=[deposit(9, "2026-03-06 08:00", 400)])
    stores.catch_up("2026-03-12 01:00")
    flows = {
        row["date"].day: row["flow"] for row in stores.rows() if row["account_id"] == ANN.bytes
    }
    assert {day for day, flow in flows.items() if flow} == {4, 6}
    assert stores.rows("clickhouse") == stores.rows()


def test_a_late_mark_opens_its_day(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    stores.add(
        account_marks=[
            mark("2026-03-08 12:00:55", 500, 400, account_id=BOB, open_positions=1, version=version("2026-03-12 00:30")),
        ]
    )  # fmt: skip
    stores.catch_up("2026-03-12 01:00")
    equity = {
        row["date"].day: row["equity"] for row in stores.rows() if row["account_id"] == BOB.bytes
    }
    assert equity == {5: 480, 6: 480, 7: 480, 8: 400, 9: 400, 10: 400, 11: 400}


def test_a_store_that_is_down_stops_itself_alone(stores: Stores) -> None:
    first_days(stores)
    duck, other = stores.targets
    stores.catch_up("2026-03-07 00:01", targets=[duck])
    assert len(stores.rows()) == 5
    assert stores.rows("clickhouse") == []
    stores.catch_up("2026-03-09 00:01")  # one is further than the other
    assert stores.rows("clickhouse") == stores.rows()
    assert [(r["date"].day) for r in stores.rows("clickhouse")][:5] == [
        r["date"].day for r in stores.rows()
    ][:5]
    assert other.positions().keys() == duck.positions().keys()


# Behind one write is before the next, but for the last.
@pytest.mark.parametrize(
    ("writes", "behind"), [(0, False), (1, False), (2, False), (3, False), (3, True)]
)
def test_it_goes_on_where_it_was_killed(
    stores_of_two_zones: Stores, writes: int, behind: bool
) -> None:
    stores = stores_of_two_zones
    first_days(stores)
    clock = [writes]
    mortal = [Mortal(each, clock, behind=behind) for each in stores.targets]
    with pytest.raises(Struck):
        stores.catch_up("2026-03-20 00:01", targets=mortal)
    stores.catch_up("2026-03-20 00:01")
    whole = stores.rows()
    assert len(whole) == 16 + 15
    assert stores.rows("clickhouse") == whole
    assert stores.catch_up("2026-03-20 00:02") == 0


def test_a_day_whose_marks_have_expired_keeps_what_they_said(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    before = stores.rows()
    stores.expire("account_marks")
    stores.add(deals=[deposit(9, "2026-03-05 08:00", 400, account_id=BOB)])
    told = stores.look("2026-03-12 01:00").catch_up()
    assert stores.rows()[0] == before[0]
    assert (before[0]["equity"], before[0]["marks"]) == (480, 1)
    assert ("marks_expired", 1) in told.faults.select("fault", "rows").rows()


def test_a_version_rises_although_the_clock_went_back(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01")
    stores.add(deals=[deposit(9, "2026-03-06 08:00", 400)])
    stores.catch_up("2026-03-06 23:00")  # the clock was set back; the 6th is not over by it
    stores.look("2026-03-06 23:00").rebuild(Span(date(2026, 3, 6), date(2026, 3, 6)))
    rows = [row for row in stores.rows() if row["account_id"] == ANN.bytes]
    assert rows[-1]["flow"] == 400
    assert stores.rows("clickhouse") == stores.rows()
