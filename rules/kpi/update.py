"""KPIs of accounts from what is kept of them, and from their history where it takes that."""

from __future__ import annotations

import polars as pl

from rules.kpi.compute import aggregates, derived
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Kpi, Part, Stage
from rules.kpi.layout import OF_HISTORY
from rules.kpi.registry import KPIS
from rules.kpi.settings import Settings
from rules.kpi.state import State
from rules.kpi.state_values import entry_values

_OF_DAYS = frozenset(
    {Stage.DAILY, Stage.EQUITY, Stage.RECENT, Stage.LAST_30, Stage.LAST_90, Stage.LAST_36M}
    | {Stage.ORDERED, Stage.DEPTHS}
)
# What needs all days of an account, and what needs all its trades, orders, notes and breaches:
# the first changes each day, the second only with what was written down since.
DAY_ENTRIES: tuple[Kpi | Part, ...] = tuple(e for e in OF_HISTORY if e.stage in _OF_DAYS)
OTHER_ENTRIES: tuple[Kpi | Part, ...] = tuple(e for e in OF_HISTORY if e.stage not in _OF_DAYS)


def from_history(
    given: Inputs, settings: Settings, entries: tuple[Kpi | Part, ...]
) -> pl.DataFrame:
    """Return `account` and what entries that need history come to.

    Args:
        given: the whole history of what they read.
        settings: conventions.
        entries: such as `DAY_ENTRIES`.
    """
    wide = aggregates(given, settings, entries)
    return wide.select(pl.col("key").alias("account"), *(entry.name for entry in entries))


def updated(
    state: State, accounts: pl.DataFrame, settings: Settings, *histories: pl.DataFrame
) -> pl.DataFrame:
    """Return `account` and all KPIs over all time, as `compute` does from the whole history.

    Args:
        state: of the accounts, with all their days.
        accounts: those of the state, in its order: account, and settings of their own as `as_of`.
        settings: conventions.
        histories: `account` and what entries come to that are not kept.
    """
    wide = entry_values(state, accounts, settings)
    for history in histories:
        wide = wide.join(
            history, left_on="key", right_on="account", how="left", maintain_order="left"
        )
    return derived(wide, KPIS)
