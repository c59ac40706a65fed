"""KPIs of trades, executions, emotions and breaches, against values derived step by step."""

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.settings import Settings
from tests.kpi_cases import TRADE_CASES
from tests.kpi_cases.trade_case import INITIAL, TradeCase

_SPEC = Path(__file__).parents[3] / "spec" / "kpis.csv"
_NAMES = [f"{number}-{case.kpi}" for number, case in enumerate(TRADE_CASES)]


@pytest.fixture(scope="module")
def values() -> dict[int, dict[str, Any]]:
    """Every case is an account of its own, computed with those of the same settings at once."""
    groups: dict[Settings, list[int]] = {}
    for number, case in enumerate(TRADE_CASES):
        groups.setdefault(Settings(**(INITIAL | case.settings)), []).append(number)
    found: dict[int, dict[str, Any]] = {}
    for settings, numbers in groups.items():
        tables: dict[str, list[pl.DataFrame]] = {}
        for n in numbers:
            for name, frame in TRADE_CASES[n].tables.items():
                tables.setdefault(name, []).append(frame.with_columns(account=pl.lit(n)))
        whole = inputs(
            accounts=pl.DataFrame({"account": numbers}, schema={"account": pl.Int32}),
            **{name: pl.concat(frames) for name, frames in tables.items()},
        )
        for row in compute(whole, settings).rows(named=True):
            found[row["account"]] = row
    return found


@pytest.mark.parametrize("number", range(len(TRADE_CASES)), ids=_NAMES)
def test_the_value_is_the_one_derived_by_hand(
    number: int, values: dict[int, dict[str, Any]]
) -> None:
    case: TradeCase = TRADE_CASES[number]
    value = values[number][case.kpi]
    if isinstance(case.value, float):
        assert value == pytest.approx(case.value, rel=1e-12, abs=1e-12)
    else:
        assert value == case.value
        assert type(value) is type(case.value)


def test_every_kpi_of_trades_that_no_library_checks_is_derived_by_hand() -> None:
    rows = csv.DictReader(_SPEC.read_text().splitlines())
    unchecked = {
        row["id"]
        for row in rows
        if row["input"] not in {"daily_returns", "equity"} and row["reference_check"] != "yes"
    }
    derived = {case.kpi for case in TRADE_CASES if case.value is not None}

    assert unchecked <= derived
    assert all(frame.height < 10 for case in TRADE_CASES for frame in case.tables.values())
