"""Run benchmarks: `python -m benchmarks [NAME ...] [--json] [--write]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import (
    analysts,
    archive,
    audit,
    backfill,
    days,
    decide,
    endpoint,
    epoch,
    execution,
    growth,
    hold,
    idle,
    inserts,
    kpi_storage,
    kpis,
    messages,
    migrate,
    nights,
    parsing,
    resume,
    signal_to_order,
)
from benchmarks.report import kept, machine, page, show

_MODULES = (
    *(decide, growth, parsing, messages, signal_to_order, execution),
    *(epoch, archive, inserts, hold, analysts, migrate, audit),
    *(endpoint, resume, idle, kpis, days, nights, backfill, kpi_storage),
)
BENCHMARKS = {one.NAME: one for one in _MODULES}
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    """Run what was named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--json", action="store_true", help="print one JSON object per row")
    parser.add_argument("--write", action="store_true", help=f"write these rows of {PAGE.name}")
    args = parser.parse_args()
    unknown = set(args.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    rows = []
    for name in args.names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name].run()
    if args.json:
        for row in rows:
            print(json.dumps(row.as_json()))
    else:
        show(rows, machine())
    if args.write:
        written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        lines = kept(written, rows, tuple(BENCHMARKS), set(args.names or BENCHMARKS))
        PAGE.write_text(page(lines, machine()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
