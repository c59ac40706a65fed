"""Identities between KPIs of trades, and what must not change a value."""

from math import sqrt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.kpi import Input
from rules.kpi.registry import KPIS
from tests.kpi_cases.trade_case import at, book

_TRADES = [kpi for kpi in KPIS if kpi.input == Input.TRADES]
_MONEY = {kpi.id for kpi in _TRADES if kpi.unit.startswith("currency")}
# Lots and pips are what they are in any currency; what they earn is not.
_PER_MONEY = {"lots_per_10k_equity"}

_trade = st.fixed_dictionaries(
    {
        "profit": st.integers(-50_000, 50_000).map(lambda cents: cents / 100),
        "commission": st.integers(-700, 0).map(lambda cents: cents / 100),
        "swap": st.integers(-100, 100).map(lambda cents: cents / 100),
        "lots": st.integers(1, 300).map(lambda steps: steps / 100),
        "side": st.sampled_from([1, -1]),
        "symbol": st.sampled_from(["EURUSD", "GBPUSD", "XAUUSD"]),
        "strategy": st.sampled_from(["a", "b", None]),
        "sl_pips": st.sampled_from([None, 5.0, 20.0]),
        "tp_pips": st.sampled_from([None, 10.0]),
        "pips": st.integers(-300, 300).map(lambda tenths: tenths / 10),
        "mfe": st.integers(0, 90_000).map(lambda cents: cents / 100),
        "mae": st.integers(-90_000, 0).map(lambda cents: cents / 100),
        "slippage_entry": st.integers(-9, 9).map(lambda tenths: tenths / 10),
        "slippage_exit": st.integers(-9, 9).map(lambda tenths: tenths / 10),
        "spread_pips": st.integers(0, 20).map(lambda tenths: tenths / 10),
        "reason": st.sampled_from(["sl", "tp", "manual", "ea", "stop_out"]),
        "opened": st.integers(0, 2000),  # quarters of an hour
        "held": st.integers(0, 300),
    }
)
_books = st.lists(_trade, min_size=1, max_size=60)


def _book(trades: list[dict[str, Any]]) -> pl.DataFrame:
    columns = {name: [trade[name] for trade in trades] for name in trades[0]}
    opened, held = columns.pop("opened"), columns.pop("held")
    return book(
        **columns,
        entry_time=at(*[each / 4 for each in opened]),
        exit_time=at(*[(each + more) / 4 for each, more in zip(opened, held, strict=True)]),
    )


def _together(books: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frame.with_columns(account=pl.lit(n)) for n, frame in enumerate(books))


def _same(left: float | None, right: float | None) -> None:
    assert left == (None if right is None else pytest.approx(right, rel=1e-9, abs=1e-9))


@settings(max_examples=8, deadline=None)
@given(st.lists(_books, min_size=1, max_size=20))
def test_aliases_and_identities_hold(accounts: list[list[dict[str, Any]]]) -> None:
    values = compute(inputs(trades=_together([_book(trades) for trades in accounts])))
    for trades, row in zip(accounts, values.rows(named=True), strict=True):
        _check_identities(trades, row)


