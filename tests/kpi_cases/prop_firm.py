"""Five days under a firm's rules: 1,000 at first, 5 % a day, 10 % in all, a target of 10 %."""

from datetime import date
from math import exp, sqrt

import polars as pl

from tests.kpi_cases.case import Case, daily, returns

_NO_RULES = {"initial": 1000.0}
_SETTINGS = {**_NO_RULES, "daily_loss": 0.05, "max_loss": 0.10, "target": 0.10}
_DATES = [date(2024, 1, day) for day in (8, 9, 10, 11, 12)]
FIVE = daily(
    _DATES,
    r=[0.03, 0.0, -0.02, 0.0, 0.0],
    flow=[0.0] * 5,
    equity_open=[1000.0, 1030.0, 1030.0, 1009.4, 1009.4],
    equity=[1030.0, 1030.0, 1009.4, 1009.4, 1009.4],
    equity_low=[990.0, 985.0, 975.0, 920.0, 999.0],
    balance=[1060.0, 1040.0, 1020.0, 1015.0, 1012.0],
    balance_open=[1000.0, 1060.0, 1040.0, 1020.0, 1015.0],
)
# Lost within the day, of 50: 10; 1060-985=75; 1040-975=65; 1020-920=100; 1015-999=16.
_REACHED = daily(
    _DATES[:1], equity=[1110.0], equity_open=[1000.0], balance=[1100.0], balance_open=[1000.0]
)
_NEAR = daily(
    _DATES[:3],
    equity=[1000.0] * 3,
    equity_open=[1000.0] * 3,
    equity_low=[960.0, 950.0, 960.5],
    balance_open=[1000.0] * 3,
    balance=[1000.0] * 3,
)
# 120 earned, floating down to 1,040 and back, 120 paid out in the evening; then 300 paid in.
_PAID = daily(
    _DATES[:4],
    flow=[1000.0, -120.0, 0.0, 300.0],
    equity_open=[1000.0, 1000.0, 1000.0, 1280.0],
    equity=[1120.0, 1000.0, 980.0, 1280.0],
    equity_low=[1000.0, 920.0, 960.0, 1200.0],
    balance=[1120.0, 1000.0, 980.0, 1280.0],
    balance_open=[1000.0, 1000.0, 1000.0, 1280.0],
)
_TRAILS = {**_SETTINGS, "trails": True}
# 12 % lost on a day that nobody marked.
_UNMARKED = daily(
    _DATES[:2],
    equity_open=[1000.0, 1000.0],
    equity=[1000.0, 880.0],
    balance=[1000.0, 880.0],
    balance_open=[1000.0, 1000.0],
)
_UNKNOWN = _UNMARKED.with_columns(equity_open=pl.lit(None, pl.Float64))
_ON_SATURDAY = {**_SETTINGS, "as_of": date(2024, 1, 13)}
_MEAN, _VARIANCE = 0.002, (0.028**2 + 0.002**2 * 3 + 0.022**2) / 4
_K = 2 * _MEAN / _VARIANCE
_EVEN = returns(0.01, -0.01)
_FALLING = returns(-0.01, -0.03)  # mean -0.02, variance 0.0002: k = -200

