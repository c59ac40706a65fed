"""Migrations go forward only, and a store that is ahead or different is refused."""

import pytest

from schema import migrations
from schema.migrations import MIGRATIONS, MigrationChangedError, SchemaTooNewError, draft

SECOND = migrations.Migration("9998", "more", lambda store: [f"SELECT '{store}'"])
KNOWN = (*MIGRATIONS, SECOND)


def sums(store: migrations.MigratedStore, *known: migrations.Migration) -> dict[str, str]:
    return {each.version: migrations.checksum(each, store) for each in known}


@pytest.mark.parametrize("store", migrations.STORES)
def test_what_is_applied_is_not_pending(store: migrations.MigratedStore) -> None:
    assert migrations.pending({}, store, KNOWN) == list(KNOWN)
    assert migrations.pending(sums(store, *MIGRATIONS), store, KNOWN) == [SECOND]
    assert migrations.pending(sums(store, *KNOWN), store, KNOWN) == []


def test_a_store_that_is_ahead_is_refused() -> None:
    with pytest.raises(SchemaTooNewError, match="clickhouse has migration 9998"):
        migrations.pending(sums("clickhouse", *KNOWN), "clickhouse", MIGRATIONS)


def test_a_store_made_otherwise_is_refused() -> None:
    with pytest.raises(MigrationChangedError, match="duckdb was made with another migration 0001"):
        migrations.pending({"0001": "0"}, "duckdb")


def test_a_draft_has_what_a_store_lacks_and_no_more() -> None:
    """A store that has every column of every table lacks nothing but what may be repeated."""
    made = ['CREATE TABLE IF NOT EXISTS "things" (\n  "id" UUID NOT NULL,\n  "at" DATE,\n  CHECK (true)\n)',
            'ALTER TABLE "things" ADD COLUMN IF NOT EXISTS "more" INTEGER']  # fmt: skip
    assert draft.known(made) == {"things": ["id", "at", "more"]}
    applied = [s for m in MIGRATIONS for s in migrations.statements(m, "duckdb")]
    has = draft.known(applied)
    assert "margin_level" not in has["orders_versions"]
    assert {"version", "close_reason"} <= set(has["trades_versions"])
    again = draft.draft("duckdb", has)
    assert [
        statement for statement in again if "CREATE" in statement or "COLUMN IF" in statement
    ] == []


def test_versions_rise_and_stores_differ() -> None:
    versions = [each.version for each in MIGRATIONS]
    assert versions == sorted(set(versions))
    assert len({migrations.checksum(MIGRATIONS[0], store) for store in migrations.STORES}) == 4
