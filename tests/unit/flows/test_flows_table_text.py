"""A table on a terminal of 80 columns says what its page says; diagrams and queries are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.common_queries import QUERIES
from flows.common_queries.page import queries_page
from flows.table_text import write_table
from schema import describe, docs
from schema.diagram import of_layer
from schema.registry import TABLES, table

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def text_of(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    write_table(table(name))
    return capsys.readouterr().out


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", sorted(TABLES))
def test_it_fits_and_leaves_nothing_out(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = text_of(name, capsys)
    assert max(map(len, text.splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "400")
    whole = words(text_of(name, capsys))
    which = table(name)
    assert words(which.purpose) in whole
    for row, column in zip(describe.columns(which), which.columns, strict=True):
        assert f" {column.name} " in whole
        assert words(row["description"]) in whole
        assert row["unit"] in whole
        assert not row["default"] or f"default {row['default']}" in whole
        if column.type.closed:
            assert ", ".join(word for word in column.type.words if word) in whole
    for prop, value in docs.facts(which):
        assert words(prop) in whole
        # A long value is folded within its column.
        assert "".join(value.split()) in "".join(whole.split())


def test_the_page_of_queries_is_current() -> None:
    page = (REFERENCE / "queries.md").read_text(encoding="utf-8")
    assert page == queries_page(), "run: make docs"
    assert all(f"## {name}\n" in page for name in QUERIES)


def test_the_index_has_a_diagram_of_each_layer() -> None:
    page = (REFERENCE / "tables" / "README.md").read_text(encoding="utf-8")
    layers = {each.layer for each in TABLES.values()}
    assert page.count("```mermaid") == len(layers)
    for layer in layers:
        assert f"```mermaid\n{of_layer(layer)}\n```" in page


def test_a_diagram_shows_tables_keys_and_references() -> None:
    for each in TABLES.values():
        diagram = of_layer(each.layer)
        assert f"\n  {each.name} {{\n" in diagram
        for reference in each.references:
            name = reference.columns[0]
            one = "|o" if each.column(name).nullable else "||"
            many = "o|" if each.key == (name,) else "o{"
            line = f"  {reference.table} {one}--{many} {each.name} : {name}"
            assert line in diagram.splitlines()
    assert "  accounts ||..o{ orders : account_id" in of_layer("4 result stream").splitlines()
    assert "    uuid order_id PK" in of_layer("4 result stream").splitlines()
