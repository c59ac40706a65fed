"""Identities between KPIs, and what must not change a value, on accounts that hypothesis makes."""

from datetime import date
from math import exp, fsum, sqrt
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.registry import KPIS
from tests.kpi_cases.case import daily, weekdays

_CURRENCY = {kpi.id for kpi in KPIS if kpi.unit.startswith("currency")}
_returns = st.integers(-900, 900).map(lambda n: n / 10_000)  # no r is lost in a sum
_lists = st.lists(_returns, min_size=1, max_size=120)


def _account(r: list[float], scale: float = 1.0) -> pl.DataFrame:
    opened, closed, equity = [], [], 1000.0 * scale
    for each in r:
        opened.append(equity)
        equity *= 1 + each
        closed.append(equity)
    return daily(
        weekdays(date(2023, 1, 2), len(r)),
        r=r,
        bench=[0.4 * each + 0.001 * (n % 5) for n, each in enumerate(r)],
        flow=[0.0] * len(r),
        equity_open=opened,
        equity=closed,
        equity_low=[0.99 * min(pair) for pair in zip(opened, closed, strict=True)],
        balance=closed,
        balance_open=opened,
        margin_used=[0.1 * each for each in closed],
    )


def _same(left: float | None, right: float | None) -> None:
    if left is None or right is None:
        assert left is right
    else:
        assert left == pytest.approx(right, rel=1e-9, abs=1e-12)


@settings(max_examples=6, deadline=None)
@given(st.lists(_lists, min_size=1, max_size=30))
def test_aliases_and_identities_hold(accounts: list[list[float]]) -> None:
    frames = [_account(r).with_columns(account=pl.lit(n)) for n, r in enumerate(accounts)]
    rows = compute(inputs(daily=pl.concat(frames))).rows(named=True)
    for r, row in zip(accounts, rows, strict=True):
        _check_identities(r, row)


def _check_identities(r: list[float], v: dict[str, Any]) -> None:
    n = len(r)

    _same(v["profit_factor_daily"], v["omega_ratio"])
    if v["omega_ratio"] is not None:
        _same(v["gain_to_pain_ratio"], v["omega_ratio"] - 1)
    if v["sortino_ratio"] is not None:
        _same(v["adjusted_sortino"], v["sortino_ratio"] / sqrt(2))
    if v["sharpe_ratio"] is not None:
        _same(v["sharpe_t_stat"], v["sharpe_ratio"] * sqrt(n / 252))
        _same(v["risk_return_ratio"], v["sharpe_ratio"] / sqrt(252))
    if v["tail_ratio"] is not None and v["profit_factor_daily"] is not None:
        _same(v["common_sense_ratio"], v["profit_factor_daily"] * v["tail_ratio"])
    _same(v["total_return"], exp(v["log_return_total"]) - 1)
    _same(v["annual_return_arithmetic"], v["mean_daily_return"] * 252)
    assert v["geometric_mean_daily_return"] <= v["mean_daily_return"] + 1e-15
    assert v["cvar_95_historical"] <= v["var_95_historical"] + 1e-15
    assert v["cvar_99_historical"] <= v["cvar_95_historical"] + 1e-15
    assert v["worst_day"] <= v["cvar_99_historical"] + 1e-15
    assert v["max_drawdown"] <= v["avg_drawdown"] <= 0
    assert v["max_drawdown"] <= v["current_drawdown"]
    assert v["pain_index"] <= v["ulcer_index"] + 1e-15
    assert v["drawdown_at_risk_95"] <= v["conditional_drawdown_at_risk_95"] + 1e-15
    assert v["conditional_drawdown_at_risk_95"] <= -v["max_drawdown"] + 1e-15
    assert v["gini_mean_difference"] is None or v["gini_mean_difference"] >= 0
    _same(v["autocorrelation_penalty"], _penalty(v["return_autocorrelation_lag1"], n))
    _same(v["total_return"], v["net_pnl_currency"] / 1000)


def _penalty(rho: float | None, n: int) -> float:
    """Lo (2002), as quantstats has it, term by term."""
    weights = fsum((n - k) / n * abs(rho or 0.0) ** k for k in range(1, n))
    return sqrt(1 + 2 * weights)


@pytest.mark.parametrize("bend", [0.0, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("days", [4, 30, 300])
def test_a_penalty_is_exact_however_near_a_line_returns_are(days: int, bend: float) -> None:
    """Its closed form loses all digits there."""
    r = [1e-4 * (n + bend * n**2) for n in range(days)]
    books = _account(r).with_columns(account=pl.lit(0))
    row = compute(inputs(daily=books)).row(0, named=True)
    rho = row["return_autocorrelation_lag1"]
    assert rho > 0.99
    assert row["autocorrelation_penalty"] == pytest.approx(_penalty(rho, days), rel=1e-13)


@example([[0.0], [-0.0568, 0.0859, -0.0073, 0.0575]], Random(1))  # a rho of -0.9986
@settings(max_examples=5, deadline=None)
@given(st.lists(_lists, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_other_accounts_and_the_order_of_rows_change_nothing(
    accounts: list[list[float]], shuffled: Any
) -> None:
    frames = [_account(r).with_columns(account=pl.lit(n)) for n, r in enumerate(accounts)]
    together = compute(inputs(daily=pl.concat(frames)))

    order = list(range(len(accounts)))
    shuffled.shuffle(order)
    mixed = pl.concat([_account(accounts[n]).with_columns(account=pl.lit(n)) for n in order])
    rows = list(range(mixed.height))
    shuffled.shuffle(rows)

    assert compute(inputs(daily=mixed[rows])).equals(together)
    alone = pl.concat([compute(inputs(daily=frame)) for frame in frames])
    assert_frame_equal(alone, together, rel_tol=1e-12, abs_tol=0)


@settings(max_examples=6, deadline=None)
@given(st.lists(_lists, min_size=1, max_size=20), st.sampled_from([0.5, 3.0, 1024.0]))
def test_another_currency_scales_money_and_leaves_the_rest(
    accounts: list[list[float]], scale: float
) -> None:
    pairs = [frame for r in accounts for frame in (_account(r), _account(r, scale))]
    initial = [1000.0, 1000.0 * scale] * len(accounts)
    rows = (
        compute(
            inputs(
                accounts=pl.DataFrame({"account": range(len(pairs)), "initial": initial}),
                daily=pl.concat(f.with_columns(account=pl.lit(n)) for n, f in enumerate(pairs)),
            )
        )
        .drop("account")
        .rows(named=True)
    )

    for one, other in zip(rows[::2], rows[1::2], strict=True):
        for kpi, value in one.items():
            if isinstance(value, float):
                _same(other[kpi], value * (scale if kpi in _CURRENCY else 1))
            else:
                assert other[kpi] == value
