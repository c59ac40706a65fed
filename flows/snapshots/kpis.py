"""KPIs of accounts that have days which their KPIs were not made from.

A row of `kpi_snapshots` has a greater version than all days that it rests on, and is written when
all its values are: so the stores alone tell what is stale, whenever a round was cut short.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from flows.snapshots.reading import DAILY, BookReader, ids_in
from flows.snapshots.staleness import stale_days
from flows.snapshots.writing import Target, write
from rules.daily import firm
from rules.daily.kpi_inputs import accounts_of, kpi_inputs
from rules.daily.kpi_rows import TABLE, VALUES, kpi_rows
from rules.kpi.kpi import Window
from rules.kpi.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# With ten years of trades each, what is read of them stays below some 500 MB.
_TOGETHER = 100


@dataclass(frozen=True)
class KpiBuilder:
    """Computes KPIs from the days that a store has, and writes them to it.

    A KPI over all time needs all days and trades of its account: of those accounts alone that
    have a stale KPI they are read.

    Attributes:
        books: reads trades, orders, emotions and breaches.
        target: the store.
        now: the present.
        windows: those that KPIs are computed over; none for no KPIs.
    """

    books: BookReader
    target: Target
    now: datetime
    windows: Sequence[Window] = tuple(Window)

    def build(self, accounts: pl.DataFrame) -> int:
        """Compute the stale KPIs of accounts, and return how many rows were written."""
        if not self.windows:
            return 0
        written = 0
        stale = stale_days(self.target.kept, accounts, TABLE)
        for (zone,), members in stale.group_by("zone", maintain_order=True):
            assert isinstance(zone, str)
            for place in range(0, members.height, _TOGETHER):
                part = members.slice(place, _TOGETHER)
                own = accounts.join(part, on="account_id", how="semi")
                written += self._part(own, part, zone)
        return written

    def _part(self, accounts: pl.DataFrame, stale: pl.DataFrame, zone: str) -> int:
        theirs = ids_in("account_id", accounts)
        days = self.target.kept.rows(DAILY, f"{theirs} AND zone = '{zone}'", "is_final")
        known = self.target.kept.rows(TABLE, f"{theirs} AND zone = '{zone}'")
        history = self.books.kpi_history(accounts)
        rules = self.books.firm_rules(accounts)
        version = max(
            int(self.now.timestamp() * 1000) << 20,
            *(int(each.select(pl.col("version").max()).item() or 0) + 1 for each in (days, known)),
        )
        made, written = [], 0
        for as_of, members in _dates(stale, known, days):
            who = accounts_of(members, as_of)
            until = days.filter(pl.col("date") <= as_of)
            given = kpi_inputs(
                who,
                days=until.join(members, on="account_id", how="semi"),
                rules=firm.holding(rules, as_of),
                **history,
            )
            named = who.join(accounts.select("account_id", "user_id"), on="account_id")
            rows = kpi_rows(
                given,
                named,
                Settings(zone=zone),
                now=self.now,
                version=version,
                windows=self.windows,
            )
            written += write(self.target, {VALUES.name: rows[VALUES.name]}, {})
            made.append(rows[TABLE.name])
        return written + write(self.target, {TABLE.name: pl.concat(made)}, {})


def _dates(
    stale: pl.DataFrame, known: pl.DataFrame, days: pl.DataFrame
) -> Iterator[tuple[date, pl.DataFrame]]:
    """Return days and the accounts whose KPIs of that day are to be computed.

    They are an account's last day, and of days before it those that have KPIs which rest on a day
    that changed.
    """
    last = days.group_by("account_id").agg(date=pl.col("date").max())
    had = known.select("account_id", "date").unique().join(stale, on="account_id")
    had = had.filter(pl.col("date") >= pl.col("first")).select("account_id", "date")
    now = last.join(stale, on="account_id", how="semi")
    work = pl.concat([now, had]).unique().sort("date", "account_id")
    for (as_of,), members in work.group_by("date", maintain_order=True):
        assert isinstance(as_of, date)
        yield as_of, members.select("account_id")
