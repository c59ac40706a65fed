"""What is wrong with the books has one answer each; docs/explanation/snapshots.md lists them."""

import polars as pl
import pytest

from schema.ids import make_id
from tests.daily_books import ANN, BOB, account, books, deal, deposit, made, mark, trade


def faults(found: object) -> list[tuple[str, int]]:
    frame: pl.DataFrame = found.faults  # type: ignore[attr-defined]
    return frame.select("fault", "rows").rows()


def test_a_trade_that_came_twice_counts_once() -> None:
    found = books(
        trades=[
            trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 10),
            trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 12, version=2),
        ],
        deals=[deposit(1, "2024-03-04 08:00", 1_000), deposit(1, "2024-03-04 08:00", 1_000)],
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["trades"], day["profit"], day["flow"]) == (1, 12, 1_000)
    assert faults(found) == [("deal_twice", 1), ("trade_twice", 1)]


def test_a_trade_that_was_also_imported_counts_once() -> None:
    """Two ids of ours, one name at the broker."""
    found = books(
        trades=[
            trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 10, broker_trade_id="77"),
            trade(2, "2024-03-04 09:00", "2024-03-04 10:00", 10, broker_trade_id="77", version=5),
            trade(3, "2024-03-04 09:00", "2024-03-04 10:00", 1, broker_trade_id="78"),
            trade(4, "2024-03-04 09:00", "2024-03-04 10:00", 1),
            trade(5, "2024-03-04 09:00", "2024-03-04 10:00", 1),
        ]
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["trades"], day["profit"]) == (4, 13)
    assert faults(found) == [("trade_twice", 1)]


def test_one_name_at_two_brokers_or_accounts_is_two_trades() -> None:
    found = books(
        accounts=[account(ANN), account(BOB)],
        trades=[
            trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 1, broker_trade_id="7"),
            trade(
                2,
                "2024-03-04 09:00",
                "2024-03-04 10:00",
                2,
                broker_trade_id="7",
                broker_id=make_id("b"),
            ),
            trade(
                3, "2024-03-04 09:00", "2024-03-04 10:00", 4, broker_trade_id="7", account_id=BOB
            ),
        ],
    )
    assert made(found, "2024-03-04", "2024-03-04")[0]["profit"] == 3
    assert made(found, "2024-03-04", "2024-03-04", account_id=BOB)[0]["profit"] == 4
    assert faults(found) == []


def test_a_trade_that_closed_before_it_opened_counts_where_it_closed() -> None:
    found = books(trades=[trade(1, "2024-03-06 09:00", "2024-03-04 10:00", 10)])
    days = made(found, "2024-03-03", "2024-03-06")
    assert [day["trades"] for day in days] == [1, 0, 0]
    assert [day["opened"] for day in days] == [0, 0, 1]
    assert [day["open_positions"] for day in days] == [0, 0, 0]  # never less than none
    assert faults(found) == [("closed_before_opened", 1)]


def test_a_missing_day_of_a_marked_account_has_no_return() -> None:
    """A position was open, and nobody marked it: its floating profit is carried, not guessed."""
    found = books(
        deals=[deposit(1, "2024-03-04 08:00", 1_000)],
        trades=[trade(1, "2024-03-04 09:00", None)],
        marks=[
            mark("2024-03-04 12:00:55", 1_000, 950, open_positions=1),
            mark("2024-03-06 12:00:55", 1_000, 931, open_positions=1),
        ],
    )
    one, missing, three = made(found, "2024-03-04", "2024-03-06")
    assert one["daily_return"] == pytest.approx(-0.05)
    assert missing["daily_return"] is missing["floating"] is missing["equity_low"] is None
    assert (missing["marks"], missing["equity"], missing["balance"]) == (0, 950, 1_000)
    # The next return spans the days between: nothing is lost, nothing counts twice.
    assert three["daily_return"] == pytest.approx(931 / 950 - 1)


