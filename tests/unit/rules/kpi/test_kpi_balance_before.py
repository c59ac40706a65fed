"""The balance before a trade is what the account had, whatever was paid in and out before."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from rules.daily.kpi_inputs import accounts_of, kpi_inputs
from rules.daily.snapshots import snapshots
from rules.kpi.adding_days import advanced
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.kpi import Window
from rules.kpi.settings import Settings
from rules.kpi.state import State
from rules.kpi.update import DAY_ENTRIES, OTHER_ENTRIES, from_history, updated
from rules.kpi.windows import within
from schema import polars as registry
from schema.registry import table
from tests.daily_books import NOW, account, books, deal, deposit, frame, no_rows, trade
from tests.kpi_cases.case import daily
from tests.kpi_cases.trade_case import MONDAY, book
from tests.split_accounts import accounts, pieces

_SETTINGS = Settings(initial=100.0)


def _values(trades: pl.DataFrame, settings: Settings = _SETTINGS) -> dict[str, Any]:
    given = inputs(trades=trades.with_columns(account=pl.lit(0)))
    return compute(given, settings).row(0, named=True)


def _stored(*later: float) -> tuple[Inputs, pl.DataFrame]:
    """Return an account opened with 100 on which `later` is paid in on the next days."""
    paid = [100.0, *later]
    deals = [deposit(n, f"2024-03-{4 + n:02} 08:00", each) for n, each in enumerate(paid)]
    trades = []
    for n, profit in enumerate((120, -100, 120)):
        day = date(2024, 3, 11) + timedelta(n)
        deals.append(deal(20 + n, f"{day} 10:00", profit, position_ticket=n))
        trades.append(
            trade(n, f"{day} 09:00", f"{day} 10:00", profit, position_ticket=n, sl_pips=10.0,
                  pip_value=10.0, contract=100_000.0, entry_price=Decimal("1.1"))
        )  # fmt: skip
    days = snapshots(
        books(deals=deals, trades=trades), date(2024, 3, 4), date(2024, 3, 20),
        before=no_rows(), now=NOW, version=1,
    )  # fmt: skip
    empty = {
        name: pl.DataFrame(schema=registry.schema(table(name)))
        for name in ("orders", "emotion_logs", "armor_breaches")
    }
    given = kpi_inputs(
        accounts_of(frame("accounts", account()), date(2024, 3, 20)),
        days=days,
        trades=frame("trades", *trades),
        orders=empty["orders"],
        emotions=empty["emotion_logs"],
        breaches=empty["armor_breaches"],
    )
    return given, days


def test_what_is_paid_in_after_the_opening_is_in_the_balance() -> None:
    given, _ = _stored(99_900.0)
    row = compute(given).row(0, named=True)

    before = [100_000.0, 100_120.0, 100_020.0]
    assert given.trades["balance"].to_list() == before
    assert row["avg_risk_per_trade"] == pytest.approx(sum(100 / b for b in before) / 3)
    assert row["avg_leverage_per_trade"] == pytest.approx(sum(110_000 / b for b in before) / 3)
    assert row["worst_trade_return"] == pytest.approx(-100 / 100_120)
    assert row["ghpr"] == pytest.approx((100_140 / 100_000) ** (1 / 3) - 1)
    assert row["max_drawdown_balance_relative"] == pytest.approx(100 / 100_120)
    assert row["risk_of_ruin_fixed_bet"] < 1e-9


def test_a_withdrawal_makes_the_balance_less_and_is_no_drawdown() -> None:
    given, _ = _stored(99_900.0, -90_000.0)
    row = compute(given).row(0, named=True)

    assert given.trades["balance"].to_list() == [10_000.0, 10_120.0, 10_020.0]
    assert row["max_risk_per_trade"] == pytest.approx(0.01)
    assert row["max_drawdown_balance_relative"] == pytest.approx(100 / 10_120)
    assert row["max_drawdown_currency"] == 100.0


def test_money_paid_in_and_out_between_trades_changes_no_drawdown() -> None:
    # Down by a tenth of 1000; then 9000 more, and all but 99 gone: down by a tenth each time.
    trades = book(profit=[-100.0, -990.0, -9.9], balance=[1000.0, 9900.0, 99.0])
    row = _values(trades, Settings(initial=1000.0))

    assert row["max_drawdown_balance_relative"] == pytest.approx(1 - 0.9**3)
    assert row["ghpr"] == pytest.approx(-0.1)
    assert row["max_drawdown_currency"] == pytest.approx(1099.9)


def test_a_trade_of_which_no_balance_is_stated_goes_on_from_the_last_one_that_is() -> None:
    row = _values(book(profit=[10.0, 10.0, -51.0], balance=[None, 500.0, None]))

    # 100 at first; then 500, and 510 after it.
    assert row["best_trade_return"] == pytest.approx(10 / 100)
    assert row["worst_trade_return"] == pytest.approx(-51 / 510)


def test_without_balances_it_is_the_initial_one_and_what_was_earned() -> None:
    row = _values(book(profit=[10.0, -11.0]))

    assert row["worst_trade_return"] == pytest.approx(-11 / 110)


@pytest.mark.parametrize("window", list(Window)[1:])
def test_a_window_begins_with_the_balance_of_its_first_day(window: Window) -> None:
    given, days = _stored(99_900.0)
    cut = within(given, window, Settings())

    first = days.filter(pl.col("date") == cut.daily["date"].min())["balance_open"][0]
    assert cut.accounts["initial"].to_list() == [float(first)]
    if window != Window.DAYS_7:
        row = compute(cut).row(0, named=True)
        assert row["worst_trade_return"] == pytest.approx(-100 / 100_120)


def test_what_a_trade_before_a_windows_first_day_brought_is_not_in_its_beginning() -> None:
    tuesday = (MONDAY + timedelta(days=1)).date()
    days = daily([tuesday], r=[0.0], equity=[510.0], balance_open=[510.0])
    given = inputs(
        daily=days.with_columns(account=pl.lit(0)),
        trades=book(profit=[10.0]).with_columns(account=pl.lit(0)),
    )

    cut = within(given, Window.YEAR, _SETTINGS)

    assert cut.accounts["initial"].to_list() == [500.0]


@pytest.mark.parametrize("cuts", [[0], [30, 60, 90], [149]])
def test_balances_in_pieces_come_to_what_they_do_as_a_whole(cuts: list[int]) -> None:
    tables = accounts(11)
    number = pl.int_range(pl.len())
    paid = pl.when(number % 3 != 1).then(500.0 + 700.0 * (number % 5))
    tables["trades"] = tables["trades"].with_columns(balance=paid)
    given = inputs(**tables)
    state: State | None = None
    for piece in pieces(given, cuts):
        state = advanced(state, piece, _SETTINGS)
    assert state is not None

    histories = [from_history(given, _SETTINGS, each) for each in (DAY_ENTRIES, OTHER_ENTRIES)]
    added = updated(state, given.accounts, _SETTINGS, *histories)

    of_balance = ("ahpr", "ghpr", "max_drawdown_balance_relative", "kelly_leverage",
                  "risk_of_ruin_gaussian", "avg_leverage_per_trade", "lots_per_10k_equity")  # fmt: skip
    whole = compute(given, _SETTINGS)
    assert whole["ahpr"].null_count() < whole.height
    for kpi in of_balance:
        pairs = zip(whole[kpi], added[kpi], strict=True)
        assert all(a == b or a == pytest.approx(b, rel=1e-9) for a, b in pairs), kpi
