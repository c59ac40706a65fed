"""The table of a run: on the terminal, and as a page."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from benchmarks.measure import Row

_PACKAGES = (
    "bytewax",
    "numpy",
    "polars",
    "pyarrow",
    "redis",
    "hiredis",
    "duckdb",
    "chdb",
    "psycopg",
)
_FILE_WIDTH = 240
_HEADS = ("what", "measured", "target", "", "ratio", "against")

_INTRO = """\
# Benchmarks

Figures of `make bench ARGS=--write`, which writes anew the rows of what it runs. Machines differ
and are shared, so what counts is the ratio: each figure stands beside one that was measured in
the same run, on the same machine, with the same data. `yes` and `no` say whether the target of
the design was reached.

"""


def machine() -> dict[str, str]:
    """What the figures were measured on, and with."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{pages * size / (1 << 30):.0f} GiB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "packages": packages,
    }


def show(rows: Sequence[Row], facts: Mapping[str, str]) -> None:
    """Print the table."""
    table = Table(*_HEADS, box=None, pad_edge=False)
    group = ""
    for row in rows:
        if row.group != group:
            table.add_row(f"[bold]{row.group}[/bold]")
            group = row.group
        table.add_row("  " + row.what, row.value, row.target, _word(row), row.ratio, row.against)
    # Whoever reads a file has room for whole lines.
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(table)
    for name, value in facts.items():
        console.print(f"{name}: {value}", style="dim", highlight=False)


def kept(
    written: str, rows: Sequence[Row], order: Sequence[str], run: AbstractSet[str]
) -> list[str]:
    """Return the lines of the table: new ones, and of the page those of what was not run.

    Args:
        written: the page as it is.
        rows: that were measured.
        order: names of all benchmarks.
        run: those that were run.
    """
    lines = [line for line in written.splitlines(keepends=True) if line.startswith("| ")]
    found: dict[str, list[str]] = {name: [] for name in order}
    for line in lines:
        name = line.removeprefix("| ").partition(": ")[0]
        if name in found and name not in run:
            found[name].append(line)
    for row in rows:
        found[row.group].append(_line(row))
    return [line for name in order for line in found[name]]


def page(lines: Sequence[str], facts: Mapping[str, str]) -> str:
    """Return the page as Markdown."""
    out = [_INTRO, "| " + " | ".join(head or "reached" for head in _HEADS) + " |\n"]
    out.append("| --- " * len(_HEADS) + "|\n")
    out += lines
    out.append("\n## Machine\n\n")
    out += [f"- {name}: {value}\n" for name, value in facts.items()]
    return "".join(out)


def _line(row: Row) -> str:
    cells = (f"{row.group}: {row.what}", row.value, row.target, _word(row), row.ratio, row.against)
    return "| " + " | ".join(cells) + " |\n"


def _word(row: Row) -> str:
    return "" if row.held is None else "yes" if row.held else "no"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