def test_what_was_realised_on_a_missing_day_is_in_the_next_return() -> None:
    """Another position is open, so the day's equity is not known; its loss is not lost."""
    found = books(
        trades=[
            trade(1, "2024-03-04 09:00", None, position_ticket=9),
            trade(2, "2024-03-05 09:00", "2024-03-05 10:00", -1_000, position_ticket=7),
        ],
        deals=[
            deposit(1, "2024-03-04 08:00", 10_000),
            deal(2, "2024-03-05 10:00", -1_000, position_ticket=7),
            deposit(3, "2024-03-06 08:00", 500),
            deposit(4, "2024-03-07 08:00", 500),
        ],
        marks=[
            mark("2024-03-04 22:00", 10_000, 10_000, open_positions=1),
            mark("2024-03-07 22:00", 10_000, 10_120, open_positions=1),
            mark("2024-03-08 22:00", 10_000, 10_120, open_positions=1),
        ],
    )
    _, lost, paid_in, back, after = made(found, "2024-03-04", "2024-03-08")
    assert lost["daily_return"] is paid_in["daily_return"] is None
    assert (back["equity_open"], back["equity"]) == (10_000, 10_120)
    # Since the last known equity 1,000 came in.
    assert back["daily_return"] == pytest.approx(10_120 / 11_000 - 1)
    assert after["daily_return"] == 0


def test_a_missing_day_without_positions_is_known() -> None:
    found = books(
        deals=[
            deposit(1, "2024-03-04 08:00", 1_000),
            deal(2, "2024-03-05 10:00", -40, position_ticket=7),
        ],
        trades=[trade(1, "2024-03-04 09:00", "2024-03-05 10:00", -40, position_ticket=7)],
        marks=[mark("2024-03-04 12:00:55", 1_000, 950, open_positions=1)],
    )
    _, missing, after = made(found, "2024-03-04", "2024-03-06")
    assert (missing["balance"], missing["equity"]) == (960, 960)
    assert missing["daily_return"] == pytest.approx(960 / 950 - 1)
    assert (after["equity"], after["daily_return"]) == (960, 0)


@pytest.mark.parametrize("left", [0, -250])
def test_an_equity_of_zero_or_below(left: int) -> None:
    found = books(
        deals=[deposit(1, "2024-03-03 08:00", 1_000), deal(2, "2024-03-04 10:00", left - 1_000)],
        marks=[
            mark("2024-03-03 12:00:55", 1_000, 1_000),
            mark("2024-03-04 09:00:55", 1_000, 1_000, left, 1_000),
            mark("2024-03-04 12:00:55", left, left),
            mark("2024-03-05 12:00:55", left, left),
        ],
    )
    _, ruin, after = made(found, "2024-03-03", "2024-03-05")
    assert (ruin["balance"], ruin["equity"]) == (left, left)
    assert ruin["daily_return"] == left / 1_000 - 1  # everything, or more than that
    assert ruin["max_drawdown"] == -1
    # From nothing, or less, no return can be reckoned.
    assert after["daily_return"] is after["max_drawdown"] is None
    assert after["equity"] == left


def test_deposits_on_the_first_day_are_what_it_begins_with() -> None:
    found = books(
        accounts=[account(balance=77_777)],
        deals=[
            deposit(1, "2024-03-04 08:00", 1_000),
            deposit(2, "2024-03-04 15:00", 500),
            deal(3, "2024-03-04 16:00", 15),
        ],
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["balance_open"], day["equity_open"], day["flow"]) == (1_500, 1_500, 1_500)
    assert (day["balance"], day["unexplained"]) == (1_515, 0)
    assert day["daily_return"] == pytest.approx(0.01)


def test_an_account_that_was_attached_with_positions_begins_with_its_first_mark() -> None:
    found = books(
        marks=[
            mark("2024-03-04 12:00:55", 1_000, 800, open_positions=1),
            mark("2024-03-04 13:00:55", 1_000, 840, open_positions=1),
        ],
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["equity_open"], day["balance_open"]) == (800, 1_000)
    assert day["daily_return"] == pytest.approx(0.05)  # not 840 / 1000 - 1: that loss was before


def test_marks_in_another_currency_are_left_out() -> None:
    found = books(
        deals=[deposit(1, "2024-03-04 08:00", 1_000)],
        marks=[
            mark("2024-03-04 12:00:55", 1_000, 990),
            mark("2024-03-04 13:00:55", 150_000, 148_000, currency="JPY"),
        ],
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["currency"], day["equity"], day["balance"], day["marks"]) == ("USD", 990, 1_000, 1)
    assert faults(found) == [("mark_in_another_currency", 1)]


