"""Results to the decimals of their currency, and what lots are worth in it."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from rules.daily.snapshots import snapshots
from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.settings import Settings
from rules.kpi.trade_currencies import digits
from schema.currencies import CODES
from tests.daily_books import NOW, account, books, no_rows, trade
from tests.kpi_cases.trade_case import book


def _values(trades: pl.DataFrame, currency: str) -> dict[str, Any]:
    given = inputs(trades=trades.with_columns(account=pl.lit(0)))
    return compute(given, Settings(currency=currency, initial=1e6)).row(0, named=True)


def test_a_bitcoin_has_eight_decimals() -> None:
    row = _values(book(profit=[0.0042, -0.0013, 0.0031, 0.0049]), "BTC")

    assert (row["net_profit"], row["win_rate"], row["breakeven_count"]) == (0.0109, 0.75, 0)
    assert row["profit_factor"] == pytest.approx(0.0122 / 0.0013)
    assert row["london_net_profit"] == 0.0109
    assert row["consistency_score"] == pytest.approx(1 - 0.0049 / 0.0122)


def test_a_dollar_has_two_and_a_yen_none() -> None:
    trades = book(profit=[0.004, 0.4, 1.0])

    assert _values(trades, "USD")["breakeven_count"] == 1
    assert _values(trades, "JPY")["breakeven_count"] == 2


def test_accounts_of_two_currencies_are_each_rounded_as_their_own() -> None:
    both = pl.concat(book(profit=[0.004]).with_columns(account=pl.lit(n)) for n in (0, 1))
    known = pl.DataFrame({"account": [0, 1], "currency": ["USD", "BTC"]})

    found = compute(inputs(accounts=known, trades=both))

    assert found["win_count"].to_list() == [0, 1]


def test_a_currency_that_is_not_known_has_cents() -> None:
    told = digits(pl.Series(["USD", "JPY", "KWD", "BTC", "XYZ", None]))

    assert told.to_list() == [2, 0, 3, 8, 2, 2]
    assert len(set(CODES)) == len(CODES)


def test_a_day_counts_a_win_of_less_than_half_a_cent_in_bitcoin() -> None:
    trades = [trade(n, "2024-03-04 09:00", "2024-03-04 10:00", each)
              for n, each in enumerate((0.0042, -0.0013, 0.0))]  # fmt: skip

    def counts(currency: str) -> tuple[int, int]:
        found = books([account(currency=currency)], trades=trades)
        day = date(2024, 3, 4)
        row = snapshots(found, day, day, before=no_rows(), now=NOW, version=1)
        return row["wins"][0], row["losses"][0]

    assert counts("BTC") == (1, 1)
    assert counts("USD") == (0, 0)


@pytest.mark.parametrize(
    ("trade_", "currency", "worth"),
    [
        # Its pips tell that one is 0.01: 200,000 USD at 150 yen.
        ({"symbol": "XAUUSD", "entry_price": 2000.0, "exit_price": 2010.0, "pips": 1000.0,
          "contract": 100.0, "pip_value": 150.0}, "JPY", 30_000_000.0),
        ({"symbol": "XAUUSD", "entry_price": 2000.0, "exit_price": 2010.0, "pips": None,
          "contract": 100.0, "pip_value": 150.0}, "JPY", None),
        ({"symbol": "XAUUSD", "entry_price": 2000.0, "contract": 100.0}, "USD", 200_000.0),
        # 39,000,000 HUF, of pips of 0.01 worth 2.7778 USD.
        ({"symbol": "EURHUF", "entry_price": 390.0, "exit_price": 389.0, "pips": -100.0,
          "pip_value": 2.7778}, "USD", 390.0 * 2.7778 / 0.01),
        ({"symbol": "EURHUF", "entry_price": 390.0, "exit_price": 390.0, "pips": 0.0,
          "pip_value": 2.7778}, "USD", None),
        ({"symbol": "USDILS", "entry_price": 3.7, "pip_value": 2.7}, "USD", 100_000.0),
        ({"symbol": "BTCUSD", "entry_price": 60_000.0, "exit_price": 60_100.0, "pips": 100.0,
          "contract": 1.0, "pip_value": 0.8}, "EUR", 48_000.0),
        # Nobody says what an index is quoted in, but its pip does what it is worth.
        ({"symbol": "US30", "entry_price": 39_000.0, "contract": 1.0}, "EUR", None),
        ({"symbol": "US30", "entry_price": 39_000.0, "exit_price": 39_010.0, "pips": 10.0,
          "contract": 1.0, "pip_value": 0.92}, "EUR", 35_880.0),
        # A pip that is no power of ten is not told by rounded prices.
        ({"symbol": "US30", "entry_price": 39_000.0, "exit_price": 39_005.0, "pips": 10.0,
          "contract": 1.0, "pip_value": 0.92}, "EUR", None),
        ({"symbol": "EURGBP", "entry_price": 0.88, "pip_value": 12.5}, "USD", 110_000.0),
    ],
)  # fmt: skip
def test_lots_are_worth_what_can_be_known(
    trade_: dict[str, Any], currency: str, worth: float | None
) -> None:
    trades = book(profit=[1.0], **{name: [value] for name, value in trade_.items()})
    trades = trades.with_columns(pips=pl.lit(trade_.get("pips", 0.0), pl.Float64))

    turnover = _values(trades, currency)["turnover_notional"]

    assert turnover == (None if worth is None else pytest.approx(2 * worth, rel=1e-9))
