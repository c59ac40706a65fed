"""Which days of which accounts have to be built: new ones, and those that late rows touched.

A day is touched by what its row was not made from: a trade that closed on it and has a newer
version than was looked at; a day on which trades opened or closed, or money was moved, in other
numbers than its row says (a trade whose correction moved it to another day leaves such a day
behind); a mark or a breach that was stored since. Balance carries what a day changed to those
after it, so an account's rows are built from its first touched day on; those that come out as
they are stored are not written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from flows.snapshots.reading import DAILY, OPERATIONS, BookReader, ids_in, moment
from schema import sql
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Mapping

# Clocks of two machines, and of one that was set, differ by less.
_OVERLAP_MS = 3_600_000
_RECENT = timedelta(days=10)
_DAY = timedelta(days=1)
_PARTITION = sql.name("partition")
_PLAN = {"account_id": pl.Binary, "first": pl.Date}


@dataclass(frozen=True)
class Planner:
    """Compares the books with what a store has been told of them.

    Attributes:
        books: reads the books.
        kept: reads the rows that the store has.
    """

    books: BookReader
    kept: BookReader

    def plan(self, accounts: pl.DataFrame, seen: Mapping[int, int], until: date) -> pl.DataFrame:
        """Return account_id and the first day to build, of the accounts that have one.

        Args:
            accounts: which accounts.
            seen: how far each partition's books were looked at, in ms since 1970.
            until: the last day that may be built.
        """
        built = self.last_days(accounts, until)
        begun = accounts.select("account_id").join(built, on="account_id", how="anti")
        parts = [
            built.select("account_id", first=pl.col("last").dt.offset_by("1d")),
            self._beginnings(begun),
        ]
        if built.height:
            known = accounts.join(built, on="account_id", how="semi")
            parts += self.touched(known, seen)
        together = pl.concat([pl.DataFrame(schema=_PLAN), *parts])
        first = together.group_by("account_id").agg(pl.col("first").min())
        return first.filter(pl.col("first") <= until).sort("first", "account_id")

    def reach(self, seen: Mapping[int, int]) -> dict[int, int]:
        """Return the newest version of each partition's books, in ms since 1970."""
        found = dict(seen)
        for name in ("trades", "account_marks"):
            rows = self.books.numbers(
                f"SELECT {_PARTITION}, max(version) FROM {self.books.versions(table(name))}"  # noqa: S608
                f" WHERE {newer(seen)} GROUP BY {_PARTITION}"
            )
            for partition, version in rows:
                found[partition] = max(found[partition], version >> 20)
        return found

    def last_days(self, accounts: pl.DataFrame, until: date) -> pl.DataFrame:
        """Return account_id and `last`: the last day that is final, in the zone that is behind."""
        recent = self._last(accounts, f"date >= '{until - _RECENT}'")
        others = accounts.join(recent, on="account_id", how="anti")
        return pl.concat([recent, self._last(others, "true")])

    def _last(self, accounts: pl.DataFrame, condition: str) -> pl.DataFrame:
        empty = pl.DataFrame(schema={"account_id": pl.Binary, "last": pl.Date})
        if accounts.is_empty():
            return empty
        # A row that is final stays final: versions need not be compared.
        found = self.kept.days_of(
            f"SELECT account_id, zone, max(date) AS last FROM {self.kept.versions(DAILY)}"  # noqa: S608
            f" WHERE is_final AND {ids_in('account_id', accounts)} AND {condition}"
            " GROUP BY account_id, zone"
        )
        zones = accounts.select(
            "account_id", "reporting_zone", zones=1 + (pl.col("reporting_zone") != "UTC")
        )
        # Rows of a zone that it had before say nothing of the one it has.
        own = found.join(zones, on="account_id").filter(
            (pl.col("zone") == "UTC") | (pl.col("zone") == pl.col("reporting_zone"))
        )
        by_account = own.group_by("account_id").agg(pl.col("last").min(), built=pl.len())
        whole = by_account.join(zones, on="account_id").filter(pl.col("built") >= pl.col("zones"))
        return pl.concat([empty, whole.select("account_id", "last")])

    def _beginnings(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Return the day before the first that an account's books have anything of."""
        if accounts.is_empty():
            return pl.DataFrame(schema=_PLAN)
        theirs = ids_in("account_id", accounts)
        found = [
            self._first("trades", "executed_at", theirs),
            self._first("trades", "closed_at", theirs),
            self._first("deals", "time", theirs),
            self._first("account_marks", "minute", theirs),
        ]
        return pl.concat(found)

    def touched(self, accounts: pl.DataFrame, seen: Mapping[int, int]) -> list[pl.DataFrame]:
        """Return account_id and the first day of each reason to build days anew."""
        theirs = ids_in("account_id", accounts)
        late = f"({newer(seen)}) AND {theirs}"
        changed = self._first("trades", "least(created_at, executed_at)", late)
        start = changed.select(pl.col("first").min()).item()
        kinds = ", ".join(sql.text(word) for word in OPERATIONS)
        return [
            self._first("trades", "closed_at", late),
            self._first("account_marks", "minute", late),
            self._differing(accounts, start),
            self._counted("deals", "time", theirs, f"type IN ({kinds})", "operations"),
            self._counted(
                "armor_breaches", "created_at", theirs, "true", "soft_breaches + hard_breaches"
            ),
        ]

    def _first(self, name: str, time: str, condition: str) -> pl.DataFrame:
        """Return account_id and the day before the first of some versions of rows."""
        found = self.books.days_of(
            f"SELECT account_id, min({time}) AS first FROM {self.books.versions(table(name))}"  # noqa: S608
            f" WHERE {condition} AND {time} IS NOT NULL GROUP BY account_id"
        )
        return found.select("account_id", first=_day(pl.col("first")) - _DAY)

    def _differing(self, accounts: pl.DataFrame, start: date | None) -> pl.DataFrame:
        """Return the first day of each account whose trades are others than its row says."""
        if start is None:
            return pl.DataFrame(schema=_PLAN)
        theirs, known = ids_in("account_id", accounts), table("trades")
        counts = []
        for time, name in (("executed_at", "opened"), ("closed_at", "closed")):
            condition = (
                f"status = 'executed' AND backtest_id IS NULL AND {time} >= '{moment(start)}'"
            )
            source = self.books.source(known, theirs, condition)
            day = f"CAST({time} AS DATE)"
            counts.append(
                self.books.days_of(
                    f"SELECT account_id, {day} AS first, count(*) AS n, '{name}' AS what"  # noqa: S608
                    f" FROM {source} GROUP BY account_id, {day}"
                )
            )
        stays = f"{theirs} AND zone = 'UTC' AND date >= '{start}'"
        source = self.kept.source(DAILY, stays)
        rows = self.kept.days_of(
            f"SELECT account_id, date AS first, opened, trades AS closed FROM {source}"  # noqa: S608
        )
        stored = rows.unpivot(index=["account_id", "first"], variable_name="what", value_name="n")
        last = rows.group_by("account_id").agg(last=pl.col("first").max())
        now = (
            pl.concat(counts).join(last, on="account_id").filter(pl.col("first") <= pl.col("last"))
        )
        return _unlike(now.drop("last"), stored, ["account_id", "first", "what"])

    def _counted(
        self, name: str, time: str, theirs: str, condition: str, column: str
    ) -> pl.DataFrame:
        """Return the first day of each account that has others of some rare rows than it counts.

        These rows do not say when they came, and they do not go away.
        """
        source = self.books.source(table(name), f"{theirs} AND {condition}")
        now = self.books.days_of(
            f"SELECT account_id, CAST({time} AS DATE) AS first, count(*) AS n FROM {source}"  # noqa: S608
            f" GROUP BY account_id, CAST({time} AS DATE)"
        )
        counted = self.kept.source(DAILY, f"{theirs} AND zone = 'UTC' AND {column} > 0")
        stored = self.kept.days_of(
            f"SELECT account_id, date AS first, {column} AS n FROM {counted}"  # noqa: S608
        )
        return _unlike(now, stored, ["account_id", "first"])


def newer(seen: Mapping[int, int]) -> str:
    """Return the condition that a version may not have been looked at."""
    since = {partition: max(0, reached - _OVERLAP_MS) << 20 for partition, reached in seen.items()}
    return " OR ".join(
        f"({_PARTITION} = {partition} AND version >= {version})"
        for partition, version in since.items()
    )


def _unlike(now: pl.DataFrame, stored: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    typed = [pl.col("first").cast(pl.Date), pl.col("n").cast(pl.Int64)]
    both = now.with_columns(typed).join(
        stored.with_columns(typed), on=on, how="full", coalesce=True, suffix="_stored"
    )
    other = pl.col("n").fill_null(0) != pl.col("n_stored").fill_null(0)
    days = both.filter(other).group_by("account_id").agg(pl.col("first").min())
    return days.select("account_id", first=pl.col("first") - _DAY)


def _day(time: pl.Expr) -> pl.Expr:
    return time.dt.convert_time_zone("UTC").dt.date()
