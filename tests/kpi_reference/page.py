"""The page that tells people which library each KPI is held to, and where libraries differ."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.kpi_reference import computed, values
from tests.kpi_reference.values import Value

ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs" / "reference" / "kpi_references.md"
_SPEC = ROOT / "tests" / "spec" / "kpis.csv"

_INTRODUCTION = """\
# KPIs against other libraries

Written by `make references`; a test holds this page to what it is written from.

{asked} of the {all} KPIs are computed by a function of another library too. Each was asked for
{accounts} accounts: {seeded} made from a seed (an ordinary one, one that begins with its deepest
loss, one with deposits and withdrawals, a short one, one with many break-even trades, one without
stops, a losing one and one of four years) and {real} made from real USDJPY prices. The answers are
in `tests/kpi_reference/values.json`; the suite makes the accounts again and compares to 1e-9
relative (`optimal_f` to 1e-7: it is where an optimiser stops).
"""
_DIFFERENCES = """\
## Where a library says something else

A library may have a KPI's name for another quantity. The suite computes the library's value from
ours by the reason given here. The figures are those of the first account that shows a difference.
"""
_HELD = """\
## What each KPI is held to
"""
_ALONE = """\
## KPIs without a reference

For these {count} no library with an open formula was found. Each is derived by hand in a test.
"""


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    spec = list(csv.DictReader(_SPEC.read_text("utf-8").splitlines()))
    committed = list(values.committed())
    held = [value for value in committed if not value.cause]
    asked = {value.kpi for value in held}
    seeded = computed.seeded()
    yield _INTRODUCTION.format(
        asked=len(asked),
        all=len(spec),
        accounts=len(values.digests()),
        seeded=len(seeded),
        real=len(values.digests()) - len(seeded),
    )
    yield from _table(("library", "version"), sorted(values.versions().items()))
    yield _DIFFERENCES
    ours = computed.of_seeded()
    heads = ("KPI", "library", "ours", "theirs", "why")
    yield from _table(heads, [_difference(value, ours) for value in committed if value.cause])
    yield _HELD
    order = [row["id"] for row in spec if row["id"] in asked]
    yield from _table(("KPI", "functions"), [(f"`{kpi}`", _functions(kpi, held)) for kpi in order])
    alone = [row for row in spec if row["id"] not in asked]
    yield _ALONE.format(count=len(alone))
    groups = dict.fromkeys(row["group"] for row in alone)
    rows = [
        (group, ", ".join(f"`{row['id']}`" for row in alone if row["group"] == group))
        for group in groups
    ]
    yield from _table(("group", "KPIs"), rows)


def _difference(value: Value, ours: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    pairs = [(ours[name][value.kpi], x) for name, x in value.values.items() if name in ours]
    other = [(a, b) for a, b in pairs if _written(a) != _written(b)]
    larger = [(a, b) for a, b in other if _written(abs(a)) != _written(abs(b))]
    mine, theirs = (larger or other or pairs)[0]
    function = f"{value.library} `{value.function}`"
    return f"`{value.kpi}`", function, _written(mine), _written(theirs), value.cause


def _written(value: float) -> str:
    return f"{value:.6g}"


def _functions(kpi: str, held: list[Value]) -> str:
    return "; ".join(f"{value.library} `{value.function}`" for value in held if value.kpi == kpi)


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""
