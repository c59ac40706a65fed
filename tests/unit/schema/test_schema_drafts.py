"""A draft has what the registry has got since the last migration; what it cannot do, stops it."""

from __future__ import annotations

from dataclasses import replace
from enum import auto
from typing import TYPE_CHECKING, Any

import pytest

from schema import types
from schema.enums import Vocabulary
from schema.migrations import draft, frozen, snapshot
from schema.parts import Check, Column, Index, Reference
from schema.registry import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from schema.table import Table


class Mood(Vocabulary):
    GOOD = 0
    BAD = 1


class Moods(Vocabulary):
    GOOD = 0
    BAD = 1
    UGLY = auto()


OLD = replace(
    TABLES["sessions"],
    name="moods",
    columns=(
        *TABLES["sessions"].columns,
        Column("mood", types.enum(Mood), "Mood.", default="good"),
        Column("place", types.text(20), "Place.", default=""),
    ),
)
BEFORE = {"functions": snapshot.take()["functions"], "tables": {OLD.name: snapshot.table(OLD)}}


def changed(**parts: Any) -> Table:
    return replace(OLD, **parts)


def column(name: str, **parts: Any) -> Table:
    return changed(columns=tuple(replace(c, **parts) if c.name == name else c for c in OLD.columns))


def drafts(table: Table | None) -> dict[str, list[str]]:
    tables = {table.name: table} if table else {}
    others = {n: t for n, t in TABLES.items() if n in {"users", "accounts", "brokers", "instances"}}
    before = BEFORE | {
        "tables": BEFORE["tables"] | {n: snapshot.table(t) for n, t in others.items()}
    }
    made = {store: draft.draft(store, before, others | tables) for store in draft.STORES}
    assert made.pop("duckdb") == []
    return made


def test_the_registry_has_no_draft_that_is_not_frozen() -> None:
    """A registry that has gone on needs a migration: `python -m schema.migrations.draft`."""
    assert snapshot.take() == snapshot.read(snapshot.last())
    for store in draft.STORES:
        assert draft.draft(store, snapshot.read(snapshot.last())) == []


@pytest.mark.parametrize("name", ["audit_change", "make_partitions"])
def test_a_function_that_changes_finds_its_own_tables_still(name: str) -> None:
    """CREATE OR REPLACE forgets where a function looks for tables: it would find a caller's own."""
    one = next(e for e in snapshot.functions() if f"FUNCTION {name}(" in e and "RETURNS" in e)
    known = [mark for mark in BEFORE["functions"] if mark != snapshot.digest(one)]
    made = draft.draft("postgres", {"functions": known, "tables": {}}, {})
    pins = [at for at, each in enumerate(made) if f"ALTER FUNCTION {name}(" in each]
    assert pins
    assert max(pins) > made.index(one)


def test_the_last_migration_is_its_draft() -> None:
    """Where a draft could do everything; the rest is asked of each store itself."""
    name = snapshot.last()
    before = snapshot.read(f"m{int(name[1:]) - 1:04}")
    for store in draft.STORES:
        made = draft.draft(store, before)
        if not any(line.startswith(frozen.CANNOT) for line in made):
            assert frozen.read(name, store) == made


def test_partitions_of_another_length_are_no_draft() -> None:
    made = drafts(changed(span="year"))
    assert made["clickhouse"] == ["-- CANNOT: table moods: its span was month and is year"]
    assert made["postgres"] == made["control"] == []


def test_nothing_changed() -> None:
    assert drafts(OLD) == {"control": [], "clickhouse": [], "postgres": []}


def test_a_new_column() -> None:
    table = changed(columns=(*OLD.columns, Column("rating", types.RATIO, "Rating.", default=1.0)))
    made = drafts(table)
    assert made["clickhouse"][0].startswith(
        'ALTER TABLE "moods_versions"\n  ADD COLUMN IF NOT EXISTS "rating" Float64 DEFAULT 1.0 COMMENT'
    )
    assert made["postgres"] == [
        'ALTER TABLE "moods" ADD COLUMN IF NOT EXISTS "rating" DOUBLE PRECISION DEFAULT 1.0 NOT NULL',
        'COMMENT ON COLUMN "moods"."rating" IS \'Rating.\'',
        'ALTER TABLE "moods" DROP CONSTRAINT IF EXISTS "rating_finite", ADD CONSTRAINT "rating_finite" CHECK ("rating" > \'-Infinity\' AND "rating" < \'Infinity\') NOT VALID',
        'ALTER TABLE "moods" VALIDATE CONSTRAINT "rating_finite"',
    ]
    assert (
        made["control"][0]
        == 'ALTER TABLE "moods" ADD COLUMN IF NOT EXISTS "rating" DOUBLE DEFAULT 1.0'
    )
    assert any(each.startswith("CREATE TABLE IF NOT EXISTS") for each in made["control"])


