"""The registry against the list of KPIs that it must have, and against itself."""

import csv
from pathlib import Path

import polars as pl
import pytest

from rules.kpi.inputs import TABLES
from rules.kpi.kpi import Kernel, Kpi, Part, Stage
from rules.kpi.registry import BUILDERS, BY_ID, ENTRIES, KPIS

_SPEC = Path(__file__).parents[3] / "spec" / "kpis.csv"
_ROWS = {row["id"]: row for row in csv.DictReader(_SPEC.read_text().splitlines())}
_COLUMNS = {f"{table}.{column}" for table, columns in TABLES.items() for column in columns}


def test_every_kpi_is_registered() -> None:
    assert set(BY_ID) == set(_ROWS)
    assert len(KPIS) == 429


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_an_entry_agrees_with_the_list(kpi: Kpi) -> None:
    row = _ROWS[kpi.id]

    assert (kpi.group, kpi.unit, kpi.input) == (row["group"], row["unit"], row["input"])
    assert kpi.title
    assert kpi.formula
    assert kpi.edges
    assert kpi.needs
    assert set(kpi.needs) <= _COLUMNS
    assert kpi.windows
    assert kpi.stage == Stage.DERIVED or kpi.stage in BUILDERS


def test_titles_tell_kpis_apart() -> None:
    assert len({kpi.title for kpi in KPIS}) == len(KPIS)


def test_a_name_is_that_of_one_entry() -> None:
    assert len(ENTRIES) == len(set(ENTRIES))
    assert set(BY_ID) <= set(ENTRIES)


def test_every_part_is_read() -> None:
    read: set[str] = set()
    for entry in ENTRIES.values():
        if entry.stage == Stage.DERIVED and not isinstance(entry.value, Kernel):
            read |= set(entry.value.meta.root_names())

    assert {e.name for e in ENTRIES.values() if isinstance(e, Part)} <= read


def test_a_part_is_named_apart_from_kpis() -> None:
    with pytest.raises(ValueError, match="leading underscore"):
        Part("shown", Stage.DAILY, pl.len())
