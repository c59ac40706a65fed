"""The values of KPIs for all accounts at once: one frame, one row per account."""

import itertools
from collections.abc import Sequence

import numpy as np
import polars as pl

from rules.errors import Fatal
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Floats, Kernel, Kpi, Part, Stage, Starts
from rules.kpi.prepare import Frames, frames
from rules.kpi.rectangles import starts_of
from rules.kpi.registry import BUILDERS, ENTRIES, KPIS, READS
from rules.kpi.settings import Settings

_DEFAULTS = Settings()
_BLOCK = 32_768  # rows of doubles: 256 KiB a column


class NotFiniteError(Fatal):
    """A KPI's definition let NaN or an infinity out: it lacks a guard."""


def compute(
    inputs: Inputs, settings: Settings = _DEFAULTS, *, kpis: Sequence[Kpi] = KPIS
) -> pl.DataFrame:
    """Return `account` and one column per KPI, one row per account, sorted by account.

    Every account of `inputs.accounts` has a row. What is undefined is null.

    Raises:
        NotFiniteError: If a KPI's definition lets NaN or an infinity out.
    """
    return derived(aggregates(inputs, settings, entries_of(kpis)), kpis)


def aggregates(inputs: Inputs, settings: Settings, entries: Sequence[Kpi | Part]) -> pl.DataFrame:
    """Return the accounts, by `key`, with their settings and what aggregates their rows.

    Args:
        inputs: the rows.
        settings: conventions.
        entries: those that are derived are left out.
    """
    prepared = frames(inputs, settings, BUILDERS, _columns(entries))
    wide = prepared.accounts
    for stage in Stage:
        members = [entry for entry in entries if entry.stage == stage != Stage.DERIVED]
        if members:
            wide = joined(wide, _aggregated(prepared, stage, members), members)
    return wide


def derived(wide: pl.DataFrame, kpis: Sequence[Kpi]) -> pl.DataFrame:
    """Return `account` and the KPIs, from accounts with all that aggregates their rows.

    Raises:
        NotFiniteError: If a KPI's definition lets NaN or an infinity out.
    """
    wanted = [entry for entry in entries_of(kpis) if entry.stage == Stage.DERIVED]
    wide = _derived(wide, wanted)
    ids = [kpi.id for kpi in kpis]
    _check_finite(wide.select(ids))
    return wide.select(pl.col("key").alias("account"), *ids)


def entries_of(kpis: Sequence[Kpi]) -> list[Kpi | Part]:
    """Return the KPIs with what their expressions read, to the last part."""
    wanted: dict[str, Kpi | Part] = {}
    left: list[Kpi | Part] = list(kpis)
    while left:
        entry = left.pop()
        if entry.name not in wanted:
            wanted[entry.name] = entry
            if entry.stage == Stage.DERIVED:
                left += [ENTRIES[name] for name in entry.reads if name in ENTRIES]
    return list(wanted.values())


def _columns(wanted: Sequence[Kpi | Part]) -> dict[Stage, frozenset[str]]:
    """Return the columns of each stage that an entry reads, or a frame made of that stage."""
    columns: dict[Stage, set[str]] = {stage: set() for stage in Stage}
    for entry in wanted:
        columns[entry.stage] |= set(entry.reads)
    used = {entry.stage for entry in wanted}
    for stage in reversed(Stage):  # a frame is made of one that stands before it
        if stage in used and stage in READS:
            source, more = READS[stage]
            columns[source] |= columns[stage] | more
            used.add(source)
    return {stage: frozenset(names) for stage, names in columns.items()}


def _aggregated(prepared: Frames, stage: Stage, members: Sequence[Kpi | Part]) -> pl.DataFrame:
    frame = prepared[stage]
    expressions = [m.value.alias(m.name) for m in members if isinstance(m.value, pl.Expr)]
    values = frame.group_by("account", maintain_order=True).agg(expressions)
    kernels = {m.name: m.value for m in members if isinstance(m.value, Kernel)}
    if kernels and frame.height:
        starts = starts_of(frame)
        values = values.with_columns(
            _run(kernel, frame, starts).alias(name) for name, kernel in kernels.items()
        )
    return values.with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name) for name in kernels if name not in values.columns
    )


def _run(kernel: Kernel, frame: pl.DataFrame, starts: Starts) -> pl.Series:
    """Return a kernel's values, from as many accounts at once as a processor's cache holds."""
    columns = [_floats(frame[c]) for c in kernel.columns]
    bounds = np.searchsorted(starts, np.arange(_BLOCK, frame.height, _BLOCK))
    cuts = np.unique([0, *bounds, starts.size - 1])
    values = [
        kernel.function(
            starts[low : high + 1] - starts[low], *(c[starts[low] : starts[high]] for c in columns)
        )
        for low, high in itertools.pairwise(cuts)
    ]
    return pl.Series(np.concatenate(values)).fill_nan(None)


def _floats(column: pl.Series) -> Floats:
    values = column.cast(pl.Float64)
    return (values.fill_null(np.nan) if values.null_count() else values).to_numpy()


def joined(wide: pl.DataFrame, values: pl.DataFrame, members: Sequence[Kpi | Part]) -> pl.DataFrame:
    """Add columns of a stage; accounts without a row there get what is so of none at all.

    What was computed and is null stays null: it is undefined, and not empty.
    """
    there = values.with_columns(_there=pl.lit(value=True))
    both = wide.join(there, on="account", how="left", maintain_order="left")
    absent = pl.col("_there").is_null()
    filled = [
        pl.when(absent).then(m.empty).otherwise(m.name).alias(m.name)
        for m in members
        if m.empty is not None
    ]
    return both.with_columns(filled).drop("_there")


def _derived(wide: pl.DataFrame, members: Sequence[Kpi | Part]) -> pl.DataFrame:
    """Add the derived columns in rounds, each of those whose columns are all there."""
    left, there = list(members), set(wide.columns)
    while left:
        ready = [m for m in left if there.issuperset(m.reads)]
        if not ready:
            names = ", ".join(sorted(m.name for m in left))
            raise Fatal(f"no order in which to compute {names}: a column is missing or circular")
        wide = wide.with_columns(_filled(m) for m in ready)
        made = {m.name for m in ready}
        there |= made
        left = [m for m in left if m.name not in made]
    return wide


def _filled(member: Kpi | Part) -> pl.Expr:
    if isinstance(member.value, Kernel):
        raise Fatal(f"{member.name} is derived, and a kernel reads the rows of a stage")
    if member.empty is not None:
        raise Fatal(f"{member.name} is derived: an account without rows at its parts says all")
    return member.value.alias(member.name)


def _check_finite(values: pl.DataFrame) -> None:
    floats = values.select(pl.selectors.float())
    if floats.is_empty() or not floats.width:
        return
    wrong = floats.select(~pl.all().is_finite().all())
    names = [name for name, bad in wrong.row(0, named=True).items() if bad]
    if names:
        raise NotFiniteError(f"{', '.join(names)} was NaN or infinite")
