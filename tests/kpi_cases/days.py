"""Returns, risk and tails of six days; the first is Wednesday, 27 March 2024."""

from datetime import date
from math import exp, log, log1p, sqrt

from tests.kpi_cases.case import Case, daily, returns

SIX = returns(0.02, -0.01, 0.0, 0.03, -0.04, 0.01)  # March 27, 28, 29, April 1, 2, 3
_GROWN = 1.02 * 0.99 * 1.0 * 1.03 * 0.96 * 1.01
_MEAN = (0.02 - 0.01 + 0.0 + 0.03 - 0.04 + 0.01) / 6
_SQUARES = (0.02**2 + 0.01**2 + 0.0 + 0.03**2 + 0.04**2 + 0.01**2) - 6 * _MEAN**2
_STD = sqrt(_SQUARES / 5)
_SR = _MEAN / _STD
_CUBES = sum((r - _MEAN) ** 3 for r in (0.02, -0.01, 0.0, 0.03, -0.04, 0.01))
_FOURTHS = sum((r - _MEAN) ** 4 for r in (0.02, -0.01, 0.0, 0.03, -0.04, 0.01))
# G1 = n/((n-1)(n-2)) * sum(z^3); G2 = n(n+1)/((n-1)(n-2)(n-3)) * sum(z^4) - 3(n-1)^2/((n-2)(n-3))
_G1 = 6 / (5 * 4) * _CUBES / _STD**3
_G2 = 6 * 7 / (5 * 4 * 3) * _FOURTHS / _STD**4 - 3 * 25 / (4 * 3)
_Z = -1.6448536269514722  # 5 % quantile of the standard normal
_Z_CF = (
    _Z + (_Z**2 - 1) * _G1 / 6 + (_Z**3 - 3 * _Z) * _G2 / 24 - (2 * _Z**3 - 5 * _Z) * _G1**2 / 36
)
# Sorted: -0.04, -0.01, 0, 0.01, 0.02, 0.03; the 5 % quantile is a quarter of a step in.
_Q05 = -0.04 + 0.25 * 0.03

_AGES = daily(  # as of 2024-06-30: 0, 6, 7, 29, 30, 89, 90, 364 and 365 days old
    [date(2023, 7, 1), date(2023, 7, 2), date(2024, 4, 1), date(2024, 4, 2), date(2024, 5, 31),
     date(2024, 6, 1), date(2024, 6, 23), date(2024, 6, 24), date(2024, 6, 30)],
    r=[0.50, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02],
)  # fmt: skip
_WEEK = 1.03 * 1.02
_MONTH = 1.05 * 1.04 * _WEEK
_QUARTER = 1.07 * 1.06 * _MONTH

# A mean of 1 % a day on W: 1.02, 1.02*1.0; the evenly grown one is exp(m), exp(2m).
_TWO = returns(0.02, 0.0)
_LOG = (log(1.02) + 0.0) / 2
_UNEVEN = (1.02 / exp(_LOG) - 1, 1.02 / exp(2 * _LOG) - 1)
_UNEVEN_STD = abs(_UNEVEN[0] - _UNEVEN[1]) / sqrt(2)

_LOSSES = returns(-0.08, -0.04, 0.05, -0.02, -0.01)

CASES = (
    # Opened on March 26, the weekday before: 8 days to April 3.
    Case("annual_return_simple_calendar", SIX, (_GROWN - 1) * 365 / 8),
    Case("qtd_return", SIX, 1.03 * 0.96 * 1.01 - 1),  # April 1 begins a quarter
    Case("return_1d", SIX, 0.01),
    Case("return_7d", _AGES, _WEEK - 1),  # the day that is 7 days old is out
    Case("return_30d", _AGES, _MONTH - 1),
    Case("return_90d", _AGES, _QUARTER - 1),
    Case("return_365d", _AGES, 1.09 * 1.08 * _QUARTER - 1),
    Case("return_365d", SIX, _GROWN - 1),  # younger: since its beginning
    Case("return_7d", SIX, 0.0, {"as_of": date(2024, 5, 1)}),
    Case("upside_deviation_annual", SIX, sqrt((0.02**2 + 0.03**2 + 0.01**2) / 6) * sqrt(252)),
    Case("volatility_skewness", SIX, (4 + 9 + 1) / (1 + 16)),  # squares, in units of 1 %
    Case(
        "min_track_record_length",
        SIX,
        1 + (1 - _G1 * _SR + (_G2 + 2) / 4 * _SR**2) * (_Z / _SR) ** 2,
    ),
    Case("upside_potential_ratio", SIX, (0.06 / 6) / sqrt((0.01**2 + 0.04**2) / 6)),
    Case("return_over_var_95", SIX, _MEAN / abs(_Q05)),
    Case("modified_sharpe_95", SIX, _MEAN / abs(_MEAN + _Z_CF * _STD)),
    Case("sqn_daily_100", SIX, sqrt(6) * _MEAN / _STD),
    Case(
        "variability_weighted_return",
        _TWO,
        100 * (exp(_LOG * 252) - 1) * (1 - (_UNEVEN_STD / 0.20) ** 2),
    ),
    Case("active_days_ratio", SIX, 5 / 6),
    Case("current_day_streak", SIX, 1),
    Case("current_day_streak", returns(0.01, -0.01, -0.02, -0.03), -3),
    Case("current_day_streak", returns(0.01, 0.02, 0.0), 0),
    # k = max(2, floor(0.05*5)) = 2; the third loss is 0.02.
    Case("hill_tail_index", _LOSSES, 1 / ((log(0.08 / 0.02) + log(0.04 / 0.02)) / 2)),
    Case("worst_5_days_mean", SIX, (-0.04 - 0.01 + 0.0 + 0.01 + 0.02) / 5),
    Case("worst_5_days_mean", _TWO, 0.01),
    Case(
        "excess_return",
        returns(0.02, -0.01, 0.03, bench=(0.01, None, 0.02)),
        1.02 * 0.99 * 1.03 - 1.01 * 1.02,
    ),
    # In parts of 64, which doubles hold exactly: quartiles 1 and 3, reach 3. So -2 and 6 are
    # within, -2.5 and 6.5 are not.
    Case("outlier_days_count", returns(*(n / 64 for n in (1, 1, 2, 3, 3, 6, -2))), 0),
    Case("outlier_days_count", returns(*(n / 64 for n in (1, 1, 2, 3, 3, 6.5, -2.5))), 2),
    # Monday 30 December 2024 and Sunday 5 January 2025 are of one ISO week, Monday 6 of the next.
    Case(
        "best_week",
        daily([date(2024, 12, 30), date(2025, 1, 5), date(2025, 1, 6)], r=[0.02, 0.03, 0.04]),
        1.02 * 1.03 - 1,
    ),
    Case("log_return_total", SIX, sum(map(log1p, (0.02, -0.01, 0.0, 0.03, -0.04, 0.01)))),
)
