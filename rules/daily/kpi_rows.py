"""All KPIs of each account, as of a day, over each window: `kpi_snapshots` and `kpi_values`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Kpi, Window
from rules.kpi.registry import KPIS
from rules.kpi.settings import Settings
from rules.kpi.windows import within
from schema import polars as registry
from schema.ids import as_ids, make_id, snapshot_ids
from schema.registry import table

TABLE, VALUES = table("kpi_snapshots"), table("kpi_values")
_PARAMETERS = (
    *("days_per_year", "risk_free", "mar", "daily_loss", "max_loss", "trails", "target"),
    *("min_days", "profitable_day", "best_day"),
)
FEW_DAYS, FEW_TRADES = 20, 30


@dataclass(frozen=True)
class Computed:
    """KPIs of accounts over a window, and what they rest on.

    Attributes:
        values: account and the KPIs.
        sample: account, days, trades and is_ruined.
    """

    values: pl.DataFrame
    sample: pl.DataFrame


def kpi_rows(
    given: Inputs,
    accounts: pl.DataFrame,
    settings: Settings,
    *,
    now: datetime,
    version: int,
    windows: Sequence[Window] = tuple(Window),
    overall: Computed | None = None,
) -> dict[str, pl.DataFrame]:
    """Return rows by table, of those KPIs that mean something in a window.

    Args:
        given: inputs of the accounts' history, all of it that the windows look back to.
        accounts: account, account_id, user_id and as_of.
        settings: conventions; the zone is that of the days.
        now: when it is built.
        version: of the rows.
        windows: at least one.
        overall: KPIs over all time, if they are known; else they are computed as the others.
    """
    accounts = accounts.join(_parameters(given, settings), on="account")
    made = [
        _told(overall, window, accounts)
        if overall is not None and window == Window.ALL
        else _told(_computed(given, window, settings), window, accounts)
        for window in windows
    ]
    stamps = {"zone": pl.lit(settings.zone), "version": pl.lit(version, pl.UInt64)}
    rows = pl.concat([about for about, _ in made]).with_columns(
        is_small_sample=(pl.col("days") < FEW_DAYS) | (pl.col("trades") < FEW_TRADES),
        kpis=pl.lit("{}"),
        created_at=pl.lit(now),
        **stamps,
    )
    rows = rows.with_columns(id=_ids(rows, settings.zone))
    values = pl.concat([values for _, values in made]).with_columns(**stamps)
    return {
        which.name: frame.select(
            pl.col(name).cast(kind) for name, kind in registry.schema(which).items()
        )
        for which, frame in ((TABLE, rows), (VALUES, values))
    }


def _computed(given: Inputs, window: Window, settings: Settings) -> Computed:
    part = within(given, window, settings)
    returns = part.daily.filter(pl.col("r").is_not_null())
    sample = part.accounts.select("account")
    for count in (
        returns.group_by("account").agg(days=pl.len(), is_ruined=(pl.col("r") <= -1).any()),
        part.trades.group_by("account").agg(trades=pl.len()),
    ):
        sample = sample.join(count, on="account", how="left")
    return Computed(compute(part, settings, kpis=list(of_window(window))), sample)


def _told(
    computed: Computed, window: Window, accounts: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    who = accounts.select(
        *("account", "account_id", "user_id", "parameters"),
        date="as_of",
        kpi_window=pl.lit(window.value),
    )
    values = who.drop("user_id", "parameters").join(computed.values, on="account")
    sample = computed.sample.select("account", "days", "trades", "is_ruined")
    about = who.join(
        sample.cast({"days": pl.UInt32, "trades": pl.UInt32}), on="account", how="left"
    )
    about = about.with_columns(
        pl.col("days", "trades").fill_null(0), pl.col("is_ruined").fill_null(value=False)
    )
    return about, _long(values, list(of_window(window)))


def _long(values: pl.DataFrame, kpis: Sequence[Kpi]) -> pl.DataFrame:
    """Return a row for each KPI: its number, or its name or day as text."""
    keys = ["account_id", "date", "kpi_window"]
    kinds = values.schema  # made anew each time it is asked for
    numbers = [kpi.id for kpi in kpis if kinds[kpi.id].is_numeric()]
    texts = [kpi.id for kpi in kpis if not kinds[kpi.id].is_numeric()]
    told = values.with_columns(pl.col(numbers).cast(pl.Float64), pl.col(texts).cast(pl.String))
    long = pl.concat(
        [
            told.unpivot(numbers, index=keys, variable_name="kpi"),
            told.unpivot(texts, index=keys, variable_name="kpi", value_name="text"),
        ],
        how="diagonal",
    )
    groups = {kpi.id: kpi.group for kpi in kpis}
    return long.with_columns(kpi_group=pl.col("kpi").replace_strict(groups))


def of_window(window: Window) -> Iterator[Kpi]:
    """Return the KPIs that mean something over a window."""
    return (kpi for kpi in KPIS if window in kpi.windows)


def _parameters(given: Inputs, settings: Settings) -> pl.DataFrame:
    """Return account and, as JSON, the conventions and rules that its values are made with."""
    own = [name for name in _PARAMETERS if name in given.accounts.columns]
    usual = {name: getattr(settings, name) for name in _PARAMETERS}
    texts = [
        json.dumps({**usual, **{k: v for k, v in row.items() if v is not None}}, sort_keys=True)
        for row in given.accounts.select(own).iter_rows(named=True)
    ]
    texts = texts or [json.dumps(usual, sort_keys=True)] * given.accounts.height
    return given.accounts.select("account", parameters=pl.Series(texts, dtype=pl.String))


def _ids(rows: pl.DataFrame, zone: str) -> pl.Series:
    names = {w.value: make_id("kpi_snapshots", zone, w.value).bytes for w in Window}
    windows = rows["kpi_window"].replace_strict(names, return_dtype=pl.Binary)
    made = snapshot_ids(
        as_ids(rows["account_id"].to_list()),
        rows["date"].to_physical().to_numpy().astype(np.int32),
        as_ids(windows.to_list()),
    )
    return pl.Series("id", [each.tobytes() for each in made], dtype=pl.Binary)
