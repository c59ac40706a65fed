"""The audit finds what breaks a law, in either store, and nothing where all is well."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import pyarrow as pa
import pytest

from flows import audit
from flows.stores import ClickHouseStore, Store, StoreName, values
from schema import arrow
from schema.clickhouse import target
from schema.registry import TABLES, table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.writer import DuckWriter
from tests import two_users
from tests.migrated import duckdb_into

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import ClickHouseServer

TRADES = table("trades")
Rows = dict[str, list[dict[str, Any]]]
Plant = Callable[[Rows], None]

NAMESPACE = UUID(int=7)
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
ORDERS = ("open", "close")


def name(what: str) -> UUID:
    return uuid5(NAMESPACE, what)


def healthy() -> Rows:
    """Two accounts take a signal of two legs; one resend, one rejection, one without subscriber."""
    times = {"received_at": NOW, "version": 1}
    accounts = [name("account 1"), name("account 2")]
    strategy = {"strategy_id": name("strategy")}
    common = {"strategy": "london", "symbol": "EURUSD", "action": "reverse", "stream": 0}
    first = {**strategy, **common, **times, "order_type": "market", "fired_at": NOW, "entry_row": 0}
    orders = [
        {
            **strategy,
            **times,
            "order_id": name(f"order {account} {leg}"),
            "signal_id": name("signal"),
            "account_id": account,
            "broker_id": name("broker"),
            "instance_id": name("instance"),
            "partition": 5,
            "decision_id": "1-0",
            "leg": leg,
            "legs": 2,
            "kind": "close" if leg == 1 else "open",
            "side": "buy",
            "order_type": "market",
            "symbol": "EURUSD",
            "volume": 1,
            "state": "final",
            "outcome": "filled",
            "order_ticket": 100 * number + leg,
            "magic": 1000 * number + leg,
            "fired_at": NOW,
            "decided_at": NOW,
        }
        for number, account in enumerate(accounts, 1)
        for leg in (1, 2)
    ]
    return {
        "trade_signal": [
            {**first, "signal_id": name("signal"), "entry_id": "1-0", "subscribers": 2}
            | {"outcome": "none", "config_version": 1},
            {**first, "signal_id": name("alone"), "entry_id": "2-0", "outcome": "skipped"}
            | {"reason_code": "NO_SUBSCRIBER"},
        ],
        "signal_rejection": [
            {"rejection_id": name("rejection"), "stream": 0, "entry_id": "3-0", "entry_row": 0}
            | {"reason_code": "NOT_JSON", **times}
        ],
        "signal_resend": [
            {"resend_id": name("resend"), "signal_id": name("signal"), "stream": 0}
            | {"entry_id": "4-0", "entry_row": 0, "original_entry_id": "1-0", **times}
        ],
        "signal_decisions": [
            {
                **strategy,
                **times,
                "signal_id": name("signal"),
                "partition": 5,
                "decision_id": "1-0",
                "previous_id": "0-0",
                "events_position": "0-0",
                "config_version": 1,
                "accounts": 2,
                "dispatched": 2,
                "orders": 4,
                "stream": 0,
                "entry_id": "1-0",
                "decided_at": NOW,
            }
        ],
        "signal_execution_status": [
            {
                **strategy,
                **times,
                "signal_id": name("signal"),
                "account_id": account,
                "partition": 5,
                "symbol": "EURUSD",
                "action": "reverse",
                "outcome": "filled",
                "legs": 2,
                "legs_final": 2,
                "decided_at": NOW,
            }
            for account in accounts
        ],
        "orders": orders,
        "deals": [
            {
                "account_id": order["account_id"],
                "deal_ticket": 10_000 + order["order_ticket"],
                "broker_id": name("broker"),
                "order_id": order["order_id"],
                "order_ticket": order["order_ticket"],
                "magic": order["magic"],
                "partition": 5,
                "type": "buy",
                "entry": "in" if order["kind"] == "open" else "out",
                "reason": "expert",
                "time": NOW,
                "version": 1,
            }
            for order in orders
        ],
    }


def forget(what: str, at: int = 0) -> Plant:
    return lambda rows: rows[what].__delitem__(at)


def change(what: str, at: int = 0, **values: Any) -> Plant:
    return lambda rows: rows[what][at].update(values)


def repeat(what: str, **values: Any) -> Plant:
    return lambda rows: rows[what].append({**copy.copy(rows[what][0]), **values})


def both(*plants: Plant) -> Plant:
    def plant(rows: Rows) -> None:
        for one in plants:
            one(rows)

    return plant


PLANTED: dict[str, Plant] = {
    "signal_without_decision": both(
        forget("signal_decisions"), lambda rows: rows["signal_execution_status"].clear()
    ),
    "subscriber_without_decision": change("trade_signal", subscribers=3),
    "account_without_status": forget("signal_execution_status"),
    "pair_without_outcome": change("signal_execution_status", outcome="none", legs_final=1),
    "order_without_outcome": change("orders", outcome="none", state="claimed"),
    "legs_missing": forget("orders"),
    "outcome_contradicts_legs": change("orders", outcome="refused", order_ticket=0),
    "outcome_contradicts_deals": change("orders", outcome="failed"),
    "leg_with_two_tickets": repeat("deals", deal_ticket=1, order_ticket=77, magic=0),
    "magic_with_two_tickets": repeat("deals", deal_ticket=1, order_ticket=77, order_id=None),
    "ticket_of_two_legs": change("orders", 1, order_ticket=101),
    "entry_recorded_twice": change("signal_rejection", entry_id="1-0"),
    "resend_of_unknown": change("signal_resend", signal_id=name("nobody")),
    "order_of_unknown_signal": change("orders", signal_id=name("nobody")),
    "deal_of_unknown_order": change("deals", order_id=name("nobody")),
    "deal_not_attributed": change("deals", order_id=None),
    "open_working": change("orders", outcome="none", state="working"),
    "open_unresolved": change("orders", outcome="unresolved"),
}


def among_others(rows: Rows, number: int) -> Rows:
    """Let rows have ids, entries and a partition of their own."""

    def own(column: str, value: Any) -> Any:
        if isinstance(value, UUID):
            return uuid5(value, str(number))
        if column.endswith("entry_id"):
            return f"{number}{value}"
        return number if column == "partition" else value

    return {
        what: [{column: own(column, value) for column, value in row.items()} for row in found]
        for what, found in rows.items()
    }


def ids(rows: Rows) -> set[str]:
    """Ids of all that rows are about, and of their entries."""
    cells = [cell for found in rows.values() for row in found for cell in row.items()]
    return {
        str(value) for name, value in cells if isinstance(value, UUID) or name.endswith("entry_id")
    }


def tables(rows: Rows) -> dict[str, pa.Table]:
    out = {}
    for what, found in rows.items():
        names = sorted({column for row in found for column in row})
        columns = {column: [row.get(column) for row in found] for column in names}
        for column in names:
            default = table(what).column(column).default
            columns[column] = [default if v is None else v for v in columns[column]]
        if found:
            out[what] = pa.Table.from_batches([arrow.batch(table(what), columns)])
    return out


class Planter:
    """One store that starts empty."""

    def __init__(self, store: StoreName, write: Callable[[Rows], None], reader: Store) -> None:
        self.name: StoreName = store
        self.write = write
        self.reader = reader

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
        yield Planter("clickhouse", lambda rows: writer.write(tables(rows), {}), store)
        writer.close()
        store.close()
        return
    duckdb_into(directory)
    database = Database(directory, Limits())
    into = DuckWriter(database)
    files = object.__new__(DuckFiles)
    files._database, files._open = database, []
    yield Planter("duckdb", lambda rows: into.write(tables(rows), {"s": "1-0"}), files)
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
