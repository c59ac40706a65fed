"""Days added to the state of accounts: all of a history at once, or one by one."""

from __future__ import annotations

import polars as pl

from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Stage
from rules.kpi.layout import CARRY, KEPT, OPENED
from rules.kpi.prepare import frames, sliced
from rules.kpi.registry import BUILDERS
from rules.kpi.settings import Settings
from rules.kpi.state import State, aggregated, merged, of_accounts, placed
from rules.kpi.trade_groups import GROUPED

_DEFAULTS = Settings()


def advanced(state: State | None, given: Inputs, settings: Settings = _DEFAULTS) -> State:
    """Return the state after more days.

    Args:
        state: of days before; none for accounts that begin.
        given: the accounts, and all rows of days after those that the state has, up to `as_of`:
            of trades, those that exited on these days.
        settings: conventions.
    """
    state = of_accounts(given.accounts, state)
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
        kept[stage] = merged(state.kept[stage], aggregated(stage, rows), stage)
    groups = {stage: prepared[stage] for stage in GROUPED}
    return State(begins, kept, still, groups)


def _earlier(state: State) -> dict[Stage, pl.DataFrame]:
    found: dict[Stage, pl.DataFrame] = {}
    for stage, columns in CARRY.items():
        of = {n: each.value for split in columns.values() for n, each in split.statistics.items()}
        values = state.kept[stage].with_columns(value.alias(name) for name, value in of.items())
        found[stage] = placed(
            values.select(split.value.alias(name) for name, split in columns.items())
        )
    found |= {stage: placed(rows) for stage, rows in state.still.items()}
    return found | dict(state.groups)


def _replaced(still: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    both = placed(still.select(pl.all().name.prefix("old "))).join(
        last.with_columns(there=True), on="account", how="left", maintain_order="left"
    )
    return both.select(
        pl.when("there").then(name).otherwise("old " + name).alias(name) for name in still.columns
    )


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
