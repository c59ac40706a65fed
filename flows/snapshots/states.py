"""The states that KPIs go on from: which accounts have one, and why others do not."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time, timedelta
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from flows.snapshots.reading import BookReader, ids_in
from rules.daily import firm
from rules.kpi.layout import VERSION
from rules.kpi.packing import BOOKS, sound
from schema.registry import table

if TYPE_CHECKING:
    from datetime import date
    from importlib.resources.abc import Traversable

    from rules.kpi.settings import Settings

LOG = logging.getLogger("tradecast.snapshots")
STATES = table("kpi_states")
_DAY = timedelta(days=1)


def usable(kept: BookReader, stale: pl.DataFrame, zone: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the accounts whose KPIs go on from a state, with it, and those that have none.

    A state is gone on from if it is of the day before the first new one, was written with the
    KPIs that are there, and is of the formulas of this program and the rules of today. How many
    have none is logged.

    Args:
        kept: reads the store.
        stale: account_id, first, last, made and `formulas` of accounts in one zone.
        zone: it.
    """
    wanted = stale.with_columns(date=pl.col("first") - _DAY)
    least = wanted.select(pl.col("date").min()).item()
    rows = kept.rows(
        STATES, f"{ids_in('account_id', stale)} AND zone = '{zone}' AND date >= '{least}'"
    ).drop("zone")
    broken = [not sound(*each) for each in rows.select("numbers", "more").iter_rows()]
    rows = rows.with_columns(broken=pl.Series(broken, dtype=pl.Boolean))
    found = wanted.join(rows, on=["account_id", "date"], how="left", suffix="_made")
    why = (
        pl.when(pl.col("made") == 0)
        .then(pl.lit("new"))
        .when(pl.col("version").is_null())
        .then(pl.lit("no state of the day before"))
        .when(pl.col("version") != pl.col("made"))
        .then(pl.lit("days that its state has were opened again, or a round was cut short"))
        .when(pl.col("formulas") != pl.col("formulas_made"))
        .then(pl.lit("a state of other formulas, or of other rules of a firm"))
        .when("broken")
        .then(pl.lit("a state that is broken"))
    )
    found = found.with_columns(why=why)
    without = found.filter(pl.col("why").is_not_null())
    for reason, count in without.group_by("why").len().sort("why").rows():
        LOG.info("KPIs in %s of all history of %d accounts: %s", zone, count, reason)
    going_on = found.filter(pl.col("why").is_null())
    return going_on.drop("why", "broken", "formulas_made"), stale.join(
        without, on="account_id", how="semi"
    )


def text_of(*places: Traversable) -> str:
    """Return a hash of the modules at some places, folders or files: another one for other text."""
    told = sha1(usedforsecurity=False)
    for place in places:
        modules = place.iterdir() if place.is_dir() else [place]
        for module in sorted(modules, key=lambda each: each.name):
            if module.name.endswith(".py"):
                told.update(module.read_bytes())
    return told.hexdigest()


@cache
def _program() -> str:
    """Return a hash of what makes rows of days and trades, and KPIs of these.

    What an expression aggregates is in the layout's own hash, by the names of its columns; what a
    column means is in the text alone.
    """
    return text_of(files("rules.kpi"), files("rules.daily") / "kpi_inputs.py")


def formulas(accounts: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Return account_id and `formulas`: a hash of what a state is made for.

    Beside the formulas it is what they reckon each row with: of a firm whose rules have changed,
    what was counted by the old ones cannot be gone on from.

    Args:
        accounts: account_id and currency.
        rules: of their firms, those that hold on the state's day.
    """
    stated = rules.select("account_id", *firm.STATED)
    of = accounts.select("account_id", "currency").join(stated, on="account_id", how="left")
    told = of.select("account_id", what=pl.struct(pl.exclude("account_id")).struct.json_encode())
    program = f"{VERSION} {_program()}"
    hashes = {each: _hash(f"{program} {each}") for each in told["what"].unique()}
    return told.select(
        "account_id", formulas=pl.col("what").replace_strict(hashes, return_dtype=pl.String)
    )


def _hash(text: str) -> str:
    return sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]


def newest(books: BookReader, accounts: pl.DataFrame, as_of: date, zone: str) -> pl.DataFrame:
    """Return account_id and the greatest version of its rows in each of `BOOKS`; 0 for none.

    Orders that were sent after the last day are not in its KPIs: to the next day they are new.
    """
    end = datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
    found = accounts.select("account_id")
    for name in BOOKS:
        which, whose = table(name), ids_in("account_id", accounts)
        until = f"sent_at < '{end:%Y-%m-%d %H:%M:%S}'" if name == "orders" else "true"
        each = books.days_of(
            f"SELECT account_id, max({which.version}) AS version"  # noqa: S608
            f" FROM {books.source(which, whose, until)} GROUP BY account_id"
        )
        newest_ = each.select("account_id", pl.col("version").cast(pl.UInt64).alias(name))
        found = found.join(newest_, on="account_id", how="left", maintain_order="left")
    return found.with_columns(pl.col(BOOKS).fill_null(0))


def state_rows(
    packed: pl.DataFrame, who: pl.DataFrame, as_of: date, settings: Settings, version: int
) -> pl.DataFrame:
    """Return rows of the table.

    Args:
        packed: account, numbers and more.
        who: account, account_id and formulas.
        as_of: the last day that is in the states.
        settings: of the KPIs.
        version: of the KPIs that go with them.
    """
    return packed.join(who, on="account").select(
        "account_id",
        zone=pl.lit(settings.zone),
        date=pl.lit(as_of),
        formulas="formulas",
        numbers="numbers",
        more="more",
        version=pl.lit(version, pl.UInt64),
    )
