"""What analysts ask, of a system that has traded for years: the heatmap, and the common queries."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from benchmarks.analysts_stores import fill
from benchmarks.history import LAST_DAY, ZONE, History
from benchmarks.measure import Row, milliseconds, p50, p99, timed
from benchmarks.servers import PASSWORD, scratch
from embedded.clickhouse.process import ClickHouse
from flows.common_queries import QUERIES, CommonQuery
from flows.common_queries.binding import bound, values_of
from flows.common_queries.running import answer
from flows.errors import CommandError
from flows.stores import ClickHouseStore
from sinks.duckdb.client import DuckClient
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.server import DuckServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.common_queries import StoreName
    from flows.stores import Store

NAME = "analysts"
HISTORY = History()
_HEATMAPS, _REPEAT = 300, 3
# What a heatmap would cost without its table of days.
_BY_TRADES = """\
SELECT CAST(closed_at AS DATE) AS date, sum(profit) AS profit, count(*) AS trades
FROM trades
WHERE account_id = :account AND closed_at >= :year_start AND closed_at < :year_end
GROUP BY date ORDER BY date"""


class _ByTrades(CommonQuery):
    """The heatmap's sums from the trades themselves."""

    @override
    def sql(self, store: StoreName) -> str:
        return _BY_TRADES


@dataclass(frozen=True)
class _Read:
    """What a query took and read."""

    seconds: float
    rows: int
    size: int

    def __str__(self) -> str:
        return f"{self.rows / 1e6:.3g} M rows, {self.size / 1e6:.3g} MB"


def run(history: History = HISTORY, asked: int = _HEATMAPS) -> Iterator[Row]:
    """Fill both stores with the same rows, and ask them as an analyst's tools would.

    Args:
        history: how much there is.
        asked: heatmaps that are asked for.
    """
    with scratch() as directory:
        (directory / "duckdb").mkdir()
        fill(directory, history)
        with _duckdb(directory) as duckdb:
            yield from _heatmap("DuckDB", "duckdb", duckdb, history, asked)
        with _clickhouse(directory) as store:
            yield from _heatmap("ClickHouse", "clickhouse", store, history, asked)
            clicks = {q.name: _of_clickhouse(store, q, history) for q in QUERIES.values()}
        ducks = {q.name: _of_duckdb(directory, q, history) for q in QUERIES.values()}
        yield from (_query_row(name, ducks[name], clicks[name], history) for name in QUERIES)


@contextmanager
def _duckdb(directory: Path) -> Iterator[Store]:
    """As it is read while the system runs: by the socket of the process that has the files."""
    socket = directory / "socket"
    with (
        Database(directory / "duckdb", Limits()) as database,
        DuckServer(database, socket),
        DuckClient(socket) as client,
    ):
        yield client


@contextmanager
def _clickhouse(directory: Path) -> Iterator[ClickHouseStore]:
    with ExitStack() as stack:
        server = ClickHouse(directory / "clickhouse", password=PASSWORD, die_with_parent=True)
        stack.enter_context(server)
        store = ClickHouseStore(f"{server.url}/default")
        stack.callback(store.close)
        yield store


def _values(query: CommonQuery, history: History, number: int = 0) -> dict[str, Any]:
    given: dict[str, str | None] = {}
    if query.name == "heatmap":
        account = history.account(number % history.accounts)
        given = {"account": account, "year": str(LAST_DAY.year), "zone": ZONE}
    return values_of(query, given)


def _heatmap(
    name: str, kind: StoreName, store: Store, history: History, asked: int
) -> Iterator[Row]:
    """One account and year, another account each time."""
    query = QUERIES["heatmap"]
    days = min(365, history.days)

    def ask(number: int) -> None:
        rows = answer(store, query, kind, _values(query, history, number * 7)).read_all()
        if rows.num_rows != days:
            raise RuntimeError(f"the heatmap of {days} days has {rows.num_rows}")

    by_trades = _ByTrades(name="", meaning="", stores=query.stores, options=query.options)
    values = {n: v for n, v in _values(query, history).items() if n != "zone"}
    text = bound(by_trades, kind)

    def sum_up() -> None:
        store.query(text, values).read_all()

    ask(0)
    found = [timed(lambda n=number: ask(n)) for number in range(asked)]
    slow = [timed(sum_up) for _ in range(_REPEAT)]
    yield Row(
        group=NAME,
        what=f"heatmap, daily_snapshots of {history.accounts:,} accounts and {history.days:,}"
        f" days, {name}, p50 / p99",
        value=milliseconds(p50(found), p99(found)),
        target="p99 <= 10 ms",
        held=p99(found) <= 0.01,
        ratio=f"{p50(found) / p50(slow):.3f}",
        against=f"the same from {history.trades:,} trades, {milliseconds(p50(slow))}",
    )


def _of_clickhouse(store: ClickHouseStore, query: CommonQuery, history: History) -> _Read | str:
    """Time a query, and ask the engine, which tells in its JSON, what it read."""
    values = _values(query, history)

    def ask() -> None:
        answer(store, query, "clickhouse", values).read_all()

    try:
        ask()
        seconds = timed(ask)
    except CommandError as error:
        return str(error)
    told = store.client.raw_query(bound(query, "clickhouse"), values, fmt="JSON")
    read = json.loads(told)["statistics"]
    return _Read(seconds, int(read["rows_read"]), int(read["bytes_read"]))


def _of_duckdb(directory: Path, query: CommonQuery, history: History) -> _Read | str:
    """Time a query, and read its profile; of a database that was just opened, all is on disk."""
    if "duckdb" not in query.stores:
        return "not there"
    values, text = _values(query, history), bound(query, "duckdb")
    with Database(directory / "duckdb", Limits()) as database:
        cursor = database.cursor()
        cursor.execute("PRAGMA enable_profiling='no_output'")

        def ask() -> None:
            cursor.sql(text, params=values or None).to_arrow_table()

        ask()
        told = json.loads(cursor.get_profiling_information(format="json"))
        cursor.execute("PRAGMA disable_profiling")
        seconds = timed(ask)
    size = int(told["io"]["total_bytes_read"])
    return _Read(seconds, int(told["query"]["total_rows_scanned"]), size)


def _query_row(name: str, ours: _Read | str, click: _Read | str, history: History) -> Row:
    both = (ours, click)
    times = [milliseconds(e.seconds) if isinstance(e, _Read) else "-" for e in both]
    words = [str(each) for each in both]
    return Row(
        group=NAME,
        what=f"{name}, {history.trades // 10**6} M trades, DuckDB; ClickHouse",
        value="; ".join(times),
        against=f"read {words[0]}; {words[1]}",
    )
