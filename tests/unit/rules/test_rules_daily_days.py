"""What one day's row says, by arithmetic that stands beside it."""

import pytest

from tests.daily_books import account, at, books, deal, deposit, made, mark, trade


def test_a_day_of_trades_after_a_deposit() -> None:
    found = books(
        trades=[
            trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 120, position_ticket=7),
            trade(2, "2024-03-04 11:00", "2024-03-04 12:00", -50, position_ticket=8),
        ],
        deals=[
            deposit(1, "2024-03-04 08:00", 10_000),
            deal(2, "2024-03-04 09:00", 0, commission=-3, position_ticket=7),
            deal(3, "2024-03-04 10:00", 120, position_ticket=7),
            deal(4, "2024-03-04 12:00", -50, swap=-2, fee=-1, position_ticket=8),
        ],
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert day["balance_open"] == 10_000  # nothing before, and the deposit counts at the start
    assert day["flow"] == 10_000
    assert day["profit"] == 120 - 50 - 3 - 2 - 1
    assert day["balance"] == day["equity"] == 10_064
    assert day["daily_return"] == pytest.approx(0.0064, rel=1e-12)
    assert (day["trades"], day["wins"], day["losses"], day["opened"]) == (2, 1, 1, 2)
    assert (day["best_trade"], day["worst_trade"]) == (120, -50)
    assert (day["gross_profit"], day["gross_loss"]) == (120, -50)
    assert (day["commission"], day["swap"], day["fee"]) == (-3, -2, -1)
    assert day["volume"] == 2
    # Nobody marked its equity: what floated is not known, and not guessed.
    assert day["equity_low"] is day["equity_high"] is day["floating"] is None
    assert day["max_drawdown"] is day["margin_used"] is None
    assert (day["marks"], day["unexplained"]) == (0, 0)


def test_days_without_trades_are_there() -> None:
    found = books(
        deals=[deposit(1, "2024-03-01 08:00", 1_000), deal(2, "2024-03-04 10:00", 10)],
    )
    days = made(found, "2024-02-27", "2024-03-06")
    assert [day["date"].day for day in days] == [1, 2, 3, 4, 5, 6]  # from its beginning on
    assert [day["trades"] for day in days] == [0] * 6
    assert [day["daily_return"] for day in days] == pytest.approx([0, 0, 0, 0.01, 0, 0])


def test_marks_say_what_floats() -> None:
    found = books(
        deals=[deposit(1, "2024-03-03 08:00", 10_000)],
        marks=[
            mark("2024-03-04 09:00:55", 10_000, 10_050, 9_990, 10_100, open_positions=2),
            mark("2024-03-04 10:00:55", 10_000, 9_700, 9_600, 9_800, margin=300, open_positions=2),
            mark("2024-03-04 11:00:55", 10_000, 9_900, 9_650, 9_950, margin=200, open_positions=1),
        ],
    )
    day = made(found, "2024-03-03", "2024-03-04")[-1]
    assert (day["equity_open"], day["equity"], day["balance"]) == (10_000, 9_900, 10_000)
    assert (day["equity_low"], day["equity_high"], day["floating"]) == (9_600, 10_100, -100)
    assert day["max_drawdown"] == pytest.approx(9_600 / 10_100 - 1, rel=1e-12)
    assert (day["marks"], day["open_positions"], day["margin_used"]) == (3, 1, 300)
    assert day["marked_at"] == at("2024-03-04 11:00:55")
    assert day["peak_equity"] == 10_100
    assert day["daily_return"] == pytest.approx(-0.01, rel=1e-12)


def test_high_and_low_of_one_minute_are_no_fall() -> None:
    """Which of them came first is not known."""
    found = books(marks=[mark("2024-03-04 09:00:55", 1_000, 1_000, 900, 1_200)])
    (day,) = made(found, "2024-03-04", "2024-03-04")
    # The day begins with the first equity: the low is under it, the high is not before the low.
    assert day["max_drawdown"] == pytest.approx(-0.1, rel=1e-12)


def test_a_flow_within_the_day_counts_at_its_start() -> None:
    found = books(
        deals=[deposit(1, "2024-03-03 08:00", 1_000), deposit(2, "2024-03-04 12:00:30", 9_000)],
        marks=[
            mark("2024-03-04 09:00:55", 1_000, 1_000, 950, 1_000),
            mark("2024-03-04 12:00:55", 10_000, 10_000, 1_000, 10_000),
            mark("2024-03-04 13:00:55", 10_000, 10_100, 10_000, 10_200),
        ],
    )
    day = made(found, "2024-03-03", "2024-03-04")[-1]
    assert (day["equity_open"], day["flow"]) == (10_000, 9_000)
    assert (day["equity_low"], day["equity_high"]) == (9_950, 10_200)
    assert day["max_drawdown"] == pytest.approx(-0.005, rel=1e-12)
    assert day["daily_return"] == pytest.approx(0.01, rel=1e-12)


def test_credit_is_in_the_equity_and_not_in_the_balance() -> None:
    found = books(
        deals=[
            deposit(1, "2024-03-03 08:00", 1_000),
            deal(2, "2024-03-04 08:00", 500, type="credit"),
        ],
    )
    day = made(found, "2024-03-03", "2024-03-05")[-1]
    assert (day["balance"], day["equity"], day["daily_return"]) == (1_000, 1_500, 0)


def test_charges_are_fees() -> None:
    found = books(
        deals=[
            deposit(1, "2024-03-03 08:00", 1_000),
            deal(2, "2024-03-04 08:00", -25, type="charge"),
        ]
    )
    day = made(found, "2024-03-03", "2024-03-04")[-1]
    assert (day["fee"], day["profit"], day["flow"], day["balance"]) == (-25, -25, 0, 975)


def test_trades_whose_deals_are_unknown_move_the_balance_themselves() -> None:
    found = books(
        accounts=[account(balance=5_000)],
        trades=[trade(1, "2024-03-04 09:00", "2024-03-05 10:00", 100, commission=-4, swap=-1)],
    )
    first, second = made(found, "2024-03-04", "2024-03-05")
    assert (first["balance"], first["open_positions"], first["opened"]) == (5_000, 1, 1)
    assert (second["balance"], second["profit"], second["open_positions"]) == (5_095, 95, 0)
    assert (second["commission"], second["swap"]) == (-4, -1)


def test_breaches_are_counted_on_the_day_they_were_seen() -> None:
    found = books(
        deals=[deposit(1, "2024-03-03 08:00", 1_000)],
        breaches=[
            {"id": b"1" * 16, "severity": "soft", "created_at": at("2024-03-04 09:00")},
            {"id": b"2" * 16, "severity": "soft", "created_at": at("2024-03-04 10:00")},
            {"id": b"3" * 16, "severity": "hard", "created_at": at("2024-03-04 11:00")},
        ],
    )
    day = made(found, "2024-03-03", "2024-03-04")[-1]
    assert (day["soft_breaches"], day["hard_breaches"]) == (2, 1)


def test_break_even_is_neither_won_nor_lost() -> None:
    found = books(
        trades=[
            trade(1, "2024-03-04 09:00", "2024-03-04 10:00", 3, commission=-3),
            trade(2, "2024-03-04 09:00", "2024-03-04 10:00", 3.004, commission=-3),
            trade(3, "2024-03-04 09:00", "2024-03-04 10:00", 3.006, commission=-3),
        ]
    )
    (day,) = made(found, "2024-03-04", "2024-03-04")
    assert (day["trades"], day["wins"], day["losses"]) == (3, 1, 0)
