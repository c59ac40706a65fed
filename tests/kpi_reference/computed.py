"""Our values of every KPI, for the accounts that the libraries were asked about."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from tests.kpi_reference import accounts, prices
from tests.kpi_reference.accounts import Account
from tests.kpi_reference.frames import tables


@cache
def seeded() -> dict[str, Account]:
    """Return the accounts made from seeds, by name."""
    return {name: accounts.made(name) for name in accounts.SHAPES}


@cache
def real() -> dict[str, Account]:
    """Return the accounts made from real prices, by name."""
    return {name: prices.traded(name) for name in prices.NAMES}


@cache
def of_seeded() -> dict[str, dict[str, Any]]:
    """Return every KPI of the seeded accounts: one computation for all of them."""
    return _computed(list(seeded().values()))


@cache
def of_real() -> dict[str, dict[str, Any]]:
    """Return every KPI of the accounts of real prices."""
    return _computed(list(real().values()))


def _computed(of: list[Account]) -> dict[str, dict[str, Any]]:
    rows = compute(inputs(**tables(of))).iter_rows(named=True)
    return {row["account"]: {kpi: _plain(value) for kpi, value in row.items()} for row in rows}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
