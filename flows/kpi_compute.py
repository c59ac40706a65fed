"""`tradecast kpi`: the KPIs of one account from files, and what the registry says of them."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

from flows.errors import CommandError, complain, one_line
from flows.kpi_files import read
from flows.output import write_rows
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Kpi, Window
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings
from rules.kpi.windows import within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Found:
    """A window of an account, how it is reckoned, and every KPI by id."""

    inputs: Inputs
    settings: Settings
    values: dict[str, Any]


def show_values(found: Found, wanted: str | None) -> None:
    """Print every KPI of an account.

    Args:
        found: what was computed.
        wanted: json, as one object by id with doubles as `repr` writes them, or a format of rows.
    """
    values = found.values
    if wanted == "json":
        print(json.dumps(values, default=date.isoformat, allow_nan=False))
        return
    rows = [(kpi.group, kpi.id, values[kpi.id], kpi.unit) for kpi in KPIS]
    write_rows(("group", "kpi", "value", "unit"), rows, wanted)


def computed(
    files: Mapping[str, Path | None], given: Mapping[str, object], wanted_window: str
) -> Found:
    """Return every KPI of the account that the files are of.

    Rows that could not be true as they stood are named on standard error.

    Args:
        files: by table; None where there is none.
        given: settings by name; None is the default.
        wanted_window: which part of the history; a KPI that means nothing there is null.
    """
    settings = settings_of(given)
    return evaluated(read(files), settings, wanted_window)


def evaluated(inputs: Inputs, settings: Settings, wanted_window: str) -> Found:
    """Return every KPI of the one account in `inputs`.

    Arguments and what is printed: as of `computed`.
    """
    window = Window(wanted_window)
    _report(inputs)
    inputs = within(inputs, window, settings)
    row = compute(inputs, settings).row(0, named=True)
    values = {kpi.id: row[kpi.id] if window in kpi.windows else None for kpi in KPIS}
    return Found(inputs=inputs, settings=settings, values=values)


def show_list(group: str | None, wanted: str | None) -> None:
    """Print all KPIs, or those of a group.

    Raises:
        CommandError: there is no such group.
    """
    groups = dict.fromkeys(kpi.group for kpi in KPIS)
    if group is not None and group not in groups:
        raise CommandError(f"there is no group {group}; there are {', '.join(groups)}")
    kpis = [kpi for kpi in KPIS if group in {None, kpi.group}]
    rows = [(kpi.id, kpi.group, kpi.unit, kpi.title) for kpi in kpis]
    write_rows(("kpi", "group", "unit", "title"), rows, wanted)


def show_kpi(name: str, wanted: str | None) -> None:
    """Print what a KPI means.

    Raises:
        CommandError: there is no such KPI.
    """
    if name not in BY_ID:
        near = difflib.get_close_matches(name, BY_ID, 1)
        hint = f"did you mean {near[0]}?" if near else "see `tradecast kpi list`"
        raise CommandError(f"there is no KPI {name}; {hint}")
    write_rows(("what", "is"), list(facts(BY_ID[name]).items()), wanted, title=BY_ID[name].title)


def facts(kpi: Kpi) -> dict[str, Any]:
    """Return what is known of a KPI, in words."""
    return {
        "kpi": kpi.id,
        "title": kpi.title,
        "group": kpi.group,
        "unit": kpi.unit,
        "formula": kpi.formula,
        "where it has no value": kpi.edges,
        "rests on": ", ".join(kpi.needs),
        "shown from": least(kpi),
        "windows": ", ".join(kpi.windows),
        "each night": nightly(kpi),
    }


def nightly(kpi: Kpi) -> str:
    """Return what a night's update of the KPI over all time reads, in words."""
    from rules.kpi.layout import needs_history  # noqa: PLC0415 - it takes all formulas apart

    return "its history" if needs_history(kpi) else "the day alone"


def least(kpi: Kpi) -> str:
    """Return the sample from which a KPI is shown without a warning, in words."""
    samples = ((kpi.least.days, "days"), (kpi.least.trades, "trades"))
    return ", ".join(f"{count} {unit}" for count, unit in samples if count) or "the first row"


def settings_of(given: Mapping[str, object]) -> Settings:
    """Return the settings that are given by name, where None is the default.

    Raises:
        CommandError: one of them cannot be.
    """
    stated: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**stated)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise CommandError(one_line(str(error.args[0]))) from error


def _report(inputs: Inputs) -> None:
    for problem, rows in inputs.findings.select("problem", "rows").iter_rows():
        complain(f"{problem.replace('_', ' ')}: {rows}")
