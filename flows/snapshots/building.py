"""Days of accounts, built in pieces that fit memory, and written where they differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from flows.snapshots.reading import DAILY, BookReader, ids_in
from flows.snapshots.writing import Target, write
from rules.daily import firm
from rules.daily.snapshots import back_to_settled, snapshots, unsettled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DAY = timedelta(days=1)
# So many rows of marks take some 400 MB on the way; a day's row, its trades and what they become
# take as much as some of them.
_MOST_MARKS = 2_000_000
_DAYS_OWN = 15
_MOST_DAYS = 1100
# Of accounts that begin on different days, those of one month are built together.
_SAME = timedelta(days=7)
_OWN = ("created_at", "version")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some accounts, from a day on.

    Attributes:
        accounts: as the registry has them.
        first: the day.
        marks: of the account that has most of them, on a day.
    """

    accounts: pl.DataFrame
    first: date
    marks: int


@dataclass(kw_only=True)
class Builder:
    """Builds days of accounts from a reader's books into all targets.

    Attributes:
        reader: of the books.
        targets: stores that are written; the rows of the first say what was before.
        now: the present; a day that is over is final.
        partial: until this day, days that are not over are written, too.
        progress: told how many days of accounts are done.
    """

    reader: BookReader
    targets: Sequence[Target]
    now: datetime
    partial: date = date.min
    progress: Callable[[int], None] = lambda _: None
    written: int = 0
    faults: list[pl.DataFrame] = field(default_factory=list)

    def build(self, piece: Piece, last: date) -> None:
        """Build a piece to the last day, block by block, each from where the last one ended."""
        start, kept = piece.first, [target.kept for target in self.targets]
        before = before_of(kept[0], piece.accounts, start)
        rules = self.reader.firm_rules(piece.accounts)
        ruled = piece.accounts.join(rules, on="account_id", how="semi")
        opening = kept[0].opening(ruled, start)
        self.faults.append(firm.faults(rules))
        for first, until in blocks(start, last, piece):
            books = self.reader.books(piece.accounts, first, until)
            stored = [each.days(piece.accounts, first, until) for each in kept]
            rows = snapshots(
                books, first, until, before=before, now=self.now, version=self._version(stored)
            )
            before = back_to_settled(pl.concat([before, rows]))
            if rules.height:
                rows, opening = firm.limited(rows, rules, opening), firm.carried(rows, opening)
            over = rows.filter(pl.col("is_final") | (pl.col("date") <= self.partial))
            for target, old in zip(self.targets, stored, strict=True):
                self.written += write(target, {DAILY.name: changed(over, old)}, {})
            self.faults += [_named(books.faults, books.accounts), _expired(over, stored[0])]
            self.progress(piece.accounts.height * ((until - first).days + 1))

    def _version(self, stored: Sequence[pl.DataFrame]) -> int:
        """Greater than that of any row it may replace, whatever the clock says."""
        mine = int(self.now.timestamp() * 1000) << 20
        known = [int(each.select(pl.col("version").max()).item() or 0) for each in stored]
        return max(mine, *(each + 1 for each in known))


def before_of(kept: BookReader, accounts: pl.DataFrame, first: date) -> pl.DataFrame:
    """Return the stored rows that days from `first` on go on from, a few of each account.

    Those are the last one (a zone may have skipped a day), and the days before it that the next
    return spans. Few accounts have such days: of these alone all rows are read.
    """
    found = kept.days(accounts, first - 2 * _DAY, first - _DAY)
    spanning = unsettled(found)
    if spanning.height:
        whole = kept.rows(DAILY, f"{ids_in('account_id', spanning)} AND date < '{first}'")
        found = pl.concat([found.join(spanning, on="account_id", how="anti"), whole])
    return back_to_settled(found)


def expired(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose day had more marks when it was built: marks go after two years."""
    had = stored.select("id", had=pl.col("marks"))
    return rows.join(had, on="id").filter(pl.col("marks") < pl.col("had")).drop("had")


def changed(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not stored as they are, and know no less than what is stored."""
    told = [name for name in rows.columns if name not in _OWN]
    known = rows.join(expired(rows, stored).select("id"), on="id", how="anti")
    return known.join(stored.select(told), on=told, how="anti", nulls_equal=True)


def pieces(
    plan: pl.DataFrame, accounts: pl.DataFrame, last: date, marks: pl.DataFrame
) -> Iterator[Piece]:
    """Return the work of a plan: accounts that begin together, as many as fit memory.

    Args:
        plan: account_id and first.
        accounts: all that the plan names.
        last: the last day.
        marks: account_id and how many `marks` of it a day has at most; none is 0.
    """
    begin = pl.col("first")
    recent = begin > last - _SAME
    grouped = plan.with_columns(begin=pl.when(recent).then(begin).otherwise(begin.dt.month_start()))
    whole = accounts.join(grouped, on="account_id").join(marks, on="account_id", how="left")
    # Those with most marks first, so that one of them does not make pieces of all others small.
    whole = whole.with_columns(pl.col("marks").fill_null(0)).sort(
        "begin", "marks", "account_id", descending=[False, True, False]
    )
    for (first,), members in whole.group_by("begin", maintain_order=True):
        assert isinstance(first, date)
        place = 0
        while place < members.height:
            most = int(members["marks"][place])
            part = members.slice(place, at_once((last - first).days + 1, most))
            yield Piece(accounts=part.select(accounts.columns), first=first, marks=most)
            place += part.height


def at_once(days: int, marks: int) -> int:
    """Return how many accounts are built together, whose days have so many marks at most."""
    return max(1, _MOST_MARKS // ((marks + _DAYS_OWN) * (min(days, _MOST_DAYS) + 3)))


def blocks(first: date, last: date, piece: Piece) -> Iterator[tuple[date, date]]:
    """Return the stretches of days that are built one after another."""
    of_a_day = (piece.marks + _DAYS_OWN) * max(1, piece.accounts.height)
    size = max(1, min(_MOST_DAYS, _MOST_MARKS // of_a_day - 3))
    while first <= last:
        until = min(last, first + timedelta(days=size - 1))
        yield first, until
        first = until + _DAY


def _named(faults: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    ids = accounts.select("account", "account_id")
    return faults.join(ids, on="account").select("account_id", "fault", "rows")


def _expired(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    lost = expired(rows, stored).group_by("account_id").agg(rows=pl.len())
    return lost.select("account_id", fault=pl.lit("marks_expired"), rows="rows")