def test_a_clock_that_went_back_changes_the_minute_it_names() -> None:
    """The minute says when it was, and of one minute the latest word holds, not the latest time."""
    found = books(
        deals=[deposit(1, "2024-03-04 08:00", 1_000)],
        marks=[
            mark("2024-03-04 12:00:55", 1_000, 1_010, version=1),
            mark("2024-03-04 12:01:55", 1_000, 1_020, version=2),
            mark("2024-03-04 12:00:10", 1_000, 1_005, version=3),
        ],
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["equity"], day["equity_low"], day["marks"]) == (1_020, 1_005, 2)
    assert faults(found) == [("mark_twice", 1)]


def test_what_no_deal_explains_is_shown_and_has_no_return() -> None:
    found = books(
        marks=[
            mark("2024-03-04 12:00:55", 1_000, 1_000),
            mark("2024-03-05 12:00:55", 3_000, 3_000),
            mark("2024-03-06 12:00:55", 3_000, 3_030),
        ],
    )
    _, jump, after = made(found, "2024-03-04", "2024-03-06")
    assert (jump["unexplained"], jump["flow"], jump["profit"]) == (2_000, 0, 0)
    assert jump["daily_return"] is None
    assert after["daily_return"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("equity", "cents", "known"),
    [
        (10_000, 1, True),
        (10_000, -10, True),
        (10_000, -11, False),
        (100, 1, True),
        (100, -2, False),
    ],
)
def test_what_is_rounding_is_a_result(equity: int, cents: int, known: bool) -> None:
    """Up to a cent, and up to a hundred thousandth of the equity."""
    left = round(0.9 * equity + cents / 100, 2)
    later = round(left + 5, 2)
    found = books(
        deals=[
            deposit(1, "2024-03-04 08:00", equity),
            deal(2, "2024-03-05 10:00", -0.1 * equity, position_ticket=7),
        ],
        marks=[
            mark("2024-03-04 12:00:55", equity, equity),
            mark("2024-03-05 12:00:55", left, left),
            mark("2024-03-06 12:00:55", left, later),
        ],
    )
    _, lost, after = made(found, "2024-03-04", "2024-03-06")
    assert lost["unexplained"] == pytest.approx(cents / 100)
    if known:
        assert lost["daily_return"] == pytest.approx(left / equity - 1)
        assert after["daily_return"] == pytest.approx(later / left - 1)
    else:
        # The next return spans both days; what is unexplained is no result.
        assert lost["daily_return"] is None
        assert after["daily_return"] == pytest.approx(later / (equity + cents / 100) - 1)


def test_a_deal_on_the_other_side_of_midnight_than_its_mark_changes_no_return() -> None:
    found = books(
        deals=[
            deposit(1, "2024-03-04 08:00", 10_000),
            deal(2, "2024-03-05 23:59:58.400", -1_000),
            deal(3, "2024-03-07 10:00", 90),
        ],
        marks=[
            mark("2024-03-04 12:00", 10_000, 10_000),
            # The mark has the loss already; the deal is dated half a second later.
            mark("2024-03-05 23:59:57.900", 9_000, 9_000),
            mark("2024-03-06 20:00", 9_000, 9_000),
            mark("2024-03-07 20:00", 9_090, 9_090),
        ],
    )
    returns = [day["daily_return"] for day in made(found, "2024-03-04", "2024-03-07")]
    assert returns == [0, None, None, pytest.approx(9_090 / 10_000 - 1)]


def test_a_deal_after_the_last_mark_of_a_day_moves_its_balance() -> None:
    found = books(
        deals=[
            deposit(1, "2024-03-04 08:00", 1_000),
            deal(2, "2024-03-04 23:59:59", -20, position_ticket=7),
        ],
        marks=[
            mark("2024-03-04 23:58:55", 1_000, 985, open_positions=1),
            mark("2024-03-05 00:00:55", 980, 980),
        ],
    )
    day, after = made(found, "2024-03-04", "2024-03-05")
    assert (day["balance"], day["equity"], day["unexplained"]) == (980, 985, 0)
    assert (after["balance"], after["unexplained"]) == (980, 0)
