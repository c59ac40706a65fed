"""Every KPI that a library computes too has that library's value, to a part in a thousand million.

The values were written by `python -m tests.kpi_reference`, which runs the libraries in
environments of their own; here the same accounts are made again from their seeds.
"""

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kpi_reference import computed, page, prices, values
from tests.kpi_reference.values import Value

SPEC = Path(__file__).parents[3] / "spec" / "kpis.csv"
PRECISION = 1e-9
# An optimiser finds where a curve is flat, so only to the root of a double's precision.
COARSER = {"optimal_f": 1e-7}

REFERENCES = [value for value in values.committed() if not value.cause]
needs_data = pytest.mark.skipif(
    not prices.available(), reason=f"the sample data is not in {prices.DATA}"
)
each_reference = pytest.mark.parametrize(
    "reference",
    REFERENCES,
    ids=[f"{value.kpi}-{value.library}-{value.function}" for value in REFERENCES],
)


def same(kpi: str, ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        precision = COARSER.get(kpi, PRECISION)
        return math.isclose(ours, theirs, rel_tol=precision, abs_tol=1e-15)
    return ours == theirs


def differing(reference: Value, ours: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    """Return, for each account where they differ, our value and the library's."""
    pairs = {
        account: (ours[account][reference.kpi], theirs)
        for account, theirs in reference.values.items()
        if account in ours
    }
    return {a: pair for a, pair in pairs.items() if not same(reference.kpi, *pair)}


@each_reference
def test_seeded_accounts(reference: Value) -> None:
    assert differing(reference, computed.of_seeded()) == {}


@needs_data
@each_reference
def test_accounts_of_real_prices(reference: Value) -> None:
    assert differing(reference, computed.of_real()) == {}


def test_every_kpi_with_a_reference_was_asked_for() -> None:
    with SPEC.open(encoding="utf-8", newline="") as file:
        promised = {row["id"] for row in csv.DictReader(file) if row["reference_check"] == "yes"}
    asked = {value.kpi for value in REFERENCES if any(x is not None for x in value.values.values())}
    assert promised == asked
    assert len(promised) == 210


def test_each_kpi_has_a_value_on_five_accounts_at_least() -> None:
    known: dict[str, set[str]] = {}
    for value in REFERENCES:
        has = {account for account, x in value.values.items() if x is not None}
        known.setdefault(value.kpi, set()).update(has)
    assert {kpi: sorted(has) for kpi, has in known.items() if len(has) < 5} == {}


def test_each_value_names_a_library_whose_version_is_pinned() -> None:
    pins = Path(values.__file__).parent / "pins"
    pinned = "\n".join(path.read_text("utf-8") for path in sorted(pins.glob("*.txt")))
    for library, version in values.versions().items():
        assert f"{library.replace('_', '-')}=={version}" in pinned
    assert {value.library for value in values.committed()} == set(values.versions())


def test_the_page_of_references_is_up_to_date() -> None:
    assert page.PATH.read_text("utf-8") == page.page()


@pytest.mark.parametrize(
    "made",
    [computed.seeded, pytest.param(computed.real, marks=needs_data)],
)
def test_the_accounts_are_those_the_libraries_were_asked_about(made: Callable[[], Any]) -> None:
    ours = {name: account.digest() for name, account in made().items()}
    asked = values.digests()
    assert ours == {name: asked[name] for name in ours}
