"""Accounts at the edge of what has a value: no exception, no NaN, no infinity, null or a number."""

from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rules.kpi.compute import NotFiniteError, compute
from rules.kpi.inputs import inputs
from rules.kpi.kpi import Input, Kpi, Part, Stage
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings
from tests.kpi_cases.case import DAILY_TYPES

_RISE = [0.0001 * n for n in range(1, 100)]
_RETURNS: dict[str, list[float | None]] = {
    "one day up": [0.01],
    "one day down": [-0.01],
    "two days": [0.01, -0.02],
    "two equal days": [0.01, 0.01],
    "three days": [0.01, 0.02, 0.03],
    "constant": [0.01] * 99,
    "all zero": [0.0] * 99,
    "no losses": [*_RISE],
    "no wins": [-r for r in _RISE],
    "ruined": [0.01, -1.0, 0.02, 0.03],
    "ruined at once": [-1.0, 0.0, 0.0],
    "more than all lost": [0.01, -1.5, 0.02],
    "nearly all lost, over and over": [-0.99999999] * 99,
    "gaps": [None, 0.01, None, -0.02, None],
    "nothing known": [None, None, None],
    "as good as constant": [0.01] * 50 + [0.01 + 1e-17] * 49,
    "vanishing": [1e-300, -1e-300, 1e-300, 0.0],
    "a hundredfold in a day": [100.0],
    "a millionfold for ten days": [1e6] * 10,
}


def _account(name: str, r: list[float | None], bench: list[float | None] | None) -> pl.DataFrame:
    equity, rows = 1000.0, []
    for n, each in enumerate(r):
        opened, equity = equity, equity * (1 + (each or 0.0))
        rows.append({
            "date": date(2024, 1, 1) + timedelta(n),
            "r": each,
            "bench": bench[n] if bench else None,
            "flow": 0.0,
            "equity_open": opened,
            "equity": equity,
            "equity_low": min(opened, equity),
            "equity_high": max(opened, equity),
            "balance": equity,
            "balance_open": opened,
            "margin_used": 0.0,
        })  # fmt: skip
    return pl.DataFrame(rows, schema=DAILY_TYPES).with_columns(account=pl.lit(name))


def _all() -> pl.DataFrame:
    frames = []
    for name, r in _RETURNS.items():
        half = len(r) / 2
        frames += [
            _account(name, r, None),
            _account(f"{name}, constant benchmark", r, [0.01] * len(r)),
            _account(f"{name}, benchmark", r, [0.001 * (n - half) for n in range(len(r))]),
            _account(f"{name}, its own benchmark", r, r),
        ]
    return pl.concat(frames)


def test_every_value_is_finite_or_null() -> None:
    daily = _all()
    accounts = pl.DataFrame({"account": [*daily["account"].unique(), "empty"]})

    row = compute(inputs(accounts=accounts, daily=daily))  # raises where a value is not

    assert row.height == accounts.height
    assert row.columns == ["account", *BY_ID]


@pytest.mark.parametrize("r", [0.01, 0.0013, -0.007])
def test_equal_returns_have_no_slope_to_divide_by(r: float) -> None:
    days = [r] * 99
    daily = _account("constant", days, [0.001 * (n % 7 - 3) for n in range(len(days))])

    row = compute(inputs(daily=daily)).row(0, named=True)

    assert row["beta"] == 0.0
    assert row["treynor_ratio"] is None


def test_returns_that_have_nothing_to_do_with_a_benchmark_have_no_slope() -> None:
    # Their covariance is 0, of which sums of binary fractions leave 6e-16 of a slope.
    daily = _account("unrelated", [-0.1, 0.0, 0.05, 0.0, -0.2], [0.007, 0.008, -0.002, 0.0, -0.001])

    row = compute(inputs(daily=daily)).row(0, named=True)

    assert row["beta"] == 0.0
    assert row["treynor_ratio"] is None


