"""What an audit found, and how it is told."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flows.output import chosen, text, write_json, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Finding:
    """What one question found in one store."""

    store: str
    check: str
    law: str
    meaning: str
    count: int
    columns: Sequence[str] = field(default=(), repr=False)
    rows: Sequence[Sequence[Any]] = field(default=(), repr=False)

    @property
    def breaks(self) -> bool:
        """Whether it breaks a law."""
        return self.count > 0 and self.law != "listed"


def report(
    findings: Sequence[Finding],
    counts: Mapping[str, Mapping[str, int]],
    wanted: str | None,
    *,
    running: bool,
) -> None:
    """Print what was found, and whether anything breaks a law.

    Args:
        findings: of all questions, those that found nothing too.
        counts: rows of each table, by store.
        wanted: format.
        running: whether the system writes meanwhile.
    """
    if chosen(wanted) == "json":
        write_json(
            {
                "ok": not any(finding.breaks for finding in findings),
                "rows": counts,
                "findings": [_as_json(finding) for finding in findings if finding.count],
            }
        )
        return
    for finding in findings:
        if finding.count:
            _print(finding, wanted)
    broken = [finding for finding in findings if finding.breaks]
    total = sum(max(per.values(), default=0) for per in counts.values())
    if not broken:
        names = " and ".join(counts)
        print(f"{len(findings)} checks of {names}: nothing is lost and nothing doubled.")
        if not total and not running:
            print("(There is nothing in the stores yet.)")
        return
    print(f"{len(broken)} of {len(findings)} checks found what breaks a law.")


def _print(finding: Finding, wanted: str | None) -> None:
    more = "" if finding.count <= len(finding.rows) else f", the first {len(finding.rows)} shown"
    print(f"{finding.store}: {finding.check} ({finding.law}): {finding.count}{more}")
    print(f"  {finding.meaning}")
    rows = [[text(value) for value in row] for row in finding.rows]
    write_rows(finding.columns, rows, wanted)
    sys.stdout.write("\n")


def _as_json(finding: Finding) -> dict[str, Any]:
    rows = [dict(zip(finding.columns, map(text, row), strict=True)) for row in finding.rows]
    return {
        "store": finding.store,
        "check": finding.check,
        "law": finding.law,
        "meaning": finding.meaning,
        "count": finding.count,
        "breaks": finding.breaks,
        "rows": rows,
    }
