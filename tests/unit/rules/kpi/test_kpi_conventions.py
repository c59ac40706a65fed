"""Where a library goes by a KPI's name and says something else: the cause is computed.

A user who compares our figures with another tool's finds them here: each difference is turned into
the library's own value by what the committed cause says, and nothing else.
"""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from tests.kpi_reference import computed, prices, values
from tests.kpi_reference.accounts import Account
from tests.kpi_reference.derived import KNOWN, derived
from tests.kpi_reference.values import Value

DIFFERENCES = [value for value in values.committed() if value.cause]
IDS = [f"{value.kpi}-{value.library}-{value.function}" for value in DIFFERENCES]
needs_data = pytest.mark.skipif(
    not prices.available(), reason=f"the sample data is not in {prices.DATA}"
)
each_difference = pytest.mark.parametrize("difference", DIFFERENCES, ids=IDS)


def _unexplained(
    difference: Value, ours: Mapping[str, Mapping[str, Any]], accounts: Mapping[str, Account]
) -> dict[str, tuple[float, float]]:
    """Return, by account, what our value becomes by the cause and what the library says, if not one."""
    of = (difference.kpi, difference.library, difference.function)
    found = {}
    for name in difference.values.keys() & accounts.keys():
        expected, theirs = derived(of, ours[name], accounts[name]), difference.values[name]
        if not math.isclose(expected, theirs, rel_tol=1e-9, abs_tol=1e-15):
            found[name] = (expected, theirs)
    return found


@each_difference
def test_the_cause_explains_the_difference(difference: Value) -> None:
    assert _unexplained(difference, computed.of_seeded(), computed.seeded()) == {}


@needs_data
@each_difference
def test_the_cause_explains_the_difference_on_real_prices(difference: Value) -> None:
    assert _unexplained(difference, computed.of_real(), computed.real()) == {}


@each_difference
def test_there_is_a_difference(difference: Value) -> None:
    ours = computed.of_seeded()
    pairs = [
        (ours[name][difference.kpi], x) for name, x in difference.values.items() if name in ours
    ]
    assert any(not math.isclose(a, b, rel_tol=1e-6) for a, b in pairs)


def test_every_difference_has_its_derivation() -> None:
    known = [(value.kpi, value.library, value.function) for value in DIFFERENCES]
    assert sorted(known) == sorted(KNOWN)
