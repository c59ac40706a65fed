"""KPIs of accounts that have days which their KPIs were not made from.

On a normal night each account has one day more: it is added to what is kept of the account, and
what needs history reads no more of it than it takes. Of an account that has no state to go on
from, or whose earlier days were opened again, all history is read.

A row of `kpi_snapshots` has a greater version than all days that it rests on, and is written when
all its values are: so the stores alone tell what is stale, whenever a round was cut short.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from flows.snapshots.adding import Adding
from flows.snapshots.reading import DAILY, BookReader, ids_in
from flows.snapshots.staleness import stale_days
from flows.snapshots.states import STATES, formulas, newest, state_rows, usable
from flows.snapshots.writing import Target, write
from rules.daily import firm
from rules.daily.kpi_inputs import accounts_of, kpi_inputs
from rules.daily.kpi_rows import TABLE, VALUES, Computed, kpi_rows
from rules.kpi.adding_days import advanced
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Window
from rules.kpi.packing import BOOKS, packed
from rules.kpi.settings import Settings
from rules.kpi.state_values import sample
from rules.kpi.update import DAY_ENTRIES, OTHER_ENTRIES, from_history, updated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# With ten years of trades each, what is read of them stays below some 500 MB.
_TOGETHER = 100
# Of those that a day is added to, a year of days and trades is read, and few have more.
_ADDED_TOGETHER = 1000


@dataclass(frozen=True)
class KpiBuilder:
    """Computes KPIs from the days that a store has, and writes them to it.

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
            whole = members
            if Window.ALL in self.windows:
                made_for = self._formulas(accounts, members)
                going_on, whole = usable(self.target.kept, made_for, zone)
                for (as_of,), some in going_on.group_by("last", maintain_order=True):
                    assert isinstance(as_of, date)
                    for place in range(0, some.height, _ADDED_TOGETHER):
                        part = some.slice(place, _ADDED_TOGETHER)
                        written += self._add(accounts, part, zone, as_of)
            for place in range(0, whole.height, _TOGETHER):
                part = whole.slice(place, _TOGETHER)
                own = accounts.join(part, on="account_id", how="semi")
                written += self._part(own, part, zone)
        return written

    def _add(self, accounts: pl.DataFrame, members: pl.DataFrame, zone: str, as_of: date) -> int:
        settings = Settings(zone=zone)
        made = int(members.select(pl.col("made").max()).item())
        version = max(
            int(self.now.timestamp() * 1000) << 20, made + 1, self._days_of(members, zone)
        )
        own = accounts.join(members, on="account_id", how="semi")
        rules = firm.holding(self.books.firm_rules(own), as_of)
        added = Adding(self.books, self.target.kept, members, rules, as_of, settings).added()
        rows = kpi_rows(
            added.given,
            added.who.join(own.select("account_id", "user_id"), on="account_id"),
            settings,
            now=self.now,
            version=version,
            windows=self.windows,
            overall=added.overall,
        )
        who = added.who.join(formulas(own, rules), on="account_id")
        states = state_rows(added.state, who, as_of, settings, version)
        return self._written(rows[VALUES.name], [rows[TABLE.name]], [states])

    def _formulas(self, accounts: pl.DataFrame, stale: pl.DataFrame) -> pl.DataFrame:
        """Add to stale accounts what a state of theirs has to be made for."""
        own = accounts.join(stale, on="account_id", how="semi")
        rules = self.books.firm_rules(own)
        parts = []
        for (as_of,), members in stale.group_by("last", maintain_order=True):
            assert isinstance(as_of, date)
            theirs = own.join(members, on="account_id", how="semi")
            made_for = formulas(theirs, firm.holding(rules, as_of))
            parts.append(members.join(made_for, on="account_id", maintain_order="left"))
        return pl.concat(parts)

    def _days_of(self, members: pl.DataFrame, zone: str) -> int:
        """Return a version greater than those of the days."""
        found = self.target.kept.numbers(
            f"SELECT max(version) FROM {self.target.kept.versions(DAILY)}"  # noqa: S608
            f" WHERE {ids_in('account_id', members)} AND zone = '{zone}'"
        )
        return found[0][0] + 1

    def _written(
        self, values: pl.DataFrame | None, about: list[pl.DataFrame], states: list[pl.DataFrame]
    ) -> int:
        """Write values first: the rows about them say that all of them are there."""
        written = 0
        if values is not None:
            written += write(self.target, {VALUES.name: values}, {})
        if states:
            written += write(self.target, {STATES.name: pl.concat(states)}, {})
        return written + write(self.target, {TABLE.name: pl.concat(about)}, {})

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
        last = days.group_by("account_id").agg(date=pl.col("date").max())
        made, states, written = [], [], 0
        for as_of, members in _dates(stale, known, days):
            who, held = accounts_of(members, as_of), firm.holding(rules, as_of)
            until = days.filter(pl.col("date") <= as_of)
            given = kpi_inputs(
                who,
                days=until.join(members, on="account_id", how="semi"),
                rules=held,
                **history,
            )
            named = who.join(accounts.select("account_id", "user_id"), on="account_id")
            settings, overall = Settings(zone=zone), None
            if Window.ALL in self.windows:
                overall, state = self._whole(given, who, as_of, settings)
                newest_ = last.filter(pl.col("date") == as_of)
                own = who.join(newest_, on="account_id", how="semi")
                own = own.join(formulas(accounts, held), on="account_id")
                states.append(state_rows(state, own, as_of, settings, version))
            rows = kpi_rows(
                given,
                named,
                settings,
                now=self.now,
                version=version,
                windows=self.windows,
                overall=overall,
            )
            written += write(self.target, {VALUES.name: rows[VALUES.name]}, {})
            made.append(rows[TABLE.name])
        return written + self._written(None, made, states)

    def _whole(
        self, given: Inputs, who: pl.DataFrame, as_of: date, settings: Settings
    ) -> tuple[Computed, pl.DataFrame]:
        """Return KPIs over all time, and the state that they are made from."""
        state = advanced(None, given, settings)
        days, past = (from_history(given, settings, e) for e in (DAY_ENTRIES, OTHER_ENTRIES))
        values = updated(state, given.accounts, settings, days, past)
        seen = newest(self.books, who, as_of, settings.zone)
        seen = seen.join(who, on="account_id").select("account", *BOOKS)
        return Computed(values, sample(state)), packed(state, past, seen)


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
