"""All KPIs of a thousand accounts, from frames in memory; and what other libraries take.

The libraries live in an environment of their own, the one that `make references
ARGS='--home DIR'` makes; with KPI_REFERENCES=DIR they are measured too, on the same accounts.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import kpi_accounts
from benchmarks.measure import Row, p50, seconds_of, timed
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.registry import BY_ID, KPIS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

NAME = "kpis"
_ACCOUNTS, _DAYS, _TRADES, _RESPONSES, _NOTES, _BREACHES = 1000, 750, 640, 1400, 420, 9
_COMPARED = 8  # accounts that other libraries are timed on, one after another
_TURNS = 6
_TARGETS = {
    "quantstats": (300, "per account"),
    "empyrical": (10, "per account and KPI, on arrays"),
}
_REPEAT = 5


def run() -> Iterator[Row]:
    """Measure all KPIs at once, and each library on the KPIs that it has."""
    tables = kpi_accounts.tables(_ACCOUNTS, _DAYS, _TRADES, _RESPONSES, _NOTES, _BREACHES)
    size = sum(table.estimated_size() for table in tables.values())
    rows = sum(table.height for table in tables.values())
    checked = timed(lambda: inputs(**tables))
    given = inputs(**tables)
    all_kpis = p50(seconds_of(lambda: compute(given), _REPEAT))
    summed = p50(seconds_of(lambda: _sums(given), _REPEAT))
    each = all_kpis / (_ACCOUNTS * len(KPIS))
    yield Row(
        group=NAME,
        what=f"{_ACCOUNTS:,} accounts x {_DAYS} days x {_TRADES} trades, all {len(KPIS)} KPIs",
        value=f"{all_kpis:.2f} s, {each * 1e6:.1f} us per account and KPI",
        target="<= 3 s",
        held=all_kpis <= 3,
        ratio=f"{all_kpis / summed:.0f}x",
        against=f"one sum of every number by account, {summed * 1000:.0f} ms",
    )
    yield Row(
        group=NAME,
        what=f"memory for it, beyond {size / 1e6:.0f} MB of {rows:,} rows",
        value=f"+{_memory(lambda: compute(given)) / 1e6:.0f} MB",
    )
    yield Row(
        group=NAME,
        what="checking and repairing those rows",
        value=f"{checked:.2f} s",
        ratio=f"{checked / all_kpis:.2f}",
        against="computing all KPIs of them",
    )
    yield Row(group=NAME, what="one account, all KPIs", value=_one(tables))
    home = os.environ.get("KPI_REFERENCES")
    if home is not None:
        yield from _compared(tables["daily"], Path(home) / "analytics" / "bin" / "python")


def _sums(given: Inputs) -> None:
    import polars.selectors as cs  # noqa: PLC0415

    for table in given.tables.values():
        table.group_by("account").agg((cs.numeric() - cs.by_name("account")).sum())


def _one(tables: dict[str, pl.DataFrame]) -> str:
    given = inputs(**{name: t.filter(t["account"] == 0) for name, t in tables.items()})
    return f"{p50(seconds_of(lambda: compute(given), 20)) * 1000:.0f} ms"


def _memory(work: Callable[[], object]) -> int:
    """Return by how many bytes the process grew while it worked, at most."""
    page, done = os.sysconf("SC_PAGE_SIZE"), threading.Event()

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * page

    before = most = resident()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.002):
            most = max(most, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return most - before


def _compared(daily: pl.DataFrame, python: Path) -> Iterator[Row]:
    """Compare with each library on the KPIs that it has, both by turns and each at its best.

    What else the machine does meanwhile slows now one and now the other: of each the fastest turn
    counts. A library computes one account after another; here all are computed at once.
    """
    table = inputs(daily=daily)
    with _libraries(daily, python) as libraries:
        told = _answer(libraries)
        _check_alike(daily, told)
        works = {name: [BY_ID[kpi] for kpi in told[f"{name}_kpis"]] for name in _TARGETS}
        works["report"] = _of_days()
        theirs: dict[str, list[float]] = {name: [] for name in works}
        own: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(_TURNS):
            for name, seconds in _answer(libraries, ask=True).items():
                theirs[name].append(seconds)
            for name, kpis in works.items():
                own[name] += seconds_of(partial(compute, table, kpis=kpis), 2, 0)
    for name, (target, unit) in _TARGETS.items():
        count = len(works[name]) if name == "empyrical" else 1
        each, their = min(own[name]) / (_ACCOUNTS * count), min(theirs[name])
        yield Row(
            group=NAME,
            what=f"the {len(works[name])} KPIs that {name} {told[name]} has too, {unit}",
            value=f"{each * 1e6:.1f} us",
            target=f">= {target}x",
            held=their / each >= target,
            ratio=f"{their / each:.0f}x",
            against=f"{name}, {their * 1e6:.0f} us",
        )
    each, their = min(own["report"]) / _ACCOUNTS, min(theirs["report"])
    yield Row(
        group=NAME,
        what=f"all {len(works['report'])} KPIs of days, per account",
        value=f"{each * 1e6:.0f} us",
        ratio=f"{their / each:.0f}x",
        against=f"quantstats' full report of 75 rows, {their * 1000:.0f} ms",
    )


def _of_days() -> list[Any]:
    return [kpi for kpi in KPIS if kpi.input in {"daily_returns", "equity"}]


@contextmanager
def _libraries(daily: pl.DataFrame, python: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the process that has the libraries, with the first accounts."""
    first = daily.filter(daily["account"] < _COMPARED)
    shape = (_COMPARED, _DAYS)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "returns.npz"
        np.savez(
            file,
            dates=first["date"].to_numpy()[:_DAYS].astype("datetime64[D]"),
            r=first["r"].to_numpy().reshape(shape),
            bench=first["bench"].to_numpy().reshape(shape),
        )
        script = Path(__file__).with_name("kpi_libraries.py")
        pipe = subprocess.PIPE
        with subprocess.Popen([python, script, file], stdin=pipe, stdout=pipe, text=True) as child:
            yield child


def _answer(libraries: subprocess.Popen[str], *, ask: bool = False) -> dict[str, Any]:
    """Return the next thing that the libraries' process says."""
    assert libraries.stdin is not None
    assert libraries.stdout is not None
    if ask:
        print("measure", file=libraries.stdin, flush=True)
    told: dict[str, Any] = json.loads(libraries.stdout.readline())
    return told


def _check_alike(daily: pl.DataFrame, told: dict[str, Any]) -> None:
    """A comparison of speed is one only where both compute the same."""
    own = compute(inputs(daily=daily.filter(daily["account"] < len(told["values"]))))
    for row, theirs in zip(own.iter_rows(named=True), told["values"], strict=True):
        for name, value in theirs.items():
            if abs(row[name] - value) > 1e-9 * max(1.0, abs(value)):
                raise RuntimeError(f"{name} is {row[name]}, and {value} in the other library")
