"""What the state of accounts comes to: the values of KPIs and of their parts."""

from __future__ import annotations

import polars as pl

from rules.kpi.compute import joined
from rules.kpi.inputs import inputs
from rules.kpi.kpi import Stage
from rules.kpi.layout import OPENED, SPLITS
from rules.kpi.period_frames import lengths
from rules.kpi.prepare import Frames, frames, sliced
from rules.kpi.registry import BUILDERS, ENTRIES
from rules.kpi.settings import Settings
from rules.kpi.state import State, aggregated, merged, placed
from rules.kpi.trade_groups import GROUPED


def entry_values(state: State, accounts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the frame of accounts with what each entry that is kept comes to.

    Args:
        state: of the accounts.
        accounts: those of the state, in its order: account, and settings of their own as `as_of`.
        settings: conventions.
    """
    prepared = _standing(state, accounts, settings)
    wide = prepared.accounts
    for stage, members in SPLITS.items():
        if stage in GROUPED:
            values = (
                state.groups[stage]
                .group_by("account", maintain_order=True)
                .agg(split.value.alias(name) for name, split in members.items())
            )
            wide = joined(wide, values, [ENTRIES[name] for name in members])
        else:
            wide = wide.hstack(_values(_whole(prepared, state, stage), stage))
    return wide


def sample(state: State) -> pl.DataFrame:
    """Return account, and how many days with a return and trades it has, and whether it is lost."""
    days, trades = state.kept[Stage.DAILY], state.kept[Stage.TRADES]
    return state.accounts.select("account").with_columns(
        days[_rows_of(days)].alias("days"),
        trades[_rows_of(trades)].alias("trades"),
        days[_named(days, "any#")].alias("is_ruined"),
    )


def _standing(state: State, accounts: pl.DataFrame, settings: Settings) -> Frames:
    own = accounts.drop("opened", "initial", strict=False)
    own = own.hstack(state.accounts.select("opened", "initial"))
    given = inputs(accounts=own)
    return frames(given, settings, BUILDERS)


def _whole(prepared: Frames, state: State, stage: Stage) -> pl.DataFrame:
    """Return the statistics of a stage with those of the row that is still open."""
    kept = state.kept[stage]
    if stage not in OPENED:
        return kept
    still = placed(state.still[stage]).filter(pl.col(OPENED[stage][0]).is_not_null())
    match stage:
        case Stage.EPISODES:
            still = lengths(prepared, still)
        case Stage.WEEKS | Stage.MONTHS | Stage.YEARS:
            still = still.with_columns(ret=pl.col("growth") - 1)
    return merged(kept, aggregated(stage, sliced(still)), stage)


def _values(kept: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    """Return the values of a stage's entries; of none at all where the account has no rows."""
    of = {
        name: each.value
        for split in SPLITS[stage].values()
        for name, each in split.statistics.items()
    }
    there = pl.col(_rows_of(kept)) > 0
    found = kept.with_columns(value.alias(name) for name, value in of.items())
    return found.select(
        pl.when(there).then(split.value).otherwise(ENTRIES[name].empty).alias(name)
        for name, split in SPLITS[stage].items()
    )


def _rows_of(kept: pl.DataFrame) -> str:
    return _named(kept, "rows#")


def _named(kept: pl.DataFrame, kind: str) -> str:
    (name,) = (name for name in kept.columns if name.startswith(kind))
    return name
