"""The questions that analysts ask most, each under a name: `tradecast query NAME`.

The SQL stands beside this file, `NAME.sql` for every store that reads it, `NAME.STORE.sql` where a
store has words of its own. `:name` is a value, which is bound and never written into the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

StoreName = Literal["duckdb", "clickhouse", "postgres"]
Kind = Literal["uuid", "date", "year", "text", "count"]
ALL: tuple[StoreName, ...] = ("clickhouse", "duckdb", "postgres")
FACTS: tuple[StoreName, ...] = ("clickhouse", "duckdb")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Option:
    """A value that a query takes.

    Attributes:
        name: of the option, and of the value in the SQL; a year is two, `_start` and `_end`.
        kind: what it is.
        meaning: one sentence.
        required: whether it must be given.
        default: what stands for it otherwise; None for nothing, which the SQL looks at.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    default: str | None = None


@dataclass(frozen=True, kw_only=True)
class CommonQuery:
    """A named query.

    Attributes:
        name: of it.
        meaning: what it tells, in a sentence.
        stores: that can answer.
        options: values that it takes.
        for_users: whether it can be asked for one user.
        missing: by store, what the store may not keep, and the sentence to say then.
    """

    name: str
    meaning: str
    stores: tuple[StoreName, ...]
    options: tuple[Option, ...] = ()
    for_users: bool = True
    missing: dict[StoreName, tuple[str, str]] = field(default_factory=dict)

    def sql(self, store: StoreName) -> str:
        """Return its text for a store, with `:name` for each value."""
        return _text(self.name, store)


@cache
def _text(name: str, store: str) -> str:
    own = _FOLDER / f"{name}.{store}.sql"
    file = own if own.exists() else _FOLDER / f"{name}.sql"
    return file.read_text(encoding="utf-8").strip()


_ACCOUNT = Option("account", "uuid", "One account; without it, all.")
_STRATEGY = Option("strategy", "uuid", "One strategy; without it, all.")
_SINCE = Option("since", "date", "First day, as YYYY-MM-DD; without it, from the beginning.")
_NO_LOG = (
    "this ClickHouse keeps no log of queries: the embedded engine has none, and a server needs"
    " <query_log> in its configuration"
)
_NO_STATISTICS = (
    "this PostgreSQL keeps no statistics of queries: it needs pg_stat_statements in"
    " shared_preload_libraries, and CREATE EXTENSION pg_stat_statements"
)
_LIMIT = Option("limit", "count", "Most rows.", default="10")

QUERIES: dict[str, CommonQuery] = {
    query.name: query
    for query in (
        CommonQuery(
            name="strategies",
            meaning="Strategies with what their backtests and their closed trades brought.",
            stores=ALL,
        ),
        CommonQuery(
            name="symbols",
            meaning="Closed trades by symbol: count, profit and share of winners.",
            stores=ALL,
            options=(
                _ACCOUNT,
                Option("strategy", "uuid", "One strategy; without it, all."),
                _SINCE,
            ),
        ),
        CommonQuery(
            name="risk-limits",
            meaning="How much of each active risk limit is used, the fullest first.",
            stores=ALL,
            options=(_ACCOUNT,),
        ),
        CommonQuery(
            name="heatmap",
            meaning="Each day of one account and year, as a calendar of profit shows it.",
            stores=ALL,
            options=(
                Option("account", "uuid", "The account.", required=True),
                Option("year", "year", "The year.", required=True),
                Option("zone", "text", "Time zone of the days; without it, all that are there."),
            ),
        ),
        CommonQuery(
            name="open-trades",
            meaning="Trades that are open, the newest first.",
            stores=ALL,
            options=(_ACCOUNT,),
        ),
        CommonQuery(
            name="outcomes",
            meaning="What became of signals on accounts, and why they did not fill.",
            stores=FACTS,
            options=(_ACCOUNT, _SINCE),
        ),
        CommonQuery(
            name="latency",
            meaning="Time from a signal's arrival to the broker's answer, by broker, in ms.",
            stores=FACTS,
            options=(_ACCOUNT, _SINCE),
        ),
        CommonQuery(
            name="slippage",
            meaning="Fill against asked price by broker and symbol; positive is adverse.",
            stores=FACTS,
            options=(_ACCOUNT, _SINCE),
        ),
        CommonQuery(
            name="table-sizes",
            meaning="Rows, and bytes where the store counts them, of each table.",
            stores=ALL,
            for_users=False,
        ),
        CommonQuery(
            name="slow-queries",
            meaning="Queries that took longest on average, where the store keeps them.",
            stores=("clickhouse", "postgres"),
            options=(_LIMIT,),
            for_users=False,
            missing={
                "clickhouse": ("query_log", _NO_LOG),
                "postgres": ("pg_stat_statements", _NO_STATISTICS),
            },
        ),
    )
}
