"""Figures of accounts, trades, brokers and instances, where what they rest on is newer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from flows.snapshots.reading import DAILY, BookReader, between, ids_in, moment
from flows.snapshots.staleness import stale_days
from flows.snapshots.writing import Target, write
from rules.daily import execution, performance
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY = timedelta(days=1)
_END = "2200-01-01 00:00:00"
_PERIOD = ["account_id", "period_start", "period"]


@dataclass(frozen=True)
class FigureBuilder:
    """Builds the tables of performance in a store.

    Attributes:
        books: reads trades, orders and deals.
        target: the store.
        now: the present.
    """

    books: BookReader
    target: Target
    now: datetime

    def accounts(self, accounts: pl.DataFrame) -> int:
        """Build figures of accounts with newer days, and of the trades that closed on them."""
        stale = stale_days(self.target.kept, accounts, performance.ACCOUNTS)
        if stale.is_empty():
            return 0
        start = stale.select(pl.col("first").min()).item()
        theirs = ids_in("account_id", stale)
        year = date(start.year, 1, 1)
        days = self.target.kept.rows(
            DAILY, f"{theirs} AND zone = 'UTC' AND date >= '{year}'", "is_final"
        )
        version = self._version(days)
        trades = self.books.rows(table("trades"), theirs, f"closed_at >= '{moment(start)}'")
        closed = performance.trade_rows(trades, days, now=self.now, version=version)
        written = self._differing(performance.TRADES.name, closed, theirs)
        rows = performance.account_rows(days, now=self.now, version=version)
        stored = self.target.kept.rows(
            performance.ACCOUNTS, f"{theirs} AND {between('period_start', moment(year), _END)}"
        )
        # The newest row of an account says that all is made: it is written although it is as it
        # was, and after everything else.
        newest = rows.filter(
            pl.col("period") == "day",
            pl.col("period_start") == pl.col("period_start").max().over("account_id"),
        )
        others = unlike(rows, stored).join(newest, on=_PERIOD, how="anti")
        for each in (others, newest):
            written += write(self.target, {performance.ACCOUNTS.name: each}, {})
        return written

    def executions(self) -> int:
        """Build figures of brokers and instances, of months with days that are new."""
        written = 0
        for first, after in self._months():
            start, end = moment(first), moment(after)
            orders = self.books.rows(table("orders"), between("decided_at", start, end))
            metrics = self.books.rows(table("result_metrics"), between("decided_at", start, end))
            deals = self.books.rows(table("deals"), between("time", start, end))
            accounts = self.books.rows(table("accounts"), "true")
            now, version = self.now, int(self.now.timestamp() * 1000) << 20
            brokers = execution.broker_rows(
                orders, metrics, deals, accounts, now=now, version=version
            )
            instances = execution.instance_rows(orders, metrics, now=now, version=version)
            stays = between("period_start", start, end)
            written += self._differing(execution.BROKERS.name, brokers, stays)
            written += self._differing(execution.INSTANCES.name, instances, stays)
        return written

    def _months(self) -> Iterator[tuple[date, date]]:
        """Return the first day of each month that has orders since the last look, and its end."""
        kept = self.target.kept
        day = execution.BROKERS.name
        told = _moment(kept, f"SELECT max(period_start) FROM {kept.versions(table(day))}")  # noqa: S608
        first = told or _moment(
            self.books,
            f"SELECT min(decided_at) FROM {self.books.versions(table('orders'))}",  # noqa: S608
        )
        today = self.now.astimezone(UTC).date()
        if first is None:
            return
        month = (first - _DAY).replace(day=1)
        while month < today:
            after = (month + 32 * _DAY).replace(day=1)
            # Days that are over: the one that has begun would be told in part.
            yield month, min(after, today)
            month = after

    def _differing(self, name: str, rows: pl.DataFrame, stays: str) -> int:
        """Write the rows that are not stored as they are, over what is stored."""
        stored = self.target.kept.rows(table(name), stays)
        known = int(stored.select(pl.col("version").max()).item() or 0)
        rows = rows.with_columns(version=pl.max_horizontal("version", pl.lit(known + 1, pl.UInt64)))
        return write(self.target, {name: unlike(rows, stored)}, {})

    def _version(self, days: pl.DataFrame) -> int:
        newest = int(days.select(pl.col("version").max()).item() or 0)
        return max(int(self.now.timestamp() * 1000) << 20, newest + 1)


def unlike(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not stored as they are."""
    told = [name for name in rows.columns if name not in {"created_at", "version"}]
    return rows.join(stored.select(told), on=told, how="anti", nulls_equal=True)


def _moment(reader: BookReader, query: str) -> date | None:
    found = reader.values(query)[0][0]
    # ClickHouse answers with the beginning of time where there is no row.
    return found.date() if found is not None and found.year > 1971 else None
