"""What a window looks at, and what it begins with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.kpi import Window
from rules.kpi.settings import Settings
from rules.kpi.windows import within
from tests.kpi_cases.case import daily
from tests.kpi_cases.case import trades as trade_rows

_LAST = date(2024, 5, 15)
_DAYS = [_LAST - timedelta(n) for n in (500, 200, 100, 90, 89, 44, 30, 29, 14, 7, 6, 0)]


def _inputs(**more: pl.DataFrame) -> Inputs:
    rows = daily(_DAYS[::1], r=[0.01] * len(_DAYS), equity=[100.0] * len(_DAYS))
    return inputs(daily=rows.with_columns(account=pl.lit(0)), **more)


def _ages(window: Window, **settings: Any) -> list[int]:
    kept = within(_inputs(), window, Settings(**settings)).daily["date"].to_list()
    return [(_LAST - day).days for day in kept]


@pytest.mark.parametrize(
    ("window", "ages"),
    [
        (Window.ALL, [500, 200, 100, 90, 89, 44, 30, 29, 14, 7, 6, 0]),
        (Window.YEAR, [100, 90, 89, 44, 30, 29, 14, 7, 6, 0]),  # January 1 is 135 days before
        (Window.QUARTER, [44, 30, 29, 14, 7, 6, 0]),  # April 1 is 44 days before
        (Window.MONTH, [14, 7, 6, 0]),  # May 1 is 14 days before
        (Window.DAYS_90, [89, 44, 30, 29, 14, 7, 6, 0]),
        (Window.DAYS_30, [29, 14, 7, 6, 0]),
        (Window.DAYS_7, [6, 0]),
    ],
)
def test_a_window_ends_at_the_day_that_values_are_of(window: Window, ages: list[int]) -> None:
    assert _ages(window) == ages


def test_a_window_of_an_earlier_day_ends_there() -> None:
    assert _ages(Window.DAYS_7, as_of=_LAST - timedelta(29)) == [30, 29]


def test_the_opening_of_a_window_is_the_last_day_before() -> None:
    row = compute(within(_inputs(), Window.DAYS_7, Settings())).row(0, named=True)

    assert row["account_age_days"] == 7
    assert row["total_return"] == pytest.approx(1.01**2 - 1)


def test_the_balance_of_a_window_begins_with_what_was_earned_before() -> None:
    noon = datetime(2024, 5, 8, 12, tzinfo=UTC)  # seven days before: not in the window
    times = [noon, noon + timedelta(1), noon + timedelta(1, hours=11)]
    trades = trade_rows(
        *({"trade_id": str(n), "exit_time": t, "profit": 10.0} for n, t in enumerate(times))
    )
    emotions = pl.DataFrame({
        "account": [0, 0], "trade_id": ["0", "1"], "emotion": ["fear", "calm"],
        "intensity": [1, 1], "followed_plan": [True, True], "confidence": [1, 1],
    })  # fmt: skip

    cut = within(_inputs(trades=trades, emotions=emotions), Window.DAYS_7, Settings(initial=500.0))

    assert cut.trades["trade_id"].to_list() == ["1", "2"]
    assert cut.accounts["initial"].to_list() == [500.0 + 10.0 - 3.0]
    assert cut.emotions["trade_id"].to_list() == ["1"]


def test_a_firm_counts_days_against_the_opening_balance_in_every_window() -> None:
    noon = datetime(2024, 5, 8, 12, tzinfo=UTC)  # seven days before: not in the window
    trades = trade_rows(
        {"trade_id": "0", "exit_time": noon, "profit": 1003.0},
        {"trade_id": "1", "exit_time": noon + timedelta(1), "profit": 10.0},
    )
    settings = Settings(initial=1000.0)

    cut = within(_inputs(trades=trades), Window.DAYS_7, settings)

    # Earned after costs: 1000 before the window, 7 in it; 0.5 % of 1000 is 5, and of 2000 it is 10.
    assert cut.accounts["initial"].to_list() == [2000.0]
    assert compute(cut, settings)["profitable_days_count"].to_list() == [1]


def test_a_day_of_trades_begins_in_the_accounts_zone() -> None:
    before_midnight = datetime(2024, 5, 8, 23, tzinfo=UTC)  # 01:00 on May 9 in Athens
    trades = trade_rows({"exit_time": before_midnight})

    def count(zone: str) -> int:
        return within(_inputs(trades=trades), Window.DAYS_7, Settings(zone=zone)).trades.height

    assert (count("UTC"), count("Europe/Athens")) == (0, 1)


@pytest.mark.parametrize("window", [Window.ALL, Window.DAYS_7])
def test_a_balance_that_was_none_is_none_in_a_window_too(window: Window) -> None:
    accounts = pl.DataFrame({"account": [0], "initial": [0.0]})

    row = compute(within(_inputs(accounts=accounts), window, Settings()), Settings())

    assert row["net_return_on_initial"].to_list() == [None]
    assert row["profit_target_remaining"].to_list() == [None]
