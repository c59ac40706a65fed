"""docs/reliability.md lists the fault points and mutants that there are."""

from config.faults import POINTS
from tests.mutants.mutants import ROOT, read

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").splitlines()


def test_it_lists_every_fault_point_and_what_it_proves() -> None:
    rows = [f"| `{name}` | {proves} |" for name, proves in POINTS.items()]
    assert [row for row in PAGE if row.startswith("| `")] == rows


def test_it_lists_every_mutant_and_what_sees_it() -> None:
    rows = [
        f"| {one.law} | {one.name} | {', '.join(f'`{test}`' for test in one.tests)} |"
        for one in read()
    ]
    laws = (*range(8), "audit", "isolation")
    assert [row for row in PAGE if row.startswith(tuple(f"| {n} |" for n in laws))] == rows
