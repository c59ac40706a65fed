"""`tradecast schema diff` writes the draft of the next migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.__main__ import main
from schema.migrations import draft, frozen, snapshot

if TYPE_CHECKING:
    from pathlib import Path


def without(name: str) -> snapshot.Told:
    told = snapshot.take()
    return told | {"tables": {n: each for n, each in told["tables"].items() if n != name}}


@pytest.mark.parametrize("store", ["duckdb", "clickhouse", "postgres"])
def test_there_is_nothing_to_do(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "diff", "--store", store]) == 0
    assert (
        f"{draft.next_name()}_{store}.sql: 0 statements since {snapshot.last()}"
        in capsys.readouterr().out
    )


def test_a_draft_is_printed_or_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(snapshot, "read", lambda _: without("users"))
    assert main(["schema", "diff", "--store", "postgres"]) == 0
    assert 'CREATE TABLE IF NOT EXISTS "users"' in capsys.readouterr().out
    assert main(["schema", "diff", "--store", "duckdb", "--into", str(tmp_path)]) == 0
    file = tmp_path / f"{draft.next_name()}_control.sql"
    assert capsys.readouterr().out.strip() == str(file)
    assert frozen.split(file.read_text())[0].startswith('CREATE TABLE IF NOT EXISTS "users"')
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_what_it_cannot_do_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = snapshot.take()
    told["tables"]["gone"] = told["tables"]["users"]
    monkeypatch.setattr(snapshot, "read", lambda _: told)
    assert main(["schema", "diff", "--store", "postgres"]) == 1
    assert "-- CANNOT: table gone: it was removed or renamed" in capsys.readouterr().out
