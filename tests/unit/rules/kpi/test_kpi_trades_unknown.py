"""What was never recorded is null, and not zero."""

from typing import Any

import polars as pl
import pytest

from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from tests.kpi_cases.trade_case import book

_RATES = ("sl_exit_rate", "tp_exit_rate", "manual_exit_rate", "stop_out_rate")


def _values(trades: pl.DataFrame) -> dict[str, Any]:
    given = inputs(trades=trades.with_columns(account=pl.lit(0)))
    return compute(given).row(0, named=True)


@pytest.mark.parametrize("kpi", ["total_pips", "sl_usage_rate", "tp_usage_rate", *_RATES])
def test_a_value_of_what_no_trade_tells_is_null(kpi: str) -> None:
    trades = book(profit=[1.0, -1.0])
    untold = trades.with_columns(pl.lit(None).alias(name) for name in ("pips", "reason"))

    assert _values(untold)[kpi] is None


def test_pips_of_no_trade_are_none() -> None:
    given = inputs(accounts=pl.DataFrame({"account": [0]}))

    assert compute(given)["total_pips"].to_list() == [0.0]


def test_trades_that_say_they_had_no_stop_had_none() -> None:
    row = _values(book(profit=[1.0, 1.0], sl_pips=[0.0, 0.0], tp_pips=[0.0, 5.0]))

    assert (row["sl_usage_rate"], row["tp_usage_rate"]) == (0.0, 0.5)


def test_of_trades_of_which_some_tell_the_others_count() -> None:
    row = _values(
        book(profit=[1.0] * 4, sl_pips=[5.0, None, None, None], reason=["sl", *[None] * 3])
    )

    assert (row["sl_usage_rate"], row["sl_exit_rate"], row["tp_exit_rate"]) == (0.25, 0.25, 0.0)
