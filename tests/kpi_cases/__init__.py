"""KPIs by hand: small accounts, and values derived from them by arithmetic alone."""

from tests.kpi_cases import days, drawdowns, habits, market, money, prop_firm, results

DAILY_CASES = (*days.CASES, *drawdowns.CASES, *money.CASES, *prop_firm.CASES)
TRADE_CASES = (*results.CASES, *market.CASES, *habits.CASES)
