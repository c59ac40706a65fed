"""Each common query on each store that can answer, over a few rows whose answers are known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from flows.common_queries import QUERIES, CommonQuery, StoreName
from flows.common_queries.binding import bound, values_of
from flows.common_queries.running import answer
from flows.errors import CommandError
from flows.stores import ClickHouseStore, ReaderStore
from schema import clickhouse
from schema import duckdb as duck
from schema.registry import TABLES
from sinks.duckdb.database import ARCHIVE, CONTROL, Database, Limits, registered, source
from sinks.duckdb.files import DuckFiles
from tests.common_rows import made
from tests.servers import ClickHouseServer
from tests.two_users import ANN, BOB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flows.stores import Store

    Opener = Callable[[UUID | None], Store]


@pytest.fixture(scope="module")
def in_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    directory: Path = tmp_path_factory.mktemp("common")
    with Database(directory, Limits()) as database:
        for name, batch in made():
            cursor = database.cursor()
            cursor.execute(f"USE {ARCHIVE if TABLES[name].kind == 'history' else CONTROL}.main")
            with registered(cursor, {name: batch}):
                cursor.execute(duck.insert(TABLES[name], source(name)))
    with DuckFiles(directory, Limits(), write=False) as files:
        yield lambda user: files if user is None else ReaderStore(files, user)


@pytest.fixture(scope="module")
def in_clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    with ClickHouseServer(tmp_path_factory.mktemp("common"), migrated=True) as server:
        with server.client() as client:
            for name, batch in made():
                if "clickhouse" in TABLES[name].stores:
                    client.insert_arrow(clickhouse.target(TABLES[name]), batch)
        yield lambda user: ClickHouseStore(f"{server.url}/default", user)


@pytest.fixture(params=["duckdb", "clickhouse"])
def store(request: pytest.FixtureRequest) -> tuple[StoreName, Opener]:
    return request.param, request.getfixturevalue(f"in_{request.param}")


def ask(
    store: tuple[StoreName, Opener], query: str, user: UUID | None = None, **given: str
) -> list[dict[str, Any]]:
    name, opener = store
    wanted = QUERIES[query]
    opened = opener(user)
    reader = answer(opened, wanted, name, values_of(wanted, given))
    found = [
        {k: _plain(v) for k, v in row.items()} for batch in reader for row in batch.to_pylist()
    ]
    if name == "clickhouse":
        opened.close()
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bytes) and len(value) == 16:
        return str(UUID(bytes=value))
    if isinstance(value, UUID):
        return str(value)
    return float(value) if isinstance(value, Decimal) else value


def column(found: list[dict[str, Any]], *names: str) -> list[Any]:
    return [
        tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in found
    ]


def test_strategies(store: tuple[StoreName, Opener]) -> None:
    names = ("name", "backtests", "closed_trades", "total_profit")
    found = ask(store, "strategies")
    assert column(found, *names) == [("ann", 2, 3, 13.0), ("bob", 1, 1, -3.0)]
    assert found[0]["mean_return"] == pytest.approx(0.1)
    assert found[1]["mean_return"] is None
    assert column(ask(store, "strategies", BOB), *names) == [("bob", 1, 1, -3.0)]


def test_symbols(store: tuple[StoreName, Opener]) -> None:
    names = ("symbol", "closed_trades", "total_profit", "win_rate", "best_trade", "worst_trade")
    of_ann = [("XAUUSD", 1, 7.0, 1.0, 7.0, 7.0), ("EURUSD", 2, 6.0, 0.5, 10.5, -4.5)]
    of_bob = ("GBPUSD", 1, -3.0, 0.0, -3.0, -3.0)
    assert column(ask(store, "symbols"), *names) == [*of_ann, of_bob]
    assert column(ask(store, "symbols", BOB), *names) == [of_bob]
    assert column(ask(store, "symbols", account=str(ANN)), *names) == of_ann
    assert column(ask(store, "symbols", ANN, since="2026-11-02"), *names) == of_ann[1:]
    assert ask(store, "symbols", ANN, account=str(BOB)) == []
    assert ask(store, "symbols", strategy=str(UUID(int=9))) == []


def test_risk_limits(store: tuple[StoreName, Opener]) -> None:
    names = ("name", "utilisation_percent", "state")
    expected = [("over", 150.0, "reached"), ("near", 90.0, "near"), ("day", 25.0, "within")]
    assert column(ask(store, "risk-limits"), *names) == expected
    assert column(ask(store, "risk-limits", ANN), *names) == expected[1:]


def test_the_heatmap_of_one_account_and_year(store: tuple[StoreName, Opener]) -> None:
    found = ask(store, "heatmap", account=str(ANN), year="2026", zone="UTC")
    assert column(found, "date", "profit") == [(date(2026, 1, 1), -2.0), (date(2026, 11, 2), 1.5)]
    assert len(ask(store, "heatmap", account=str(ANN), year="2026")) == 3
    assert len(ask(store, "heatmap", ANN, account=str(ANN), year="2025")) == 1
    assert ask(store, "heatmap", ANN, account=str(BOB), year="2026") == []
    assert len(ask(store, "heatmap", BOB, account=str(BOB), year="2026")) == 1


def test_open_trades(store: tuple[StoreName, Opener]) -> None:
    assert column(ask(store, "open-trades"), "trade_id", "symbol") == [(str(UUID(int=4)), "XAUUSD")]
    assert ask(store, "open-trades", BOB) == []


def test_outcomes(store: tuple[StoreName, Opener]) -> None:
    names = ("outcome", "reason_code", "signals")
    expected = [("filled", "NONE", 2), ("skipped", "MAX_OPEN_TRADES", 1)]
    assert column(ask(store, "outcomes"), *names) == expected
    assert column(ask(store, "outcomes", BOB), *names) == expected[1:]
    assert ask(store, "outcomes", since="2026-11-03") == []


def test_latency(store: tuple[StoreName, Opener]) -> None:
    names = ("broker_id", "orders", "p50_ms", "p99_ms", "longest_ms", "broker_p50_ms")
    assert column(ask(store, "latency"), *names) == [(str(ANN), 101, 51.0, 100.0, 101.0, 1.0)]
    assert ask(store, "latency", BOB) == []


def test_slippage(store: tuple[StoreName, Opener]) -> None:
    (found,) = ask(store, "slippage")
    assert (found["symbol"], found["orders"], found["adverse_share"]) == ("EURUSD", 2, 0.5)
    assert found["mean_slippage"] == pytest.approx(0.0001)
    assert found["worst_slippage"] == pytest.approx(0.0003)
    assert ask(store, "slippage", BOB) == []


def test_table_sizes(store: tuple[StoreName, Opener]) -> None:
    name = store[0]
    found = {row["table"]: row for row in ask(store, "table-sizes")}
    counted = "estimated_rows" if name == "duckdb" else "stored_rows"
    place = "result_metrics_versions" if name == "duckdb" else "result_metrics"
    assert found[place][counted] == 102
    if name == "clickhouse":
        assert found[place]["bytes"] > 0


def test_what_a_store_does_not_keep_is_said(in_clickhouse: Opener) -> None:
    with pytest.raises(CommandError, match="this ClickHouse keeps no log of queries"):
        ask(("clickhouse", in_clickhouse), "slow-queries")


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_store_named_has_a_text_that_uses_every_option(name: str) -> None:
    query = QUERIES[name]
    for store in query.stores:
        text = query.sql(store)
        for option in query.options:
            assert f":{option.name}" in text
        assert ":" not in bound(query, store).replace("::", "") or store == "clickhouse"


@pytest.mark.parametrize(
    ("query", "given", "told"),
    [
        ("heatmap", {"year": "2026"}, "needs --account"),
        ("heatmap", {"account": "me", "year": "2026"}, "--account must be an id, as a UUID"),
        ("heatmap", {"account": str(ANN), "year": "MMXXVI"}, "--year must be a year"),
        ("heatmap", {"account": str(ANN), "year": "9999"}, "--year must be a year"),
        ("symbols", {"since": "yesterday"}, "--since must be a day, as YYYY-MM-DD"),
        ("slow-queries", {"limit": "0"}, "--limit must be a number above 0"),
        ("slow-queries", {"limit": "1; DROP TABLE x"}, "--limit must be a number above 0"),
    ],
)
def test_a_wrong_value_is_told_in_a_sentence(query: str, given: dict[str, str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        values_of(QUERIES[query], given)


def test_values_are_bound(store: tuple[StoreName, Opener]) -> None:
    zone = "UTC' OR '1' = '1"
    assert ask(store, "heatmap", account=str(ANN), year="2026", zone=zone) == []


def test_one_user_is_not_asked_for_where_all_would_be_shown() -> None:
    assert [q.name for q in QUERIES.values() if not q.for_users] == ["table-sizes", "slow-queries"]
    assert isinstance(QUERIES["table-sizes"], CommonQuery)
