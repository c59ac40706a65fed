"""One look at the books: build what is new and what was touched, and nothing else."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl

from flows.errors import CommandError, Exit
from flows.snapshots.building import Builder, pieces
from flows.snapshots.figures import FigureBuilder
from flows.snapshots.kpis import KpiBuilder
from flows.snapshots.planning import Planner
from flows.snapshots.reading import BookReader
from flows.snapshots.writing import ClickHouseTarget, DuckTarget, Target, looked, write
from flows.stores import STORES, ClickHouseStore, clickhouse_url
from rules.kpi.kpi import Window
from sinks.duckdb.client import DuckClient, open_or_connect
from sinks.duckdb.database import Limits
from sinks.duckdb.frames import LinkBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flows.context import System
    from flows.stores import StoreName
    from sinks.duckdb.reader import Reader

PARTITIONS = 64
# So many accounts are planned together: their ids stand in each query.
_TOGETHER = 1000
_PATIENCE, _POLL_SECONDS = 10.0, 0.1


@dataclass(frozen=True)
class Span:
    """Days that somebody asks for."""

    first: date
    last: date


@dataclass(frozen=True)
class Told:
    """What a look at the books came to.

    Attributes:
        rows: of days that were written, in all stores.
        derived: rows that were written of what rests on days.
        days: of accounts that were built.
        faults: what was wrong in the books: account_id, fault, rows.
    """

    rows: int
    derived: int
    days: int
    faults: pl.DataFrame


@dataclass(frozen=True)
class Look:
    """Where to look, and whom to tell.

    Attributes:
        books: the store that the books are read from.
        targets: the stores that are written.
        partitions: whose accounts.
        now: the present.
        total: told how many days of accounts there are to build, as they are found.
        done: told how many have been built.
        stopped: asked between two pieces.
        windows: those that KPIs are computed over; none for no KPIs.
    """

    books: BookReader
    targets: Sequence[Target]
    partitions: Sequence[int]
    now: datetime
    total: Callable[[int], None] = lambda _: None
    done: Callable[[int], None] = lambda _: None
    stopped: Callable[[], bool] = lambda: False
    windows: Sequence[Window] = tuple(Window)

    def catch_up(self) -> Told:
        """Build all days that are over and are not there, or that late rows touched."""
        until, told = self.now.astimezone(UTC).date(), []
        for partitions, accounts in self._groups(()):
            seen = {target.name: looked(target, partitions) for target in self.targets}
            reach = Planner(self.books, self.books).reach(_least(seen))
            for targets, plan in self._plans(accounts, seen, until):
                told.append(self._build(targets, accounts, plan, until))
                if self.stopped():
                    return _sum(told)
            for target in self.targets:
                told.append(self._derive(target, accounts))
                write(target, {}, reach)
        return _sum([*told, self._executions()])

    def rebuild(self, span: Span, named: Sequence[str] = ()) -> Told:
        """Build days anew, and those after them that they change.

        Args:
            span: the days; one that is not over is built as far as it is.
            named: accounts, by id or key; none for all.

        Raises:
            CommandError: there is no such account.
        """
        told = []
        found = 0
        until = max(span.last, self.now.astimezone(UTC).date())
        for _, accounts in self._groups(named):
            found += accounts.height
            for target in self.targets:
                plan = self._reaching_back(target, accounts, span, until)
                told.append(self._build([target], accounts, plan, until, span.last))
                told.append(self._derive(target, accounts))
        if named and found < len(set(named)):
            raise CommandError(f"there are {found} of these {len(set(named))} accounts here")
        return _sum(told)

    def _derive(self, target: Target, accounts: pl.DataFrame) -> Told:
        """Build what rests on days."""
        rows = FigureBuilder(self.books, target, self.now).accounts(accounts)
        rows += KpiBuilder(self.books, target, self.now, self.windows).build(accounts)
        return Told(0, rows, 0, _faults([]))

    def _executions(self) -> Told:
        """Build what is told of brokers and instances, whose accounts are in all partitions."""
        if 0 not in self.partitions:
            return Told(0, 0, 0, _faults([]))
        rows = [FigureBuilder(self.books, each, self.now).executions() for each in self.targets]
        return Told(0, sum(rows), 0, _faults([]))

    def _reaching_back(
        self, target: Target, accounts: pl.DataFrame, span: Span, until: date
    ) -> pl.DataFrame:
        """Return the span for each account; what it lacks before goes first."""
        planner = Planner(self.books, target.kept)
        missing = planner.plan(accounts, looked(target, self.partitions), until)
        asked = accounts.select("account_id", first=pl.lit(span.first))
        both = asked.join(missing, on="account_id", how="left", suffix="_missing")
        return both.select("account_id", first=pl.min_horizontal("first", "first_missing"))

    def _groups(self, named: Sequence[str]) -> Iterator[tuple[list[int], pl.DataFrame]]:
        """Return accounts, some partitions at once."""
        accounts = self.books.accounts(self.partitions, named)
        taken: list[int] = []
        count = 0
        for partition in self.partitions:
            size = accounts.filter(pl.col("partition") == partition).height
            if taken and count + size > _TOGETHER:
                yield taken, accounts.filter(pl.col("partition").is_in(taken))
                taken, count = [], 0
            taken.append(partition)
            count += size
        if taken:
            yield taken, accounts.filter(pl.col("partition").is_in(taken))

    def _plans(
        self, accounts: pl.DataFrame, seen: Mapping[str, Mapping[int, int]], until: date
    ) -> Iterator[tuple[list[Target], pl.DataFrame]]:
        """Return what to build; stores that need the same days get them together."""
        plans: list[tuple[list[Target], pl.DataFrame]] = []
        for target in self.targets:
            plan = Planner(self.books, target.kept).plan(accounts, seen[target.name], until)
            like = next((members for members, other in plans if other.equals(plan)), None)
            if like is None:
                plans.append(([target], plan))
            else:
                like.append(target)
        yield from plans

    def _build(
        self,
        targets: Sequence[Target],
        accounts: pl.DataFrame,
        plan: pl.DataFrame,
        last: date,
        partial: date = date.min,
    ) -> Told:
        builder = Builder(
            reader=self.books,
            targets=targets,
            now=self.now,
            partial=partial,
            progress=self.done,
        )
        work = list(pieces(plan, accounts, last, self.books.marks_a_day(plan)))
        days = sum(each.accounts.height * ((last - each.first).days + 1) for each in work)
        self.total(days)
        for piece in work:
            if self.stopped():
                break
            builder.build(piece, last)
        return Told(builder.written, 0, days, _faults(builder.faults))


def _least(seen: Mapping[str, Mapping[int, int]]) -> dict[int, int]:
    marks = list(seen.values())
    return {partition: min(each[partition] for each in marks) for partition in marks[0]}


def _faults(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    empty = pl.DataFrame(schema={"account_id": pl.Binary, "fault": pl.String, "rows": pl.UInt32})
    rows = pl.concat([empty, *found])
    return rows.group_by("account_id", "fault").agg(pl.col("rows").max()).sort("account_id")


def _sum(told: Sequence[Told]) -> Told:
    return Told(
        sum(each.rows for each in told),
        sum(each.derived for each in told),
        sum(each.days for each in told),
        _faults([each.faults for each in told]),
    )


@contextmanager
def opened(
    system: System, names: Sequence[StoreName] = STORES
) -> Iterator[tuple[BookReader, list[Target]]]:
    """Open the stores: the reader of the books, and those that are written.

    Args:
        system: whose.
        names: of the stores that are written.
    """
    from sinks.clickhouse import ClickHouseWriter  # noqa: PLC0415 - a third of a second

    targets: dict[str, Target] = {}
    with ExitStack() as stack:
        source = system.settings.snapshots.source
        if "duckdb" in (*names, source):
            targets["duckdb"] = DuckTarget(stack.enter_context(_duckdb(system)))
        if "clickhouse" in (*names, source):
            url = clickhouse_url(system, stack)
            writer = ClickHouseWriter(url)
            stack.callback(writer.close)
            store = ClickHouseStore(url)
            stack.callback(store.close)
            targets["clickhouse"] = ClickHouseTarget(writer, store)
        yield targets[source].kept, [targets[name] for name in names]


def _duckdb(system: System) -> Reader:
    """Open DuckDB's files through the archive, which has them while the system is up.

    A command that found no archive for a moment must not keep them from it for as long as this
    takes.
    """
    wanted = system.settings.duckdb
    if system.running() is None:
        limits = Limits(memory_mb=wanted.memory_mb, threads=wanted.threads)
        return open_or_connect(system.duckdb_socket, system.home.duckdb_dir, limits, write=True)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return DuckClient(system.duckdb_socket)
        except LinkBroken as error:
            if time.monotonic() > deadline:
                raise CommandError(f"DuckDB does not answer: {error}", Exit.UNAVAILABLE) from error
        time.sleep(_POLL_SECONDS)
