"""KPIs by hand: small accounts, and values derived from them by arithmetic alone."""

from tests.kpi_cases import days, drawdowns, money, prop_firm

DAILY_CASES = (*days.CASES, *drawdowns.CASES, *money.CASES, *prop_firm.CASES)