def _check_identities(trades: list[dict[str, Any]], v: dict[str, Any]) -> None:
    n, wins, losses = v["trade_count"], v["win_count"], v["loss_count"]
    p = [round(t["profit"] + t["commission"] + t["swap"], 2) for t in trades]

    assert n == len(trades) == wins + losses + v["breakeven_count"]
    assert n == v["long_count"] + v["short_count"]
    _same(v["net_profit"], sum(p))
    _same(v["net_profit"], v["gross_profit"] + v["gross_loss"])
    _same(v["net_profit"], v["long_net_profit"] + v["short_net_profit"])
    _same(v["expectancy"], v["net_profit"] / n)
    assert v["gross_loss"] <= 0 <= v["gross_profit"]
    if wins and losses:
        _same(v["profit_factor"], v["payoff_ratio"] * wins / losses)
        _same(v["expectancy"], v["win_rate"] * v["avg_win"] + v["loss_rate"] * v["avg_loss"])
        _same(
            v["cpc_index"],
            v["profit_factor"] * v["win_rate_excl_breakeven"] * v["payoff_ratio"],
        )
        assert v["largest_loss"] <= v["median_loss"] <= v["smallest_loss"] < 0
        assert 0 < v["smallest_win"] <= v["median_win"] <= v["largest_win"]
        assert 0 <= v["optimal_f"] <= 1
        assert 0 <= v["risk_of_ruin_fixed_bet"] <= 1
    if v["trade_sharpe"] is not None:
        _same(v["sqn"], sqrt(n) * v["trade_sharpe"])
        assert 0 <= v["edge_quality_t_p_value"] <= 1
        assert 0 <= v["risk_of_ruin_gaussian"] <= 1
    if v["ahpr"] is not None:
        assert v["ghpr"] <= v["ahpr"] + 1e-12
        _same((1 + v["ghpr"]) ** n * 100_000, 100_000 + v["net_profit"])
    assert v["win_rate_wilson_lower"] <= v["win_rate"]
    assert v["max_consecutive_wins"] <= wins
    assert -v["max_consecutive_losses"] <= v["current_streak"] <= v["max_consecutive_wins"]
    assert v["max_consecutive_loss_currency"] <= 0 <= v["max_consecutive_profit_currency"]
    assert v["absolute_drawdown_currency"] <= v["max_drawdown_currency"] + 1e-9
    assert 0 <= v["max_concurrent_positions"] <= n
    if v["time_in_market_ratio"] is not None:
        assert 0 <= v["time_in_market_ratio"] <= 1
        assert v["time_in_market_ratio"] <= v["avg_concurrent_positions"] + 1e-12
        assert v["avg_concurrent_positions"] <= v["max_concurrent_positions"] + 1e-12
    assert v["active_days"] <= n
    _same(v["total_costs"], v["total_commission"] + v["total_swap"])
    _same(
        v["slippage_cost_currency"],
        -sum((t["slippage_entry"] + t["slippage_exit"]) * 10.0 * t["lots"] for t in trades),
    )
    rates = ("sl_exit_rate", "tp_exit_rate", "manual_exit_rate", "stop_out_rate")
    assert sum(v[rate] for rate in rates) <= 1 + 1e-12
    assert 1 / v["symbol_count"] - 1e-12 <= v["symbol_hhi"] <= v["most_traded_symbol_share"] + 1e-12
    if v["entry_efficiency"] is not None:
        _same(v["total_efficiency"], v["entry_efficiency"] + v["exit_efficiency"] - 1)
    if v["profit_concentration_hhi"] is not None:
        assert v["largest_win_share"] ** 2 <= v["profit_concentration_hhi"] + 1e-12
        assert v["profit_concentration_hhi"] <= v["largest_win_share"] + 1e-12


@settings(max_examples=6, deadline=None)
@given(st.lists(_books, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_other_accounts_and_the_order_of_rows_change_nothing(
    accounts: list[list[dict[str, Any]]], shuffled: Any
) -> None:
    trades = _together([_book(each) for each in accounts])
    together = compute(inputs(trades=trades))

    rows = list(range(trades.height))
    shuffled.shuffle(rows)

    assert_frame_equal(compute(inputs(trades=trades[rows])), together, rel_tol=1e-12, abs_tol=0)
    alone = [compute(inputs(trades=part)) for part in trades.partition_by("account")]
    assert_frame_equal(pl.concat(alone), together, rel_tol=1e-12, abs_tol=0)


@settings(max_examples=6, deadline=None)
@given(st.lists(_books, min_size=1, max_size=12), st.sampled_from([0.01, 4.0, 1000.0]))
def test_another_currency_scales_money_and_leaves_the_rest(
    accounts: list[list[dict[str, Any]]], scale: float
) -> None:
    # 0.01 makes cents of what was whole: profits of whole hundreds stay exact in both.
    books = [
        _book([t | {c: round(t[c]) * 100.0 for c in _BOOKED} for t in each]) for each in accounts
    ]
    money = ["profit", "commission", "swap", "mfe", "mae", "pip_value", "contract"]
    scaled = [frame.with_columns(pl.col(money) * scale) for frame in books]
    initial = [100_000.0] * len(books) + [100_000.0 * scale] * len(books)
    accounts_frame = pl.DataFrame(
        {"account": range(2 * len(books)), "initial": initial},
        schema_overrides={"account": pl.Int32},
    )

    rows = compute(inputs(accounts=accounts_frame, trades=_together(books + scaled))).rows(
        named=True
    )

    for one, other in zip(rows[: len(books)], rows[len(books) :], strict=True):
        for kpi in _TRADES:
            value = one[kpi.id]
            if isinstance(value, float):
                factor = scale if kpi.id in _MONEY else 1 / scale if kpi.id in _PER_MONEY else 1.0
                _near(other[kpi.id], value * factor)
            else:
                assert other[kpi.id] == value, kpi.id


_BOOKED = ("profit", "commission", "swap", "mfe", "mae")


def _near(left: float | None, right: float) -> None:
    assert left == pytest.approx(right, rel=1e-7, abs=1e-9)
