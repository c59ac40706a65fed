"""Migrations go forward only, and a store that is ahead or different is refused."""

import pytest

from schema import migrations
from schema.migrations import MIGRATIONS, MigrationChangedError, SchemaTooNewError

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


def test_versions_rise_and_stores_differ() -> None:
    versions = [each.version for each in MIGRATIONS]
    assert versions == sorted(set(versions))
    assert len({migrations.checksum(MIGRATIONS[0], store) for store in migrations.STORES}) == 4