_STATED = tuple(
    Case(kpi, rows, value, _SETTINGS)
    for kpi, rows, value in (
        ("daily_loss_used_today", FIVE, 16 / 50),
        ("daily_loss_used_max", FIVE, 100 / 50),
        ("daily_loss_remaining", FIVE, 50.0 - 16.0),
        ("daily_loss_remaining", FIVE.head(4), 0.0),
        ("daily_loss_breach_days", FIVE, 3),
        ("daily_loss_breach_days", _NEAR, 1),
        ("daily_loss_near_miss_days", _NEAR, 1),  # 0.8 is one, 1 a breach, 0.79 neither
        ("max_loss_used", FIVE, (1000 - 920) / 100),
        ("max_loss_remaining", FIVE, 1009.4 - 900.0),
        # The greatest balance before the last day is 1,060; 100 below it is 960.
        ("trailing_floor", FIVE, 960.0),
        ("trailing_floor", FIVE.head(1), 900.0),
        ("trailing_floor", FIVE.with_columns(balance=1200.0), 1000.0),  # locked at the start
        ("trailing_loss_remaining", FIVE, 1009.4 - 960.0),
        ("trailing_breach_days", FIVE, 1),  # 920 <= 960 on the fourth day
        (
            "trailing_breach_days",
            FIVE.with_columns(equity_low=960.0),
            4,
        ),  # the floor is 900 on the first day, then 960
        ("profit_target_progress", FIVE, 12 / 100),
        ("profit_target_remaining", FIVE, 88.0),
        ("profit_target_remaining", _REACHED, 0.0),
        # Earned: 30, 0, -20.6, 0, 0.
        ("days_to_target_estimate", FIVE, 88.0 / (9.4 / 5)),
        ("days_to_target_estimate", _REACHED, 0.0),
        ("days_to_target_estimate", FIVE.tail(3), None),
        (
            "pass_probability_gaussian",
            FIVE,
            (1 - exp(-_K * 0.10)) / (1 - exp(-_K * 0.20)),
        ),
        ("pass_probability_gaussian", _EVEN, 0.5),  # no drift, barriers alike
        ("pass_probability_gaussian", _FALLING, (1 - exp(20)) / (1 - exp(40))),
        ("breach_distance_sigma", FIVE, 109.4 / (1009.4 * sqrt(_VARIANCE))),
    )
)
CASES = (
    *_STATED,
    # A rule that is not stated measures nothing.
    *(Case(each.kpi, each.daily, None, _NO_RULES) for each in _STATED),
    # At 10:00 it was 1,040; the floor is 900, and after the payout 960 was the lowest.
    Case("max_loss_used", _PAID.head(2), 0.0, _SETTINGS),
    Case("max_loss_used", _PAID, 40 / 100, _SETTINGS),
    Case("daily_loss_used_max", _PAID, 80 / 50, _SETTINGS),
    # 300 less 120 came in since the first day: the floor is 1,080, and nothing of it was earned.
    Case("max_loss_remaining", _PAID, 1280.0 - 1080.0, _SETTINGS),
    Case("profit_target_progress", _PAID, 100 / 100, _SETTINGS),
    Case("profit_target_progress", _PAID.head(2), 120 / 100, _SETTINGS),
    # From the highest balance, 1,120: the floor rises to 1,000, which 1,040 did not break.
    Case("trailing_breach_days", _PAID.head(2), 0, _SETTINGS),
    Case("trailing_floor", _PAID.head(3), 1000.0, _SETTINGS),
    Case("trailing_floor", _PAID, 1180.0, _SETTINGS),
    Case("trailing_breach_days", _PAID, 1, _SETTINGS),  # 960, on the third day
    Case("max_loss_used", _PAID.head(2), (1100 - 1040) / 100, _TRAILS),
    Case("max_loss_remaining", _PAID, 1280.0 - 1180.0, _TRAILS),
    Case("max_loss_remaining", FIVE, 1009.4 - 960.0, _TRAILS),
    Case("breach_distance_sigma", FIVE, 49.4 / (1009.4 * sqrt(_VARIANCE)), _TRAILS),
    # A day without marks has lost what its ends tell, at least.
    Case("daily_loss_used_max", _UNMARKED, 120 / 50, _SETTINGS),
    Case("daily_loss_breach_days", _UNMARKED, 1, _SETTINGS),
    Case("max_loss_used", _UNMARKED, 120 / 100, _SETTINGS),
    Case("trailing_breach_days", _UNMARKED, 1, _SETTINGS),
    Case("daily_loss_breach_days", _UNKNOWN, None, _SETTINGS),
    Case("daily_loss_near_miss_days", _UNKNOWN, None, _SETTINGS),
    Case("trailing_breach_days", _UNKNOWN, None, _SETTINGS),
    # Nothing happened on the Saturday after.
    Case("daily_loss_used_today", FIVE, 0.0, _ON_SATURDAY),
    Case("daily_loss_remaining", FIVE, 50.0, _ON_SATURDAY),
    Case("daily_loss_used_today", FIVE, None, {**_SETTINGS, "as_of": date(2024, 1, 15)}),
)
