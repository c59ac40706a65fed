"""The audit finds what breaks a law, in either store, and nothing where all is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from flows import audit
from flows.stores import STORES, ClickHouseStore, Store, StoreName, values
from schema.clickhouse import target
from schema.registry import TABLES, table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.writer import DuckWriter
from sinks.upkeep import Wanted
from tests import two_users
from tests.aged_rows import BARS, filled
from tests.audited import (
    NOW,
    PLANTED,
    Rows,
    among_others,
    change,
    forget,
    healthy,
    ids,
    name,
    tables,
)
from tests.migrated import duckdb_into

if TYPE_CHECKING:
    from pathlib import Path

    from schema.table import Table
    from tests.servers import ClickHouseServer

TRADES = table("trades")


class Planter:
    """One store that starts empty."""

    def __init__(
        self,
        store: StoreName,
        write: Callable[[dict[str, pa.Table]], None],
        reader: Store,
        *,
        command: Callable[[str], object] = print,
        maintain: Callable[[Wanted], object] = print,
    ) -> None:
        self.name: StoreName = store
        self._write = write
        self.reader = reader
        self.command = command
        self.maintain = maintain

    def write(self, rows: Rows) -> None:
        self._write(tables(rows))

    def put(self, which: Table, rows: pa.Table) -> None:
        self._write({which.name: rows})

    def count(self, which: Table) -> int:
        return int(values(self.reader, f"SELECT count(*) FROM {which.name}")[0][0])

    def findings(self, since: int | None = None) -> dict[str, audit.Finding]:
        found = audit.check(self.reader, self.name, since)
        return {one.check: one for one in found if one.count}

    def rows(self, check: str, since: int) -> list[tuple[Any, ...]]:
        (asked,) = (one for one in audit.questions() if one.name == check)
        return values(self.reader, audit.fill(asked.sql, self.name, since))


@pytest.fixture(scope="module")
def clickhouse_url(migrated_clickhouse: ClickHouseServer) -> str:
    return f"{migrated_clickhouse.url}/default"


@contextmanager
def emptied(kind: StoreName, directory: Path, clickhouse_url: str) -> Iterator[Planter]:
    if kind == "clickhouse":
        writer = ClickHouseWriter(clickhouse_url)
        store = ClickHouseStore(clickhouse_url)
        filled = store.client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0"
        )
        written = {name for (name,) in filled.result_rows}
        for each in audit.history():
            if target(each) in written:
                store.client.command(f"TRUNCATE TABLE {target(each)}")
        yield Planter(
            "clickhouse",
            lambda rows: writer.write(rows, {}),
            store,
            command=store.client.command,
        )
        writer.close()
        store.close()
        return
    duckdb_into(directory)
    database = Database(directory, Limits())
    into = DuckWriter(database)
    files = object.__new__(DuckFiles)
    files._database, files._open = database, []
    yield Planter(
        "duckdb", lambda rows: into.write(rows, {"s": "1-0"}), files, maintain=files.maintain
    )
    into.close()
    files.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def planter(
    request: pytest.FixtureRequest, tmp_path: Path, clickhouse_url: str
) -> Iterator[Planter]:
    with emptied(request.param, tmp_path, clickhouse_url) as made:
        yield made


class Planted:
    """What is found where each breach is planted once, beside all others and what is healthy."""

    def __init__(self, planter: Planter) -> None:
        planter.write(among_others(healthy(), 10))
        self.ids: dict[str, set[str]] = {}
        for number, (what, plant) in enumerate(sorted(PLANTED.items()), 11):
            rows = healthy()
            plant(rows)
            rows = among_others(rows, number)
            self.ids[what] = ids(rows)
            planter.write(rows)
        self.findings = planter.findings()
        # What is older than the question is not asked about.
        at = int(NOW.timestamp() * 1_000_000)
        self.rows = {what: planter.rows(what, at) for what in PLANTED}
        self.older = {what: planter.rows(what, at + 1) for what in PLANTED}


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def planted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clickhouse_url: str
) -> Planted:
    with emptied(request.param, tmp_path_factory.mktemp("planted"), clickhouse_url) as planter:
        return Planted(planter)


def test_an_empty_store_and_a_healthy_one_break_nothing(planter: Planter) -> None:
    assert planter.findings() == {}
    planter.write(healthy())
    assert planter.findings() == {}
    assert audit.row_counts(planter.reader, planter.name)["orders"] == 4


@pytest.mark.parametrize("what", sorted(PLANTED))
def test_each_planted_breach_is_found(planted: Planted, what: str) -> None:
    found = planted.findings[what]
    assert found.count == len(planted.rows[what]) >= 1
    assert len(found.rows) == min(found.count, 20)
    assert found.breaks == (not what.startswith("open_"))
    told = {str(value) for row in planted.rows[what] for value in row}
    assert told & planted.ids[what]
    assert planted.older[what] == []


def test_every_question_has_a_planted_breach() -> None:
    assert {question.name for question in audit.questions()} == set(PLANTED)


def test_a_close_by_the_broker_is_no_second_ticket(planter: Planter) -> None:
    rows = healthy()
    rows["deals"].append(
        {**rows["deals"][0], "deal_ticket": 1, "order_ticket": 88, "order_id": None}
        | {"reason": "sl", "entry": "out"}
    )
    planter.write(rows)
    assert planter.findings() == {}


def test_a_leg_left_out_by_decision_is_no_contradiction(planter: Planter) -> None:
    rows = healthy()
    forget("orders", 1)(rows)
    forget("deals", 1)(rows)
    change("signal_execution_status", legs=1, legs_final=1, outcome="rejected")(rows)
    change("signal_execution_status", reason_code="MAX_OPEN_TRADES")(rows)
    planter.write(rows)
    assert planter.findings() == {}


def test_a_newer_version_replaces_a_row_rather_than_doubling_it(planter: Planter) -> None:
    rows = healthy()
    planter.write(rows)
    for order in rows["orders"]:
        order["version"] = 2
    planter.write({"orders": rows["orders"]})
    assert planter.findings() == {}


def test_trades_that_share_the_brokers_number_are_told(planter: Planter) -> None:
    """The unique key that no index keeps: of one broker, account and number there is one trade."""
    plain = two_users.rows(TRADES, two_users.ANN).to_pylist()[0]
    same, other = ({"trade_id": name(each)} for each in ("one", "two"))
    unknown = {"broker_trade_id": None}
    planter.write({"trades": [plain | same | unknown, plain | other | unknown]})
    assert planter.findings() == {}
    planter.write({"trades": [plain | same | {"version": 2}, plain | other | {"version": 2}]})
    (found,) = planter.findings().values()
    assert found.check == "duplicate_unique_trades"
    assert found.breaks
    assert found.columns[:3] == ["broker_id", "broker_trade_id", "account_id"]


def test_stores_with_different_counts_are_told() -> None:
    counts = {"duckdb": dict.fromkeys(TABLES, 1), "clickhouse": dict.fromkeys(TABLES, 1)}
    assert [one for one in audit.compare(counts) if one.count] == []
    counts["clickhouse"]["orders"] = 0
    (found,) = audit.compare(counts)
    assert found.breaks
    assert found.rows == (("orders", 1, 0),)


# Of each table, the ages in days that every store has to have, and those that one may have let go.
ALERTS, MINUTES = table("alert_log"), table("account_marks")
AGES: list[tuple[Table, dict[str, str], tuple[float, ...], tuple[float, ...]]] = [
    (ALERTS, {}, (0.0, 363.0), (364.5, 365.5, 4000.0)),
    (MINUTES, {}, (0.0, 729.0), (730.5, 732.0)),
    (BARS, {"timeframe": "1m"}, (0.0, 398.0), (399.5, 401.0)),
    (BARS, {"timeframe": "1h"}, (0.0, 4000.0), ()),
    (table("trade_signal"), {}, (0.0, 4000.0), ()),
    (table("system_event_log"), {}, (0.0, 362.0), (364.5, 370.0)),
]


@pytest.mark.parametrize("lost", [False, True])
def test_rows_that_a_store_may_let_go_are_not_compared(
    lost: bool, tmp_path: Path, clickhouse_url: str
) -> None:
    now = datetime.now(UTC)
    counts: dict[str, dict[str, int]] = {}
    for store in STORES:
        with emptied(store, tmp_path, clickhouse_url) as planter:
            # ClickHouse has let go what may go, and DuckDB has not.
            gone = lost and store == "clickhouse"
            for which, columns, kept, old in AGES:
                ages = kept[1:] if gone else kept
                ages += () if store == "clickhouse" else old
                planter.put(which, aged(which, now, columns, ages))
            counts[store] = audit.row_counts(planter.reader, store, now=now)
    kept_rows: Counter[str] = Counter()
    for which, _, kept, _ in AGES:
        kept_rows[which.name] += len(kept)
    assert {each: count for each, count in counts["duckdb"].items() if count} == kept_rows
    found = [row for one in audit.compare(counts) for row in one.rows]
    assert {row[0] for row in found} == (set(kept_rows) if lost else set())
    for each, in_duckdb, in_clickhouse in found:
        assert in_duckdb - in_clickhouse == (2 if each == BARS.name else 1)


def test_what_maintenance_of_one_store_removes_is_no_breach(
    tmp_path: Path, clickhouse_url: str
) -> None:
    now = datetime.now(UTC)
    counts: dict[str, dict[str, int]] = {}
    for store in STORES:
        with emptied(store, tmp_path, clickhouse_url) as planter:
            if store == "clickhouse":
                planter.command(f"SYSTEM STOP MERGES {MINUTES.name}")
            planter.put(MINUTES, aged(MINUTES, now, {}, (1.0, 800.0)))
            planter.maintain(Wanted(now=now))
            left = planter.count(MINUTES)
            counts[store] = audit.row_counts(planter.reader, store)
            if store == "clickhouse":
                planter.command(f"SYSTEM START MERGES {MINUTES.name}")
        assert (left, counts[store][MINUTES.name]) == (1 if store == "duckdb" else 2, 1)
    assert [one for one in audit.compare(counts) if one.count] == []


def aged(which: Table, now: datetime, columns: dict[str, str], ages: tuple[float, ...]) -> pa.Table:
    """Rows of a table of these ages in days."""
    when: list[Any] = [now - timedelta(days=age) for age in ages]
    if pa.types.is_date32(which.column(which.time or "").type.arrow):
        when = [each.date() for each in when]
    given = {name: [value] * len(ages) for name, value in columns.items()}
    return filled(which, ages, {which.time or "": when, **given})


def test_one_query_of_clickhouse_says_the_same(clickhouse_url: str) -> None:
    writer, store = ClickHouseWriter(clickhouse_url), ClickHouseStore(clickhouse_url)
    writer.positions()
    for each in audit.history():
        store.client.command(f"TRUNCATE TABLE {each.name}")
    rows = healthy()
    writer.write(tables(rows), {})
    answer = store.client.query(audit.one_query()).result_rows
    assert {found for _, _, found in answer} == {0}
    PLANTED["leg_with_two_tickets"](rows)
    writer.write(tables(rows), {})
    answer = store.client.query(audit.one_query()).result_rows
    assert answer[0][0] == "leg_with_two_tickets"
    writer.close()
    store.close()
