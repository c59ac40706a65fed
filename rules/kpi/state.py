"""What is kept of accounts, so that a day is added to their KPIs without their history.

Of each stage it is the statistics that its KPIs' expressions were split into, what its rows run
on from (wealth, peak, balance), the row that the next day may still belong to (a month, a streak,
a drawdown), and groups that do not grow with time (a row per symbol). A state is made by adding
days to an empty one: all of them at once, or one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from rules.kpi.compute import joined
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.kpi import Stage
from rules.kpi.layout import CARRY, KEPT, OPENED, SPLITS, STATISTICS
from rules.kpi.period_frames import lengths
from rules.kpi.prepare import PLACE, Frames, frames, sliced
from rules.kpi.registry import BUILDERS, ENTRIES
from rules.kpi.settings import Settings
from rules.kpi.statistics import LATER
from rules.kpi.trade_groups import GROUPED

_DEFAULTS = Settings()


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


def advanced(state: State | None, given: Inputs, settings: Settings = _DEFAULTS) -> State:
    """Return the state after more days.

    Args:
        state: of days before; none for accounts that begin.
        given: the accounts, and all rows of days after those that the state has, up to `as_of`:
            of trades, those that exited on these days.
        settings: conventions.
    """
    state = _of(given.accounts, state)
    own = given.accounts.drop("opened", "initial", strict=False).hstack(
        _begun(given.accounts, state)
    )
    given = Inputs(accounts=own, key=given.key, **given.tables)
    prepared = frames(given, settings, BUILDERS, earlier=_earlier(state))
    # As it was stated: the frames take one that is not above 0 for none.
    initial = own["initial"].fill_null(settings.initial)
    begins = prepared.accounts.select("key", "_opened", initial)
    begins.columns = ["account", "opened", "initial"]
    kept, still = dict(state.kept), dict(state.still)
    for stage in KEPT:
        rows = prepared[stage]
        if not rows.height:
            continue
        if stage in OPENED:
            over = (pl.col("account") == pl.col("account").shift(-1)).fill_null(value=False)
            last = rows.filter(~over).select("account", *OPENED[stage])
            still[stage] = _replaced(still[stage], last)
            rows = sliced(rows.filter(over))
        kept[stage] = _merged(state.kept[stage], _statistics(stage, rows), stage)
    groups = {stage: prepared[stage] for stage in GROUPED}
    return State(begins, kept, still, groups)


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
    still = _placed(state.still[stage]).filter(pl.col(OPENED[stage][0]).is_not_null())
    match stage:
        case Stage.EPISODES:
            still = lengths(prepared, still)
        case Stage.WEEKS | Stage.MONTHS | Stage.YEARS:
            still = still.with_columns(ret=pl.col("growth") - 1)
    return _merged(kept, _statistics(stage, sliced(still)), stage)


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


def _statistics(stage: Stage, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("account", maintain_order=True).agg(
        column.rows.alias(column.name) for column in STATISTICS[stage].values()
    )


def _merged(kept: pl.DataFrame, new: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    columns = STATISTICS[stage].values()
    new = new.rename({column.name: LATER + column.name for column in columns})
    both = (
        _placed(kept)
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


def _replaced(still: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    both = _placed(still.select(pl.all().name.prefix("old "))).join(
        last.with_columns(there=True), on="account", how="left", maintain_order="left"
    )
    return both.select(
        pl.when("there").then(name).otherwise("old " + name).alias(name) for name in still.columns
    )


def _earlier(state: State) -> dict[Stage, pl.DataFrame]:
    found: dict[Stage, pl.DataFrame] = {}
    for stage, columns in CARRY.items():
        of = {n: each.value for split in columns.values() for n, each in split.statistics.items()}
        values = state.kept[stage].with_columns(value.alias(name) for name, value in of.items())
        found[stage] = _placed(
            values.select(split.value.alias(name) for name, split in columns.items())
        )
    found |= {stage: _placed(rows) for stage, rows in state.still.items()}
    return found | dict(state.groups)


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_row_index("account").with_columns(pl.col("account").cast(PLACE))


def _begun(accounts: pl.DataFrame, state: State) -> pl.DataFrame:
    """Return opening and initial balance of accounts: as the state has them, else as given."""
    given = [
        pl.col(name) if name in accounts.columns else pl.lit(None, kind).alias(name)
        for name, kind in (("opened", pl.Date), ("initial", pl.Float64))
    ]
    asked = accounts.select(given)
    return pl.DataFrame(
        [state.accounts[name].fill_null(asked[name]) for name in ("opened", "initial")]
    )


def _of(accounts: pl.DataFrame, state: State | None) -> State:
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
    none = no_accounts()
    kept = {
        stage: rows.clear(count).with_columns(
            pl.col(column.name).fill_null(column.empty)
            for column in STATISTICS[stage].values()
            if column.empty is not None
        )
        for stage, rows in none.kept.items()
    }
    still = {stage: rows.clear(count) for stage, rows in none.still.items()}
    return State(none.accounts.drop("account").clear(count), kept, still, none.groups)


@cache
def no_accounts() -> State:
    """Return the state of no accounts: its frames have the columns and types of any other."""
    prepared = frames(inputs(), _DEFAULTS, BUILDERS)
    return State(
        pl.DataFrame(schema={"account": pl.Null, "opened": pl.Date, "initial": pl.Float64}),
        {stage: _statistics(stage, prepared[stage]).drop("account") for stage in KEPT},
        {stage: prepared[stage].select(columns) for stage, columns in OPENED.items()},
        {stage: _plain(prepared[stage], label) for stage, label in GROUPED.items()},
    )


def _plain(rows: pl.DataFrame, label: str) -> pl.DataFrame:
    return rows.with_columns(
        pl.col(label).cast(pl.String) if rows.schema[label] != pl.Int64 else label
    )
