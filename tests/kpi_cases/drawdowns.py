"""Drawdowns of nine days: two that recovered, and one that goes on."""

from datetime import date

from tests.kpi_cases.case import Case, daily, returns

# Monday to Friday, Monday to Thursday; opened on Friday, 29 December 2023.
_DATES = [date(2024, 1, day) for day in (1, 2, 3, 4, 5, 8, 9, 10, 11)]
# W: 0.9, 0.99, 1.0890, 1.0890, 0.5445, 0.81675, 1.22513, 0.98010, 1.02911
NINE = daily(_DATES, r=[-0.10, 0.10, 0.10, 0.0, -0.50, 0.50, 0.50, -0.20, 0.05])
_PEAK_2 = 0.9 * 1.1 * 1.1
_PEAK_3 = _PEAK_2 * 0.5 * 1.5 * 1.5
_RISING = returns(0.01, 0.02)

# 97,300 loses 333 and earns them: the product of both is 1 but for its last bit.
_REGAINED = returns(-333 / 97_300, 97_300 / 96_967 - 1, 0.0, first=date(2024, 1, 1))

CASES = (
    Case("current_drawdown", _REGAINED, 0.0),
    Case("max_drawdown_recovery_date", _REGAINED, date(2024, 1, 2)),
    Case("days_since_high_water_mark", _REGAINED, 0),
    Case("time_underwater_ratio", _REGAINED, 1 / 3),
    # The deepest: from January 4, the last day at the peak, to January 5, back on January 9.
    Case("max_drawdown_peak_date", NINE, date(2024, 1, 4)),
    Case("max_drawdown_valley_date", NINE, date(2024, 1, 5)),
    Case("max_drawdown_recovery_date", NINE, date(2024, 1, 9)),
    Case("max_drawdown_fall_days", NINE, 1),
    Case("max_drawdown_fall_days", _RISING, None),
    Case("max_drawdown_recovery_days", NINE, 4),
    Case("max_drawdown_recovery_days", returns(0.01, -0.02), None),
    Case("avg_recovery_days", NINE, (2 + 4) / 2),  # January 1 to 3, and January 5 to 9
    Case("drawdown_count", NINE, 3),
    # December 29 to January 3, January 4 to 9, January 9 to 11.
    Case("avg_drawdown_days", NINE, (5 + 5 + 2) / 3),
    Case("max_drawdown_duration_days", NINE, 5),
    Case("avg_drawdown", NINE, (-0.10 - 0.50 - 0.20) / 3),
    Case("time_underwater_ratio", NINE, (2 + 2 + 2) / 9),
    Case("days_since_high_water_mark", NINE, 2),
    Case("days_since_high_water_mark", NINE, 12, {"as_of": date(2024, 1, 21)}),
    Case("days_since_high_water_mark", returns(-0.01, -0.01, first=date(2024, 1, 1)), 4),
    Case("max_runup", NINE, _PEAK_3 / (_PEAK_2 * 0.5) - 1),  # from January 5 to 9
    Case("max_runup", returns(-0.1, -0.1), 0.0),
    Case("max_runup", _RISING, 1.01 * 1.02 - 1),  # the start is a trough
    Case("current_drawdown", NINE, 0.8 * 1.05 - 1),
)
