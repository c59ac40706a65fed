"""The common queries on PostgreSQL, for one user and for all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

import pytest

from flows.common_queries import QUERIES
from flows.common_queries.binding import values_of
from flows.common_queries.running import answer
from flows.errors import CommandError
from flows.postgres_store import PostgresStore
from schema.registry import TABLES
from tests.common_rows import made
from tests.two_users import ANN, BOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import PostgresServer


@pytest.fixture(scope="module")
def url(postgres: PostgresServer, postgres_database: str) -> Iterator[str]:
    """Where the rows are; they are gone afterwards."""
    written = []
    with postgres.connect(postgres_database) as owner:
        owner.execute("SET session_replication_role = replica")
        for name, batch in made():
            if "postgres" in TABLES[name].stores:
                _insert(owner, name, batch.to_pylist()[0])
                written.append(name)
        info = owner.info
        login = f"{info.user}:{quote(info.password)}@{info.host}:{info.port}"
        yield f"postgresql://{login}/{postgres_database}"
        for name in set(written):
            owner.execute(f'DELETE FROM "{name}"')


def _insert(owner: Any, name: str, row: dict[str, Any]) -> None:
    values = [UUID(bytes=v) if isinstance(v, bytes) else v for v in row.values()]
    names = ", ".join(f'"{column}"' for column in row)
    marks = ", ".join(["%s"] * len(row))
    owner.execute(f'INSERT INTO "{name}" ({names}) VALUES ({marks})', values)


def ask(url: str, query: str, user: UUID | None = None, **given: str) -> list[dict[str, Any]]:
    store = PostgresStore(url, user)
    try:
        reader = answer(store, QUERIES[query], "postgres", values_of(QUERIES[query], given))
        return [row for batch in reader for row in batch.to_pylist()]
    finally:
        store.close()


def test_strategies(url: str) -> None:
    found = [
        (r["name"], r["backtests"], r["closed_trades"], r["total_profit"])
        for r in ask(url, "strategies")
    ]
    assert found == [("ann", 2, 3, 13), ("bob", 1, 1, -3)]
    assert [r["name"] for r in ask(url, "strategies", BOB)] == ["bob"]


def test_symbols(url: str) -> None:
    found = [
        (r["symbol"], r["closed_trades"], r["total_profit"], r["win_rate"])
        for r in ask(url, "symbols", ANN)
    ]
    assert found == [("XAUUSD", 1, 7, 1), ("EURUSD", 2, 6, Decimal("0.5"))]
    assert [r["symbol"] for r in ask(url, "symbols", BOB)] == ["GBPUSD"]
    assert len(ask(url, "symbols")) == 3
    assert len(ask(url, "symbols", ANN, since="2026-11-02")) == 1
    assert ask(url, "symbols", ANN, account=str(BOB)) == []


def test_risk_limits(url: str) -> None:
    found = [(r["name"], r["utilisation_percent"], r["state"]) for r in ask(url, "risk-limits")]
    assert found == [("over", 150, "reached"), ("near", 90, "near"), ("day", 25, "within")]
    assert [r["name"] for r in ask(url, "risk-limits", BOB)] == ["over"]


def test_the_heatmap_of_one_account_and_year(url: str) -> None:
    asked = {"account": str(ANN), "year": "2026"}
    assert [r["profit"] for r in ask(url, "heatmap", zone="UTC", **asked)] == [-2, Decimal("1.5")]
    assert len(ask(url, "heatmap", ANN, **asked)) == 3
    assert ask(url, "heatmap", BOB, **asked) == []


def test_open_trades(url: str) -> None:
    assert [r["symbol"] for r in ask(url, "open-trades", ANN)] == ["XAUUSD"]
    assert ask(url, "open-trades", BOB) == []


def test_table_sizes(url: str) -> None:
    found = {row["table"]: row for row in ask(url, "table-sizes")}
    assert found["trades"]["bytes"] > 0
    # One row for all months.
    assert "market_data" in found
    assert not any(name.startswith("market_data_") for name in found)


def test_what_is_not_kept_is_said(url: str) -> None:
    with pytest.raises(CommandError, match="this PostgreSQL keeps no statistics of queries"):
        ask(url, "slow-queries")


def test_nothing_can_be_written(url: str) -> None:
    store = PostgresStore(url, ANN)
    for statement in ("DELETE FROM trades", "CREATE TABLE x (y int)"):
        with pytest.raises(CommandError, match=r"PostgreSQL: .*(permission denied|read-only)"):
            store.query(statement)
    store.close()


def test_what_does_not_answer_is_told(url: str) -> None:
    with pytest.raises(CommandError, match="PostgreSQL does not answer"):
        PostgresStore("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(CommandError, match="no PostgreSQL is set"):
        PostgresStore("")
