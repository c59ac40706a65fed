"""A library's value as it follows from ours, by the cause of their difference."""

from __future__ import annotations

from tests.kpi_reference.accounts import Account
from tests.kpi_reference.derived_days import DAYS, Days, Ours
from tests.kpi_reference.derived_trades import TRADES, Trades

KNOWN = [*DAYS, *TRADES]


def derived(of: tuple[str, str, str], ours: Ours, account: Account) -> float:
    """Return the library's value as it follows from ours.

    Args:
        of: the KPI, the library and its function.
    """
    if of in DAYS:
        return float(DAYS[of](ours, Days(account)))
    return float(TRADES[of](ours, Trades(account)))
