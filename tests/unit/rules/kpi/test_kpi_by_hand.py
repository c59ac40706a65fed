"""KPIs that no library checks, against values derived step by step."""

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.settings import Settings
from tests.kpi_cases import DAILY_CASES
from tests.kpi_cases.case import Case

_SPEC = Path(__file__).parents[3] / "spec" / "kpis.csv"


def _names() -> list[str]:
    return [f"{number}-{case.kpi}" for number, case in enumerate(DAILY_CASES)]


@pytest.fixture(scope="module")
def values() -> dict[int, object]:
    """Every case is an account of its own, computed with those of the same settings at once."""
    groups: dict[Settings, list[int]] = {}
    for number, case in enumerate(DAILY_CASES):
        groups.setdefault(Settings(**case.settings), []).append(number)
    found: dict[int, object] = {}
    for settings, numbers in groups.items():
        frames = [DAILY_CASES[n].daily.with_columns(account=pl.lit(n)) for n in numbers]
        rows = compute(inputs(daily=pl.concat(frames)), settings).rows_by_key("account", named=True)
        found |= {n: rows[n][0][DAILY_CASES[n].kpi] for n in numbers}
    return found


@pytest.mark.parametrize("number", range(len(DAILY_CASES)), ids=_names())
def test_the_value_is_the_one_derived_by_hand(number: int, values: dict[int, object]) -> None:
    case: Case = DAILY_CASES[number]
    if isinstance(case.value, (int, float)):
        assert values[number] == pytest.approx(case.value, rel=1e-12, abs=1e-15)
    else:
        assert values[number] == case.value


def test_every_kpi_of_days_that_no_library_checks_is_derived_by_hand() -> None:
    rows = csv.DictReader(_SPEC.read_text().splitlines())
    unchecked = {
        row["id"]
        for row in rows
        if row["input"] in {"daily_returns", "equity"} and row["reference_check"] != "yes"
    }

    assert unchecked <= {case.kpi for case in DAILY_CASES}
    assert all(case.daily.height < 10 for case in DAILY_CASES)
    assert {type(case.value) for case in DAILY_CASES} == {float, int, date, type(None)}
