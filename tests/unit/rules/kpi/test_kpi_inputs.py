"""Tables that cannot be true, or cannot be read: what is done about each."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from rules.kpi.compute import compute
from rules.kpi.inputs import DAILY, TRADES, InputError, inputs
from rules.kpi.settings import Settings
from tests.kpi_cases.case import daily, returns, trades

_DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]


def _of(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(account=pl.lit(0))


def _findings(**tables: pl.DataFrame) -> dict[str, int]:
    return dict(inputs(**tables).findings.select("problem", "rows").iter_rows())


def test_of_a_repeated_day_the_row_given_last_stands() -> None:
    frame = _of(daily([*_DAYS, _DAYS[1]], r=[0.01, 0.50, 0.02, 0.03]))

    assert _findings(daily=frame) == {"repeated_day": 1, "days_out_of_order": 1}
    row = compute(inputs(daily=frame))
    assert row["total_return"][0] == pytest.approx(1.01 * 1.03 * 1.02 - 1)


def test_a_clock_that_went_back_changes_no_value() -> None:
    mixed = _of(daily([_DAYS[1], _DAYS[0], _DAYS[2]], r=[0.02, 0.01, 0.03]))

    assert _findings(daily=mixed) == {"days_out_of_order": 1}
    ordered = _of(daily(_DAYS, r=[0.01, 0.02, 0.03]))
    assert compute(inputs(daily=mixed)).equals(compute(inputs(daily=ordered)))


def test_a_missing_day_is_no_day_of_zero() -> None:
    friday, wednesday = date(2024, 1, 5), date(2024, 1, 10)
    frame = _of(daily([friday, wednesday], r=[0.01, 0.03]))

    assert _findings(daily=frame) == {"missing_days": 2}  # Monday and Tuesday
    row = compute(inputs(daily=frame)).row(0, named=True)
    assert row["mean_daily_return"] == pytest.approx(0.02)
    assert row["active_days_ratio"] == 1


def test_a_weekend_is_not_missing() -> None:
    assert _findings(daily=_of(returns(*[0.01] * 9))) == {}


def test_a_day_that_is_not_known_is_no_day_of_zero() -> None:
    frame = _of(daily(_DAYS, r=[0.01, None, 0.03], equity=[101.0, None, 104.03]))

    row = compute(inputs(daily=frame)).row(0, named=True)

    assert row["mean_daily_return"] == pytest.approx(0.02)
    assert row["high_water_mark"] is not None


@pytest.mark.parametrize("opened", [0.0, -5.0])
def test_a_day_that_opened_without_equity_has_no_return(opened: float) -> None:
    frame = _of(
        daily(_DAYS[:2], r=[0.01, 9.0], equity_open=[100.0, opened], equity=[101.0, 30.0],
              equity_low=[90.0, -1.0])
    )  # fmt: skip

    assert _findings(daily=frame) == {"no_opening_equity": 1}
    row = compute(inputs(daily=frame)).row(0, named=True)
    assert row["total_return"] == pytest.approx(0.01)
    assert row["max_intraday_equity_drop"] == pytest.approx(-0.1)
    assert row["high_water_mark"] == 101.0


def test_margin_is_no_share_of_equity_that_is_gone() -> None:
    frame = _of(daily(_DAYS[:2], equity=[100.0, 0.0], margin_used=[10.0, 10.0]))

    row = compute(inputs(daily=frame)).row(0, named=True)

    assert row["max_margin_usage"] == 0.1
    assert row["min_margin_level"] == 0


def test_a_deposit_on_the_first_day_is_no_profit() -> None:
    frame = _of(
        daily(_DAYS[:2], r=[0.01, 0.02], flow=[500.0, 0.0], equity_open=[1500.0, 1515.0],
              equity=[1515.0, 1545.3])
    )  # fmt: skip

    row = compute(inputs(daily=frame)).row(0, named=True)

    assert row["net_pnl_currency"] == pytest.approx(45.3)
    assert row["total_return"] == pytest.approx(1.01 * 1.02 - 1)


def test_of_a_repeated_trade_the_row_given_last_stands() -> None:
    frame = trades({"profit": 9.0}, {"trade_id": "2"}, {"profit": 50.0})

    assert _findings(trades=frame) == {"repeated_trade": 1}
    assert inputs(trades=frame).trades["profit"].to_list() == [50.0, 50.0]


def test_two_accounts_may_have_trades_of_one_id() -> None:
    assert _findings(trades=trades({}, {"account": 1})) == {}


def test_a_trade_closed_before_it_opened_keeps_its_result_and_no_duration() -> None:
    frame = trades({"entry_time": datetime(2024, 1, 2, 12, tzinfo=UTC)})

    assert _findings(trades=frame) == {"closed_before_opened": 1}
    assert inputs(trades=frame).trades["entry_time"].to_list() == [None]
    assert inputs(trades=frame).trades["profit"].to_list() == [50.0]


def test_an_account_in_two_currencies_is_refused() -> None:
    frame = trades({"currency": "EUR"}, {"trade_id": "2", "currency": "USD"})

    with pytest.raises(InputError, match="account 0 was in \\['EUR', 'USD'\\], expected one"):
        inputs(trades=frame)


def test_two_accounts_may_be_in_two_currencies() -> None:
    frame = trades({"currency": "EUR"}, {"account": 1, "currency": "USD"})

    assert inputs(trades=frame).accounts["account"].to_list() == [0, 1]


@pytest.mark.parametrize("column", [c for c in DAILY if c != "bench"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(InputError, match=f"daily has no column '{column}'"):
        inputs(daily=_of(returns(0.01)).drop(column))


def test_a_benchmark_may_be_missing() -> None:
    assert inputs(daily=_of(returns(0.01)).drop("bench")).daily["bench"].to_list() == [None]


def test_tables_have_their_types() -> None:
    table = inputs(daily=_of(returns(0.01)), trades=trades({"side": 1.0, "trade_id": 7}))

    assert dict(table.daily.drop("account").schema) == dict(DAILY)
    assert dict(table.trades.drop("account").schema) == dict(TRADES)
    assert table.trades["entry_time"].to_list() == [datetime(2024, 1, 2, 10)]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"profit": "much"}, "trades.profit was String"),
        ({"profit": float("nan")}, "trades.profit has a value that is not finite"),
        ({"lots": float("inf")}, "trades.lots has a value that is not finite"),
        ({"profit": None}, "trades.profit has an empty value"),
        ({"exit_time": None}, "trades.exit_time has an empty value"),
        ({"account": None}, "trades.account has an empty value"),
        ({"side": 0}, "trades.side was 0, expected 1 or -1"),
    ],
)
def test_a_value_that_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        inputs(trades=trades(change))


def test_an_account_has_its_own_settings() -> None:
    accounts = pl.DataFrame({"account": [0, 1], "days_per_year": [None, 365]})
    frames = [returns(0.01, 0.02).with_columns(account=pl.lit(n)) for n in (0, 1)]

    rows = compute(inputs(accounts=accounts, daily=pl.concat(frames)), Settings(days_per_year=252))

    assert rows["annual_return_arithmetic"].to_list() == pytest.approx([0.015 * 252, 0.015 * 365])


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ({"account": [0, 0]}, "one account twice"),
        ({"account": [0], "colour": ["red"]}, "no setting 'colour'"),
    ],
)
def test_accounts_that_cannot_be_are_refused(accounts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        inputs(accounts=pl.DataFrame(accounts))


def test_rows_of_an_account_that_is_not_asked_for_are_left_out() -> None:
    frames = [returns(0.01).with_columns(account=pl.lit(n)) for n in (3, 4)]

    rows = compute(inputs(accounts=pl.DataFrame({"account": [4]}), daily=pl.concat(frames)))

    assert rows["account"].to_list() == [4]
    assert rows["total_return"].to_list() == pytest.approx([0.01])


def test_nothing_after_the_day_that_values_are_of_counts() -> None:
    frame = _of(daily(_DAYS, r=[0.01, 0.02, 0.5]))

    rows = compute(inputs(daily=frame), Settings(as_of=_DAYS[1]))

    until = compute(inputs(daily=frame.head(2)))
    assert rows.equals(until)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"days_per_year": 0.0}, "days_per_year was 0.0"),
        ({"initial": float("nan")}, "initial was nan"),
        ({"risk_free": -1.0}, "risk_free was -1.0"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**wrong)
