"""Which KPIs are made of what is kept of accounts, and which need their history.

It follows from the expressions: one that can be split into statistics is kept, and what reads
a quantile, a sort or the days to come is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha1

from rules.kpi import daily_frames, period_frames, trade_frames, trade_groups
from rules.kpi.kpi import Kernel, Kpi, Part, Stage
from rules.kpi.registry import ENTRIES
from rules.kpi.splitting import NeedsHistory, Split, split
from rules.kpi.statistics import Column, rows

CARRIED = {**daily_frames.CARRIED, **trade_frames.CARRIED, **trade_groups.CARRIED}
OPENED: Mapping[Stage, tuple[str, ...]] = {**period_frames.OPEN, **trade_groups.OPEN}
# Stages whose rows are made of statistics, of a row that is still open, or of groups.
KEPT = (
    *(Stage.DAILY, Stage.EQUITY, Stage.PAIRED, Stage.FALLING),
    *(Stage.TRADES, Stage.TRADE_DAYS, *OPENED),
)


def _split(entry: Kpi | Part) -> Split | None:
    value = entry.value.expression if isinstance(entry.value, Kernel) else entry.value
    whole = daily_frames.WHOLE.get(entry.stage, frozenset())
    if value is None or whole & set(value.meta.root_names()):
        return None
    try:
        return split(value)
    except NeedsHistory:
        return None


def _splits() -> dict[Stage, dict[str, Split]]:
    found: dict[Stage, dict[str, Split]] = {}
    for entry in ENTRIES.values():
        made = _split(entry) if entry.stage in KEPT else None
        if made is not None:
            found.setdefault(entry.stage, {})[entry.name] = made
        elif entry.stage in trade_groups.GROUPED:
            assert not isinstance(entry.value, Kernel)
            found.setdefault(entry.stage, {})[entry.name] = Split({}, entry.value)
    return found


SPLITS: Mapping[Stage, Mapping[str, Split]] = _splits()
CARRY: Mapping[Stage, Mapping[str, Split]] = {
    stage: {name: split(value) for name, value in columns.items()}
    for stage, columns in CARRIED.items()
}


def _columns(stage: Stage) -> dict[str, Column]:
    splits = [*SPLITS.get(stage, {}).values(), *CARRY.get(stage, {}).values()]
    found = [
        each
        for made in splits
        for statistic in made.statistics.values()
        for each in statistic.columns
    ]
    return {column.name: column for column in (*rows().columns, *found)}


STATISTICS: Mapping[Stage, Mapping[str, Column]] = {stage: _columns(stage) for stage in KEPT}
# Of entries that aggregate rows, those whose rows have to be there.
OF_HISTORY: tuple[Kpi | Part, ...] = tuple(
    entry
    for entry in ENTRIES.values()
    if entry.stage != Stage.DERIVED and entry.name not in SPLITS.get(entry.stage, {})
)


def needs_history(entry: Kpi | Part) -> bool:
    """Say whether an entry, or one that it is made of, aggregates an account's whole history."""
    return _needs(entry.name)


@cache
def _needs(name: str) -> bool:
    entry = ENTRIES[name]
    if entry.stage != Stage.DERIVED:
        return name not in SPLITS.get(entry.stage, {})
    return any(_needs(each) for each in entry.reads if each in ENTRIES)


def _version() -> str:
    """Return a name of what is kept: another one whenever another formula keeps something else."""
    names = [f"{stage} {name}" for stage in KEPT for name in STATISTICS[stage]]
    names += [f"{stage} {OPENED[stage]}" for stage in OPENED]
    names += sorted(trade_groups.GROUPED)
    return sha1(repr(names).encode(), usedforsecurity=False).hexdigest()[:16]


VERSION = _version()
