"""The committed reference is what the code says."""

from pathlib import Path

import pytest

from schema import describe
from schema.codes import ReasonCode
from schema.docs import pages
from schema.registry import TABLES, table
from schema.table import RegistryError

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("path", sorted(pages()))
def test_the_committed_page_is_current(path: str) -> None:
    assert (REFERENCE / path).read_text() == pages()[path], (
        "run: tradecast schema docs docs/reference"
    )


def test_no_page_of_a_table_that_is_gone() -> None:
    committed = {path.name for path in (REFERENCE / "tables").glob("*.md")}
    assert committed == {*(f"{name}.md" for name in TABLES), "README.md"}


def test_a_page_tells_meaning_unit_and_types() -> None:
    page = pages()["tables/orders.md"]
    assert "| volume | volume | lots |  |  | Volume asked. |" in page
    assert "| fill_price |" in page
    assert "Nullable(Decimal(18, 8))" in page
    assert "dispatched, claimed, sending, working, final" in page
    assert all(f"`{code.name}`" in pages()["reason_codes.md"] for code in ReasonCode)


def test_tables_and_columns_are_listed() -> None:
    assert [row["table"] for row in describe.tables()] == list(TABLES)
    deals = {row["column"]: row for row in describe.columns(table("deals"))}
    assert deals["deal_ticket"]["marks"] == "key"
    assert deals["order_id"]["marks"] == "null"
    assert deals["fee"]["default"] == "0"


def test_ddl_is_refused_where_a_table_does_not_live() -> None:
    assert "ReplacingMergeTree" in describe.ddl(table("orders"), "clickhouse")[0]
    with pytest.raises(RegistryError, match="trade_state does not live in duckdb"):
        describe.ddl(table("trade_state"), "duckdb")
    with pytest.raises(RegistryError, match="orders does not live in postgres"):
        describe.ddl(table("orders"), "postgres")
    with pytest.raises(RegistryError, match="no DDL for redis"):
        describe.ddl(table("trade_state"), "redis")
