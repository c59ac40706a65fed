"""Four days of equity, with a deposit and a withdrawal."""

from datetime import date

from tests.kpi_cases.case import Case, daily, returns

# Opened on Friday, January 5, with 1,000; 100 come on Tuesday, 50 go on Thursday.
_DATES = [date(2024, 1, day) for day in (8, 9, 10, 11)]
FOUR = daily(
    _DATES,
    r=[0.02, 0.01, -0.05, 0.03],
    flow=[0.0, 100.0, 0.0, -50.0],
    equity_open=[1000.0, 1120.0, 1131.2, 1024.64],
    equity=[1020.0, 1131.2, 1074.64, 1055.3792],
    equity_low=[990.0, 1092.0, 1060.0, 1020.0],
    balance=[1010.0, 1140.0, 1080.0, 1040.0],
    balance_open=[1000.0, 1110.0, 1140.0, 1030.0],
    margin_used=[51.0, 0.0, 537.32, 0.0],
)
_EARNED = (20.0, 11.2, -56.56, 30.7392)
_NET = sum(_EARNED)  # 5.3792
# Six days from the opening to January 11; the flows came at the start of the fourth and the sixth.
_FUNDED = 1000.0 + 100.0 * (6 - 4 + 1) / 6 - 50.0 * (6 - 6 + 1) / 6
_FUNDED_BY_DEPOSIT = daily(
    _DATES[:2],
    r=[0.01, 0.02],
    flow=[1000.0, 0.0],
    equity_open=[1000.0, 1010.0],
    equity=[1010.0, 1030.2],
)
# r sorted: -0.05, 0.01, 0.02, 0.03; the 5 % quantile is 0.15 of a step in.
_Q05 = -0.05 + 0.15 * 0.06

CASES = (
    Case("net_pnl_currency", FOUR, 1055.3792 - 1000.0 - 50.0),
    Case("net_pnl_currency", FOUR, _NET),
    Case("avg_daily_pnl_currency", FOUR, _NET / 4),
    Case("modified_dietz_return", FOUR, _NET / _FUNDED),
    # Funded on its first day, a Monday: nothing was there before, and all of it the whole time.
    Case("modified_dietz_return", _FUNDED_BY_DEPOSIT, 30.2 / 1000.0),
    # The same, and 100,000 at the start of the last of two days.
    Case(
        "modified_dietz_return",
        daily(
            _DATES[:2],
            flow=[1000.0, 100_000.0],
            equity_open=[1000.0, 101_000.0],
            equity=[1000.0, 102_010.0],
        ),
        1010.0 / (1000.0 + 100_000.0 / 2),
    ),
    Case("net_pnl_currency", _FUNDED_BY_DEPOSIT, 30.2),
    Case("high_water_mark", FOUR, 1131.2),
    Case("high_water_mark", daily(_DATES[:1], flow=[0.0], equity_open=[9.0], equity=[8.0]), 9.0),
    # 1000 for two days at i a year is 1020: one flow in, one out, and nothing between.
    Case(
        "money_weighted_return",
        daily([date(2024, 1, 9)], flow=[0.0], equity_open=[1000.0], equity=[1020.0]),
        1.02**365 - 1,
    ),
    # 1000 in at 0 and after 73 days, 2420 out at the end of 146: x^2+x-2.42 for x = (1+i)^(1/5).
    Case(
        "money_weighted_return",
        daily(
            [date(2024, 3, 14), date(2024, 5, 26)],
            flow=[1000.0, 0.0],
            equity_open=[2000.0, 2000.0],
            equity=[2000.0, 2420.0],
        ),
        ((-1 + (1 + 4 * 2.42) ** 0.5) / 2) ** 5 - 1,
        {"opened": date(2024, 1, 1)},
    ),
    Case("max_daily_loss_currency", FOUR, -56.56),
    Case("max_intraday_equity_drop", FOUR, 1060.0 / 1131.2 - 1),
    Case("account_age_days", FOUR, 6),
    # Against the lowest equity of the day: 990 and 1060.
    Case("avg_margin_usage", FOUR, (51.0 / 990.0 + 537.32 / 1060.0) / 4),
    Case("max_margin_usage", FOUR, 537.32 / 1060.0),
    Case("min_margin_level", FOUR, 100 * 1060.0 / 537.32),
    Case("min_margin_level", daily(_DATES[:1], equity=[9.0], margin_used=[6.0]), 150.0),
    Case("min_margin_level", daily(_DATES[:1], equity=[9.0], margin_used=[0.0]), None),
    Case("floating_pnl_ratio", FOUR, (1055.3792 - 1040.0) / 1040.0),
    Case("var_95_currency", FOUR, 1055.3792 * _Q05),
    # Opened on a Sunday evening: the snapshot before is Friday's.
    Case("account_age_days", daily([date(2024, 1, 7)], equity=[9.0]), 2),
    Case("account_age_days", returns(0.01), None),  # no equity is known
)
