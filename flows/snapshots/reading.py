"""The books as one store has them: current rows of some accounts, in frames of the registry."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import polars as pl
import pyarrow as pa

from flows.stores import values
from rules.daily import firm
from rules.daily.books import CHARGES, CREDIT, FLOWS, Books
from schema import clickhouse, duckdb, sql
from schema import polars as registry
from schema.arrow import conform
from schema.registry import table
from schema.table import Table
from schema.tables.common import ACCOUNT_ID
from schema.types import MONEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.stores import Store, StoreName

OPERATIONS = (*FLOWS, CREDIT, *CHARGES)
# A day of a zone begins at most 14 hours before that of UTC and ends at most 12 after it.
_MARGIN = timedelta(days=1)
DAILY = table("daily_snapshots")
_IDS = Table(
    name="ids",
    layer="",
    purpose="Accounts alone.",
    columns=(ACCOUNT_ID,),
    key=("account_id",),
    kind="live",
    stores=frozenset({"redis"}),
    retention="",
)


class BookReader:
    """Reads one store.

    Args:
        store: it.
        name: which it is; it decides how current rows are asked for.
    """

    def __init__(self, store: Store, name: StoreName) -> None:
        self._store = store
        self._name = name

    def days_of(self, query: str) -> pl.DataFrame:
        """Return the rows of a query whose `account_id` comes as 16 bytes, whatever the store."""
        found = self._store.query(query)
        whole = pa.Table.from_batches(list(found), found.schema)
        ids = conform(_IDS, whole.select(["account_id"])).column(0)
        place = whole.schema.get_field_index("account_id")
        made: Any = whole.set_column(place, "account_id", ids)
        return pl.DataFrame(pl.from_arrow(made))

    def values(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, value by value."""
        return values(self._store, query)

    def numbers(self, query: str) -> list[tuple[int, ...]]:
        """Return the rows of a query that asks for whole numbers."""
        return [tuple(map(int, row)) for row in values(self._store, query)]

    def rows(self, which: Table, stays: str, changes: str = "true") -> pl.DataFrame:
        """Return current rows of a table.

        Args:
            which: the table.
            stays: a condition on columns that never change in a row's life.
            changes: a further condition, on those that do.
        """
        query = f"SELECT {sql.names(which.names)} FROM {self.source(which, stays, changes)}"  # noqa: S608 - names of the registry
        found = self._store.query(query)
        batches = [conform(which, batch) for batch in found]
        if not batches:
            return registry.frame(which, conform(which, found.schema.empty_table()))
        return registry.frame(which, pa.Table.from_batches(batches))

    def source(self, which: Table, stays: str, changes: str = "true") -> str:
        """Return what to select current rows of a table from, with a WHERE at its end."""
        if which.kind != "history":
            name = which.name if self._name == "duckdb" else f"{which.name}_current"
            return f"{sql.name(name)} WHERE {stays} AND {changes}"
        if self._name == "clickhouse":
            return f"{sql.name(clickhouse.target(which))} FINAL WHERE {stays} AND {changes}"
        # Its view would compare the versions of all accounts before it drops any.
        target = sql.name(duckdb.target(which))
        newest = f"(SELECT * FROM {target} WHERE {stays} {duckdb.newest(which)})"  # noqa: S608
        return f"{newest} AS newest WHERE {changes}"

    def versions(self, which: Table) -> str:
        """Return the table that holds the versions of a history table's rows."""
        return sql.name(
            clickhouse.target(which) if self._name == "clickhouse" else duckdb.target(which)
        )

    def accounts(self, partitions: Sequence[int], named: Sequence[str] = ()) -> pl.DataFrame:
        """Return the accounts of partitions.

        Args:
            partitions: of accounts.
            named: ids or keys of accounts; none for all.
        """
        found = self.rows(table("accounts"), f"{sql.name('partition')} IN ({_numbers(partitions)})")
        if not named:
            return found
        ids = {each.bytes for each in map(_as_id, named) if each is not None}
        return found.filter(pl.col("key").is_in(list(named)) | pl.col("account_id").is_in(ids))

    def books(self, accounts: pl.DataFrame, first: date, last: date) -> Books:
        """Return the books of accounts for all days from the first to the last, of any zone."""
        start, end = moment(first - _MARGIN), moment(last + 2 * _MARGIN)
        theirs = ids_in("account_id", accounts)
        return Books.of(
            accounts=accounts,
            trades=self.rows(
                table("trades"),
                theirs,
                f"(executed_at < '{end}' OR closed_at < '{end}')"
                f" AND (closed_at IS NULL OR closed_at >= '{start}' OR executed_at >= '{start}')",
            ),
            deals=self.rows(table("deals"), f"{theirs} AND {between('time', start, end)}"),
            marks=self.rows(
                table("account_marks"), f"{theirs} AND {between('minute', start, end)}"
            ),
            breaches=self.rows(
                table("armor_breaches"), f"{theirs} AND {between('created_at', start, end)}"
            ),
        )

    def firm_rules(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Return the rules of the accounts' prop firms, of `rules.daily.firm.rules_of`."""
        templates = self.rows(table("prop_firm_templates"), "true")
        return firm.rules_of(accounts, templates)

    def opening(self, accounts: pl.DataFrame, first: date) -> pl.DataFrame:
        """Return what days of accounts from `first` on begin with, as `rules.daily.firm` has it."""
        if accounts.is_empty():
            return pl.DataFrame(schema=firm.OPENING)
        arg_max = "arg_max" if self._name == "duckdb" else "argMax"
        before = self.source(DAILY, f"{ids_in('account_id', accounts)} AND date < '{first}'")
        # What came on an account's first day is what it began with.
        so_far = (
            "SELECT account_id, zone, date, balance,"  # noqa: S608
            " first_value(balance_open) OVER days AS initial,"
            " sum(flow) OVER days - first_value(flow) OVER days AS net"
            f" FROM {before} WINDOW days AS (PARTITION BY account_id, zone ORDER BY date)"
        )
        found = self.days_of(
            f"SELECT account_id, zone, max(initial) AS initial, {arg_max}(net, date) AS net,"  # noqa: S608
            " max(CASE WHEN net > 0 THEN balance - net ELSE balance END) AS highest"
            f" FROM ({so_far}) AS days_so_far GROUP BY account_id, zone"
        )
        money = [name for name, kind in firm.OPENING.items() if kind == pl.Int64]
        exact = pl.col(money).cast(MONEY.polars).to_physical().cast(pl.Int64)
        return found.select("account_id", pl.col("zone").cast(pl.String), exact)

    def kpi_history(self, accounts: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Return what KPIs of accounts are computed from beside their days, by table."""
        theirs = ids_in("account_id", accounts)
        return {
            "trades": self.rows(table("trades"), theirs, "closed_at IS NOT NULL"),
            "orders": self.rows(table("orders"), theirs, "sent_at IS NOT NULL"),
            "emotions": self.rows(table("emotion_logs"), theirs),
            "breaches": self.rows(table("armor_breaches"), theirs),
        }

    def marks_a_day(self, plan: pl.DataFrame) -> pl.DataFrame:
        """Return account_id and how many `marks` an account has on the day that has most.

        Args:
            plan: account_id and the first day that is looked at.
        """
        empty = pl.DataFrame(schema={"account_id": pl.Binary, "marks": pl.Int64})
        if plan.is_empty():
            return empty
        first = plan.select(pl.col("first").min()).item()
        of_days = (
            f"SELECT account_id, count(*) AS n FROM {self.versions(table('account_marks'))}"  # noqa: S608
            f" WHERE {ids_in('account_id', plan)} AND minute >= '{moment(first - _MARGIN)}'"
            " GROUP BY account_id, date_trunc('day', minute)"
        )
        most = self.days_of(
            f"SELECT account_id, max(n) AS marks FROM ({of_days}) AS days GROUP BY account_id"  # noqa: S608
        )
        return pl.concat([empty, most.with_columns(pl.col("marks").cast(pl.Int64))])

    def days(self, accounts: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
        """Return the stored rows of accounts from the first day to the last."""
        theirs = ids_in("account_id", accounts)
        return self.rows(DAILY, f"{theirs} AND date >= '{first}' AND date <= '{last}'")


def ids_in(column: str, accounts: pl.DataFrame) -> str:
    """Return the condition that a column is the id of one of these accounts."""
    listed = ", ".join(f"'{UUID(bytes=each)}'" for each in accounts["account_id"])
    return f"{sql.name(column)} IN ({listed})"


def between(column: str, start: str, end: str) -> str:
    """Return the condition that a time is within a stretch, its end left out."""
    return f"{sql.name(column)} >= '{start}' AND {sql.name(column)} < '{end}'"


def moment(day: date) -> str:
    """Return the start of a day in UTC as both stores read it."""
    return f"{datetime.combine(day, time(), UTC):%Y-%m-%d %H:%M:%S}"


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(str(int(each)) for each in numbers)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
