"""Books of trades at the edge of what has a value: no exception, no NaN, no infinity."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rules.kpi.compute import compute
from rules.kpi.inputs import TRADES, inputs
from rules.kpi.kpi import Input, Window
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings
from rules.kpi.windows import within
from tests.kpi_cases.trade_case import at, book, broken_rules, logs, responses

_SPEC = Path(__file__).parents[3] / "spec" / "kpis.csv"
_IDS = [k.id for k in KPIS if k.input not in {Input.DAILY_RETURNS, Input.EQUITY}]
_NEEDED = {"trade_id", "exit_time", "profit", "side"}
_FULL = book(
    profit=[50.0, -20.0, 30.0, -10.0, 0.0],
    commission=[-1.0] * 5,
    swap=[-0.5] * 5,
    sl_pips=[10.0] * 5,
    tp_pips=[20.0] * 5,
    pips=[5.0, -2.0, 3.0, -1.0, 0.0],
    mfe=[60.0, 5.0, 40.0, 2.0, 1.0],
    mae=[-5.0, -25.0, -4.0, -12.0, -1.0],
    slippage_entry=[0.1, 0.0, -0.1, 0.2, 0.0],
    slippage_exit=[0.0, 0.1, 0.0, 0.0, 0.1],
    latency_ms=[20.0] * 5,
    spread_pips=[0.3] * 5,
)


def _scaled(frame: pl.DataFrame, factor: float) -> pl.DataFrame:
    money = ["profit", "commission", "swap", "mfe", "mae"]
    return frame.with_columns(pl.col(money) * factor)


_BOOKS: dict[str, pl.DataFrame] = {
    "one win": _FULL[:1],
    "one loss": _FULL[1:2],
    "one break-even": book(profit=[0.0]),
    "a win and a loss": _FULL[:2],
    "two equal wins": book(profit=[10.0, 10.0]),
    "no losses": book(profit=[10.0, 20.0, 30.0, 40.0]),
    "no wins": book(profit=[-10.0, -20.0, -30.0, -40.0]),
    "all break-even": book(profit=[0.0] * 9),
    "equal wins": book(profit=[10.0] * 9),
    "equal losses": book(profit=[-10.0] * 9),
    "everything lost": book(profit=[-1000.0, 0.0, 5.0]),
    "more than everything lost": book(profit=[-1500.0, 600.0]),
    "lost to the cent at last": book(profit=[500.0, -1500.0]),
    "a fortune from a cent": book(profit=[1e12, 0.01, -0.01]),
    "a cent from a fortune": book(profit=[0.01, -1e12]),
    "one instant": book(profit=[1.0, -1.0, 2.0], entry_time=at(9, 9, 9), exit_time=at(9, 9, 9)),
    "one day": book(profit=[1.0, -2.0], entry_time=at(9, 10), exit_time=at(10, 11)),
    "closed before opened": book(profit=[1.0, -2.0], entry_time=at(9, 12), exit_time=at(10, 11)),
    "no lots": book(profit=[1.0, -2.0], lots=[0.0, 0.0]),
    "no pip value": book(profit=[1.0, -2.0], pip_value=[0.0, 0.0], sl_pips=[5.0, 5.0]),
    "no excursion": book(profit=[1.0, -2.0], mfe=[0.0, 0.0], mae=[0.0, 0.0]),
    "a hair's stop": book(profit=[1.0, -2.0], sl_pips=[1e-12, 1e-12]),
    "full": _FULL,
    "millions": _scaled(_FULL, 1e6),
    **{
        f"no {column}": _FULL.with_columns(pl.lit(None, dtype=type_).alias(column))
        for column, type_ in TRADES.items()
        if column not in _NEEDED
    },
    **{
        f"some {column}": _FULL.with_columns(
            pl.when(pl.int_range(5) > 2).then(column).alias(column)
        )
        for column in TRADES
        if column not in _NEEDED
    },
}


def _all() -> pl.DataFrame:
    return pl.concat(frame.with_columns(account=pl.lit(name)) for name, frame in _BOOKS.items())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_every_value_is_finite_or_null(zone: str) -> None:
    accounts = pl.DataFrame({"account": [*_BOOKS, "empty"]})

    values = compute(  # raises where a value is not
        inputs(accounts=accounts, trades=_all()), Settings(initial=1000.0, zone=zone)
    )

    assert values.height == len(_BOOKS) + 1
    assert set(_IDS) <= set(values.columns)


@pytest.mark.parametrize("name", list(_BOOKS)[:12])
def test_an_account_alone_has_the_values_it_has_among_others(name: str) -> None:
    alone = compute(inputs(trades=_all().filter(pl.col("account") == name)))

    among = compute(inputs(trades=_all())).filter(pl.col("account") == name)
    assert_frame_equal(alone, among, rel_tol=1e-12, abs_tol=0)


def test_without_trades_counts_and_sums_are_zero_and_the_rest_is_null() -> None:
    row = compute(inputs(accounts=pl.DataFrame({"account": [7]}))).row(0, named=True)

    edges = {r["id"]: r["edge_cases"] for r in csv.DictReader(_SPEC.read_text().splitlines())}
    zero = {id_ for id_ in _IDS if edges[id_] == "0" or edges[id_].endswith("-> 0")}
    zero -= {"optimal_f", "profit_factor"}  # 0 where all is lost, but null without a loss
    assert {id_ for id_ in _IDS if row[id_] is not None} == zero
    assert all(row[id_] == 0 for id_ in zero)


def test_counts_are_whole_numbers() -> None:
    schema = compute(inputs(trades=_all())).schema

    counts = [id_ for id_ in _IDS if "count" in BY_ID[id_].unit and "avg" not in id_]
    counts.remove("expected_max_losing_streak")
    assert {schema[id_] for id_ in counts} == {pl.Int64()}


def test_what_is_not_known_is_null_and_not_zero() -> None:
    values = compute(inputs(trades=_all())).rows_by_key("account", named=True, unique=True)

    assert values["no spread_pips"]["spread_cost_currency"] is None
    assert values["some spread_pips"]["spread_cost_currency"] is None
    assert values["some spread_pips"]["avg_spread_pips"] == pytest.approx(0.3)
    assert values["no mae"]["max_intratrade_drawdown_currency"] is None
    assert values["some mae"]["max_intratrade_drawdown_currency"] is None
    assert values["no contract"]["turnover_notional"] is None
    assert values["no commission"]["net_profit"] == 50.0 - 5 * 0.5
    assert values["closed before opened"]["avg_holding_time"] == 3600.0


def test_a_ruined_account_has_no_return_on_its_balance() -> None:
    values = compute(inputs(trades=_all()), Settings(initial=1000.0))
    rows = values.rows_by_key("account", named=True, unique=True)

    for name in ("everything lost", "more than everything lost"):
        for kpi in ("ahpr", "ghpr", "best_trade_return", "lots_per_10k_equity", "kelly_leverage"):
            assert rows[name][kpi] is None
    assert rows["lost to the cent at last"]["ghpr"] == -1


def test_journals_orders_and_breaches_at_their_edges() -> None:
    tables: dict[str, Any] = {
        "executions": [
            responses(latency_ms=[None]),
            responses(status=["rejected"], latency_ms=[20.0], slippage_pips=[0.1]),
            responses(latency_ms=[20.0, 20.0], slippage_pips=[0.1, 0.1]),
            responses(filled_volume=[None], requested_volume=[None], status=[None]),
        ],
        "emotions": [
            logs(emotion=[None]),
            logs(emotion=["fear"], intensity=[0.0]),
            logs(emotion=["serene", "serene"], trade_id=["x", "y"]),
            logs(confidence=[5.0, None], followed_plan=[True, True]),
        ],
        "breaches": [broken_rules((None, "news", "soft"))[:0]] * 4,
    }
    frames = {
        name: pl.concat(frame.with_columns(account=pl.lit(n)) for n, frame in enumerate(each))
        for name, each in tables.items()
    }
    trades = pl.concat(
        frame.with_columns(account=pl.lit(n)) for n, frame in enumerate([_FULL] * 3 + [_FULL[:1]])
    )

    values = compute(inputs(trades=trades, **frames))  # raises where a value is not finite

    assert values["max_latency_ms"].to_list() == [None, 20.0, 20.0, None]
    assert values["latency_slippage_correlation"].null_count() == 4
    assert values["negative_emotion_ratio"].to_list() == [None, 1.0, 0.0, None]
    assert values["emotion_logged_ratio"].to_list() == [1 / 5, 1 / 5, 0.0, 1.0]


def test_trades_of_one_instant_are_ordered_by_id_as_a_number() -> None:
    trades = book(
        profit=[5.0, -1.0, -2.0],
        trade_id=["10", "9", "8"],
        entry_time=at(9, 9, 9),
        exit_time=at(10, 10, 10),
    ).with_columns(account=pl.lit(1))

    row = compute(inputs(trades=trades)).row(0, named=True)

    assert row["current_streak"] == 1
    assert row["max_consecutive_losses"] == 2


def test_a_clock_that_goes_back_over_midnight_does_not_split_a_day() -> None:
    # In Newfoundland the clock went back from 0:01 of 7 November 2010 to 23:01 of the 6th.
    # 2:30:30, 2:40 and 4:00 UTC are 0:00:30 of the 7th, 23:10 of the 6th and 0:30 of the 7th.
    exits = [24 * -4803 + hour for hour in (2 + 30.5 / 60, 2 + 40 / 60, 4)]
    trades = book(profit=[1.0, 2.0, 3.0], entry_time=at(*exits), exit_time=at(*exits))

    row = compute(
        inputs(trades=trades.with_columns(account=pl.lit(1))), Settings(zone="America/St_Johns")
    ).row(0, named=True)

    assert row["active_days"] == 2
    assert row["best_day_profit_share"] == pytest.approx(4 / 6)


def test_a_window_begins_with_what_was_earned_without_a_commission() -> None:
    # Seven days to Wednesday the 10th begin on Thursday the 4th; 30 were earned before.
    trades = book(profit=[10.0] * 9, commission=[None] * 9).with_columns(account=pl.lit(1))
    settings = Settings(initial=1000.0, as_of=date(2024, 1, 10))

    week = within(inputs(trades=trades), Window.DAYS_7, settings)

    assert compute(week, settings)["best_trade_return"][0] == pytest.approx(10.0 / 1030.0)
