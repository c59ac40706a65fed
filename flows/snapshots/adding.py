"""A day added to KPIs: from the state of the day before, and from as little history as it takes.

state + the day's rows      334 KPIs over all time
days, a few columns         quantiles of returns, the last 30 and 90 days
trades, orders, notes       medians and the like, of accounts that have new ones
a year of days and trades   the windows of a year and less
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from flows.snapshots.reading import DAILY, BookReader, ids_in, moment
from flows.snapshots.states import newest
from rules.daily.kpi_inputs import TELLING, accounts_of, days_per_year, kpi_inputs, observed
from rules.daily.kpi_rows import Computed
from rules.kpi.adding_days import advanced
from rules.kpi.inputs import Inputs
from rules.kpi.packing import BOOKS, packed, unpacked
from rules.kpi.prepare import local_date, net_result
from rules.kpi.settings import Settings
from rules.kpi.state_values import sample
from rules.kpi.update import DAY_ENTRIES, OTHER_ENTRIES, from_history, updated
from schema import polars as registry
from schema.registry import table

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=89)  # of the windows that are counted in days
# The day before a window is its opening; weekends may have no row, and a zone may have skipped one.
_BEFORE = timedelta(days=5)
# What the KPIs that need all days read of them.
_OF_DAYS = ("account_id", "date", "daily_return", *TELLING)


@dataclass(frozen=True, kw_only=True)
class Added:
    """Accounts with a day more.

    Attributes:
        who: account, account_id and as_of.
        overall: their KPIs over all time.
        given: inputs of the windows of a year and less.
        state: to be stored, as `packed` has it.
        read: rows that were read of the books and of days.
    """

    who: pl.DataFrame
    overall: Computed
    given: Inputs
    state: pl.DataFrame
    read: int


class Adding:
    """Adds a day to the KPIs of some accounts.

    Args:
        books: reads trades, orders, emotions and breaches.
        kept: reads days.
        members: account_id, first (the first day to add), numbers and more of their states.
        rules: of the accounts' firms, those that hold on the last day.
        as_of: the last day.
        settings: of the KPIs.
    """

    def __init__(
        self,
        books: BookReader,
        kept: BookReader,
        members: pl.DataFrame,
        rules: pl.DataFrame,
        as_of: date,
        settings: Settings,
    ) -> None:
        self._books, self._kept, self._as_of, self._settings = books, kept, as_of, settings
        self._rules = rules
        self._who = accounts_of(members, as_of)
        states = self._who.join(members, on="account_id").sort("account")
        self._first = states.select("account", "first")
        self._state, self._past, self._seen = unpacked(states)
        self._read = 0

    def added(self) -> Added:
        """Return the KPIs, and the state to go on from."""
        every = self._every_day()
        recent = self._recent(days_per_year(every.filter(observed())))
        state = advanced(self._state, self._new(recent), self._settings)
        past, seen = self._of_books(every, recent)
        days = from_history(self._all_days(every, recent), self._settings, DAY_ENTRIES)
        values = updated(state, recent.accounts, self._settings, days, past)
        return Added(
            who=self._who,
            overall=Computed(values, sample(state)),
            given=self._begun_before(recent, values),
            state=packed(state, past, seen),
            read=self._read,
        )

    def _recent(self, per_year: pl.DataFrame) -> Inputs:
        """Read what the windows of a year and less look back to, and the new days are in.

        Args:
            per_year: account_id and days_per_year of the accounts that trade on every day.
        """
        begin = min(self._as_of.replace(month=1, day=1), self._as_of - _LONGEST)
        theirs, start = ids_in("account_id", self._who), moment(begin - _DAY)
        closed = f"closed_at >= '{start}'"
        logged = f"trade_id IN (SELECT trade_id FROM {self._books.versions(table('trades'))} WHERE {theirs} AND {closed})"  # noqa: S608, E501
        days = self._rows(
            self._kept.rows(
                DAILY,
                f"{theirs} AND zone = '{self._settings.zone}' AND date >= '{begin - _BEFORE}'"
                f" AND date <= '{self._as_of}'",
                "is_final",
            )
        )
        begun = self._state.accounts.select("account", "opened", "initial")
        known = self._who.join(begun, on="account", how="left")
        known = known.join(per_year, on="account_id", how="left")
        return kpi_inputs(
            known.sort("account"),
            days=days,
            rules=self._rules,
            trades=self._rows(self._books.rows(table("trades"), theirs, closed)),
            orders=_none("orders"),
            emotions=self._rows(self._books.rows(table("emotion_logs"), theirs, logged)),
            breaches=self._rows(
                self._books.rows(table("armor_breaches"), theirs, f"date >= '{begin}'")
            ),
        )

    def _new(self, recent: Inputs) -> Inputs:
        """Return the days and trades that the state does not have yet."""
        zone = self._settings.zone
        return replace(
            recent,
            daily=self._since_first(recent.daily, pl.col("date")),
            trades=self._since_first(recent.trades, local_date("exit_time", zone)),
        )

    def _since_first(self, rows: pl.DataFrame, day: pl.Expr) -> pl.DataFrame:
        joined = rows.join(self._first, on="account", how="left", maintain_order="left")
        return joined.filter((day >= pl.col("first")) & (day <= self._as_of)).drop("first")

    def _known(self, recent: Inputs) -> pl.DataFrame:
        """Return the accounts with their settings, as the rows that were read tell them."""
        return recent.accounts.join(self._who.select("account", "account_id"), on="account")

    def _every_day(self) -> pl.DataFrame:
        """Read the few columns that quantiles of days and the last ones of them need."""
        zone = self._settings.zone
        source = self._kept.source(
            DAILY,
            f"{ids_in('account_id', self._who)} AND zone = '{zone}' AND date <= '{self._as_of}'",
            "is_final",
        )
        found = self._rows(self._kept.days_of(f"SELECT {', '.join(_OF_DAYS)} FROM {source}"))  # noqa: S608
        known = {**{name: pl.col(name) for name in _OF_DAYS}, "zone": pl.lit(zone)}
        return found.select(
            known.get(name, pl.lit(None)).cast(kind).alias(name)
            for name, kind in registry.schema(DAILY).items()
        )

    def _all_days(self, every: pl.DataFrame, recent: Inputs) -> Inputs:
        """Return the inputs that have these days and nothing else."""
        return kpi_inputs(
            self._known(recent), days=every,
            trades=_none("trades"), orders=_none("orders"),
            emotions=_none("emotion_logs"), breaches=_none("armor_breaches"),
        )  # fmt: skip

    def _of_books(self, every: pl.DataFrame, recent: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what took the history of books, anew for those that have new rows in them."""
        now = newest(self._books, self._who, self._as_of, self._settings.zone)
        newer = self._who.join(now, on="account_id").sort("account")
        seen = newer.select("account", *BOOKS)
        both = seen.join(self._seen, on="account", how="left", suffix=" before")
        changed = both.filter(
            pl.any_horizontal(
                pl.col(name) != pl.col(f"{name} before").fill_null(0) for name in BOOKS
            )
        )
        new = self._new(recent)
        breached = self._since_first(recent.breaches, pl.col("date"))
        touched = pl.concat(
            [each.select("account") for each in (changed, new.trades, breached)]
        ).unique()
        if touched.is_empty():
            return self._past, seen
        anew = from_history(self._books_of(touched, every, recent), self._settings, OTHER_ENTRIES)
        old = self._past.join(touched, on="account", how="anti")
        return pl.concat([old, anew.cast(old.schema)]).sort("account"), seen

    def _books_of(self, touched: pl.DataFrame, every: pl.DataFrame, recent: Inputs) -> Inputs:
        """Return the inputs that have all rows of the books, and the days that trades stand on."""
        who = self._known(recent).join(touched, on="account", how="semi")
        history = self._books.kpi_history(who)
        return kpi_inputs(
            who,
            days=every.join(who, on="account_id", how="semi"),
            **{name: self._rows(each) for name, each in history.items()},
        )

    def _begun_before(self, recent: Inputs, values: pl.DataFrame) -> Inputs:
        """Let accounts begin with what they had before the rows that were read."""
        until = local_date("exit_time", self._settings.zone) <= self._as_of
        earned = recent.trades.filter(until).group_by("account").agg(earned=net_result().sum())
        accounts = recent.accounts.join(
            values.select("account", "net_profit"), on="account", how="left"
        ).join(earned, on="account", how="left")
        begun, before = pl.col("initial"), pl.col("net_profit") - pl.col("earned").fill_null(0.0)
        begun = pl.when(begun > 0).then(begun)
        accounts = accounts.with_columns(
            # Nothing is a share of a balance that was none, whatever was earned since.
            initial=(begun + before.round(2)).fill_null(0.0),
            funded=begun,
        )
        return replace(recent, accounts=accounts.drop("net_profit", "earned").sort("account"))

    def _rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        self._read += rows.height
        return rows


def _none(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=registry.schema(table(name)))
