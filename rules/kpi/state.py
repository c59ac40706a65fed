"""What is kept of accounts, so that a day is added to their KPIs without their history.

Of each stage it is the statistics that its KPIs' expressions were split into, what its rows run
on from (wealth, peak, balance), the row that the next day may still belong to (a month, a streak,
a drawdown), and groups that do not grow with time (a row per symbol).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from rules.kpi.inputs import inputs
from rules.kpi.kpi import Stage
from rules.kpi.layout import KEPT, OPENED, STATISTICS
from rules.kpi.prepare import PLACE, frames
from rules.kpi.registry import BUILDERS
from rules.kpi.settings import Settings
from rules.kpi.statistics import LATER
from rules.kpi.trade_groups import GROUPED


@dataclass(frozen=True)
class State:
    """What is kept of accounts; every frame but those of groups has a row per account, in order.

    Attributes:
        accounts: account, and its opening date and initial balance, where they are known.
        kept: the statistics of each stage.
        still: the row of each stage that is still open; null where there is none.
        groups: rows of the stages that are kept whole, `account` being a place in `accounts`.
    """

    accounts: pl.DataFrame
    kept: Mapping[Stage, pl.DataFrame]
    still: Mapping[Stage, pl.DataFrame]
    groups: Mapping[Stage, pl.DataFrame]


def of_accounts(accounts: pl.DataFrame, state: State | None) -> State:
    """Return the state of these accounts, in their order; empty where there is none."""
    named = accounts.select("account")
    if state is not None and state.accounts["account"].equals(named["account"]):
        return state
    empty = _empty(accounts.height)
    if state is None:
        return State(named.hstack(empty.accounts), empty.kept, empty.still, empty.groups)
    places = named.join(
        state.accounts.select("account").with_row_index("place"),
        on="account", how="left", maintain_order="left",
    )["place"]  # fmt: skip

    def gathered(rows: pl.DataFrame, blank: pl.DataFrame) -> pl.DataFrame:
        if not rows.height:
            return blank
        taken = rows[places.fill_null(0)]
        known = pl.lit(places.is_not_null())
        return taken.select(
            pl.when(known).then(name).otherwise(pl.lit(blank[name])).alias(name)
            for name in blank.columns
        )

    back = pl.DataFrame({"old": places, "new": pl.Series(range(places.len()), dtype=PLACE)})
    return State(
        named.hstack(gathered(state.accounts.drop("account"), empty.accounts)),
        {stage: gathered(state.kept[stage], empty.kept[stage]) for stage in empty.kept},
        {stage: gathered(state.still[stage], empty.still[stage]) for stage in empty.still},
        {
            stage: rows.join(back.drop_nulls(), left_on="account", right_on="old")
            .with_columns(account="new").drop("new").sort("account", GROUPED[stage])
            for stage, rows in state.groups.items()
        },
    )  # fmt: skip


def _empty(count: int) -> State:
    """Return the state of accounts that have no rows; without the accounts."""
    one, same = _nothing(), pl.zeros(count, PLACE, eager=True)
    return State(
        one.accounts[same],
        {stage: rows[same] for stage, rows in one.kept.items()},
        {stage: rows[same] for stage, rows in one.still.items()},
        one.groups,
    )


@cache
def _nothing() -> State:
    """Return the state of one account that has no rows; without the account."""
    none = no_accounts()
    kept = {
        stage: rows.clear(1).with_columns(
            pl.col(column.name).fill_null(column.empty)
            for column in STATISTICS[stage].values()
            if column.empty is not None
        )
        for stage, rows in none.kept.items()
    }
    still = {stage: rows.clear(1) for stage, rows in none.still.items()}
    return State(none.accounts.drop("account").clear(1), kept, still, none.groups)


@cache
def no_accounts() -> State:
    """Return the state of no accounts: its frames have the columns and types of any other."""
    prepared = frames(inputs(), Settings(), BUILDERS)
    return State(
        pl.DataFrame(schema={"account": pl.Null, "opened": pl.Date, "initial": pl.Float64}),
        {stage: aggregated(stage, prepared[stage]).drop("account") for stage in KEPT},
        {stage: prepared[stage].select(columns) for stage, columns in OPENED.items()},
        {stage: _plain(prepared[stage], label) for stage, label in GROUPED.items()},
    )


def _plain(rows: pl.DataFrame, label: str) -> pl.DataFrame:
    return rows.with_columns(
        pl.col(label).cast(pl.String) if rows.schema[label] != pl.Int64 else label
    )


def placed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of one row per account with the place of each."""
    return rows.with_row_index("account").with_columns(pl.col("account").cast(PLACE))


def aggregated(stage: Stage, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the statistics of a stage's rows, of the accounts that have some."""
    return rows.group_by("account", maintain_order=True).agg(
        column.rows.alias(column.name) for column in STATISTICS[stage].values()
    )


def merged(kept: pl.DataFrame, new: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    """Return a stage's statistics with those of later rows, which `aggregated` gives."""
    columns = STATISTICS[stage].values()
    new = new.rename({column.name: LATER + column.name for column in columns})
    both = (
        placed(kept)
        .join(new, on="account", how="left", maintain_order="left")
        .with_columns(
            pl.col(LATER + column.name).fill_null(column.empty)
            for column in columns
            if column.empty is not None
        )
    )
    kinds = kept.schema
    return both.select(
        column.merged.cast(kinds[column.name]).alias(column.name) for column in columns
    )
