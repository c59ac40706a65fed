"""What a reference is: a function of a library that computes one KPI of an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.kpi_reference.case import Case


@dataclass(frozen=True)
class Reference:
    """One function of a library.

    Attributes:
        kpi: the id of the KPI.
        function: what is called, as the library's documentation names it.
        value: calls it; None where the library has no value. Dates as dates.
        known: the accounts that the function answers by the KPI's definition; on the others the
            library says something of its own (a window longer than the history, for one).
        cause: where the library means something else, why; the value is then not the KPI's.
    """

    kpi: str
    function: str
    value: Callable[[Case], Any]
    known: Callable[[Case], bool] = lambda _: True
    cause: str = ""


def at_least(days: int) -> Callable[[Case], bool]:
    """Return a condition: the account has that many days."""
    return lambda case: case.n >= days