def test_a_word_more() -> None:
    made = drafts(column("mood", type=types.enum(Moods)))
    assert 'DROP CONSTRAINT IF EXISTS "mood_known"' in made["clickhouse"][0]
    assert "IN ('good', 'bad', 'ugly')" in made["clickhouse"][1]
    assert made["postgres"][0].endswith("IN ('good', 'bad', 'ugly')) NOT VALID")
    assert "VALIDATE" in made["postgres"][1]
    assert len(made["postgres"]) == 2
    assert any("ENUM('good', 'bad', 'ugly')" in each for each in made["control"])


def test_another_default_and_a_longer_text() -> None:
    made = drafts(column("place", type=types.text(40), default="home"))
    assert made["postgres"] == [
        'ALTER TABLE "moods" ALTER COLUMN "place" TYPE VARCHAR(40)',
        'ALTER TABLE "moods" ALTER COLUMN "place" SET DEFAULT \'home\'',
    ]
    assert made["clickhouse"] == [
        'ALTER TABLE "moods_versions"\n  MODIFY COLUMN "place" String DEFAULT \'home\''
    ]
    assert any('length("place") <= 40' in each for each in made["control"])


def test_rules_and_indices() -> None:
    table = changed(
        checks=(*OLD.checks[1:], Check("trades_few", "trades < 1000")),
        indices=(*OLD.indices[1:], Index(("trades",))),
        references=(*OLD.references, Reference(("id",), "accounts", "cascade")),
        unique=(("user_id", "started_at"),),
    )
    made = "\n".join(drafts(table)["postgres"])
    assert 'ADD CONSTRAINT "trades_few" CHECK (trades < 1000) NOT VALID' in made
    assert f'DROP CONSTRAINT IF EXISTS "{OLD.checks[0].name}"' in made
    assert 'CREATE INDEX CONCURRENTLY IF NOT EXISTS "idx_moods_trades"' in made
    assert "DROP INDEX CONCURRENTLY IF EXISTS" in made
    assert (
        'ADD CONSTRAINT "moods_id_fkey" FOREIGN KEY ("id") REFERENCES "accounts" ON DELETE CASCADE NOT VALID'
        in made
    )
    assert 'VALIDATE CONSTRAINT "moods_id_fkey"' in made
    assert "CREATE UNIQUE INDEX CONCURRENTLY" in made


@pytest.mark.parametrize(
    ("table", "stores", "says"),
    [
        (None, "control clickhouse postgres", "table moods: it was removed or renamed"),
        (changed(columns=OLD.columns[:-1]), "control clickhouse postgres", "table moods, column place: it was removed or renamed"),
        (column("trades", type=types.RATIO), "control clickhouse postgres", "table moods, column trades"),
        (column("place", type=types.text(10)), "control postgres", "table moods, column place"),
        (column("trades", type=types.BIGINT), "clickhouse postgres", "rewrites"),
        (column("mood", type=types.enum(Mood), nullable=True), "clickhouse", "rewrites every row"),
        (column("ended_at", nullable=False), "control clickhouse", "ended_at"),
        (changed(columns=(*OLD.columns, Column("owner", types.UUID, "Owner."))), "postgres", "it has no default"),
        (changed(key=("user_id",), order_by=("user_id",)), "control clickhouse postgres", "its key was ['id']"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(table: Table | None, stores: str, says: str) -> None:
    for store, made in drafts(table).items():
        stopped = [each for each in made if each.startswith(frozen.CANNOT)]
        assert bool(stopped) == (store in stores.split()), (store, made)
        if stopped:
            assert any(says in each for each in stopped), stopped


def test_an_unfinished_draft_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(frozen, "HERE", tmp_path)
    frozen.write("m0009", "postgres", ["SELECT 1", f"{frozen.CANNOT} table x: it was removed"])
    with pytest.raises(
        frozen.MigrationUnfinished, match=r"m0009_postgres\.sql is unfinished: CANNOT: table x"
    ):
        frozen.read("m0009", "postgres")
    frozen.write("m0009", "postgres", ["SELECT 1", "SELECT 2"])
    assert frozen.read("m0009", "postgres") == ["SELECT 1", "SELECT 2"]
    assert frozen.read("m0009", "clickhouse") == []