@pytest.mark.parametrize("initial", [0.0, -5.0])
def test_nothing_is_a_share_of_a_balance_that_was_none(initial: float) -> None:
    daily = _all()
    accounts = daily.select("account").unique().with_columns(initial=pl.lit(initial))

    rows = compute(inputs(accounts=accounts, daily=daily))  # raises where a value is not finite

    of_a_firm = [
        k.id for k in KPIS if k.group == "prop_firm" and k.unit.startswith("ratio of limit")
    ]
    shares = ["profit_target_progress", "net_return_on_initial", *of_a_firm]
    assert {name: rows[name].null_count() for name in shares} == dict.fromkeys(shares, rows.height)


@pytest.mark.parametrize("name", ["one day up", "two days", "ruined", "nothing known"])
def test_an_account_alone_has_the_values_it_has_among_others(name: str) -> None:
    daily = _all()

    alone = compute(inputs(daily=daily.filter(pl.col("account") == name)))

    among = compute(inputs(daily=daily)).filter(pl.col("account") == name)
    assert_frame_equal(alone, among, rel_tol=1e-12, abs_tol=0)


@pytest.mark.parametrize("settings", [Settings(), Settings(daily_loss=0.05, max_loss=0.1)])
def test_an_account_without_rows_has_zero_counts_and_nothing_else(settings: Settings) -> None:
    accounts = pl.DataFrame({"account": [7]})

    row = compute(inputs(accounts=accounts), settings).row(0, named=True)

    days = {k.id for k in KPIS if k.input in {Input.DAILY_RETURNS, Input.EQUITY}}
    known = {kpi: row[kpi] for kpi in days if row[kpi] is not None}
    breaches = ["daily_loss_breach_days", "daily_loss_near_miss_days", "trailing_breach_days"]
    assert known == {
        **(dict.fromkeys(breaches, 0) if settings.daily_loss else {}),
        "avg_drawdown": 0,
        "avg_drawdown_days": 0,
        "autocorrelation_penalty": 1,
        "current_day_streak": 0,
        "drawdown_count": 0,
        "max_consecutive_losing_days": 0,
        "max_consecutive_winning_days": 0,
        "max_drawdown_duration_days": 0,
        "outlier_days_count": 0,
        "return_30d": 0,
        "return_365d": 0,
        "return_7d": 0,
        "return_90d": 0,
    }


def test_no_account_is_a_frame_without_rows() -> None:
    assert compute(inputs()).height == 0


def test_a_constant_return_has_no_ratio_to_its_deviation() -> None:
    row = compute(inputs(daily=_account("a", [0.01] * 99, None))).row(0, named=True)

    assert row["volatility_daily"] == row["semi_deviation_daily"] == 0
    assert row["mean_absolute_deviation"] == row["gini_mean_difference"] == 0
    assert row["sharpe_ratio"] is row["sharpe_30d"] is row["skewness"] is row["k_ratio"] is None
    assert row["sharpe_t_stat"] is row["pass_probability_gaussian"] is None


def test_a_loss_of_everything_is_a_ruined_account() -> None:
    row = compute(inputs(daily=_account("a", [0.01, -1.0, 0.5], None))).row(0, named=True)

    assert row["total_return"] == row["cagr"] == row["max_drawdown"] == -1
    assert row["log_return_total"] is row["stability_of_timeseries"] is None


def test_what_a_definition_lets_through_is_not_hidden() -> None:
    daily = _account("a", [0.0, 0.0], None)
    broken = Kpi(
        "broken", "Broken", "ratio", pl.col("r").sum() / pl.col("r").sum(), "0/0", "-",
        group="returns", input=Input.DAILY_RETURNS, needs=("daily.r",), stage=Stage.DAILY,
    )  # fmt: skip

    with pytest.raises(NotFiniteError, match="broken was NaN or infinite"):
        compute(inputs(daily=daily), kpis=[broken])


def test_parts_are_not_shown() -> None:
    assert not any(isinstance(kpi, Part) or kpi.id.startswith("_") for kpi in KPIS)
