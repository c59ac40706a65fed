"""Whose rows a reader sees follows from the registry's owner columns, in words of each store."""

from __future__ import annotations

import pytest

from schema import clickhouse_access, duckdb_access, isolation
from schema.clickhouse_access import READER, SERVICE
from schema.registry import TABLES, table
from schema.table import Column, Owner, RegistryError, Table
from schema.types import UUID, VERSION

STATEMENTS = clickhouse_access.statements("analytics")


def test_every_table_says_who_reads_it() -> None:
    for each in TABLES.values():
        named = {"user_id", "account_id"} & set(each.names)
        if each.stores - {"redis"}:
            assert not named or each.owner is not None


@pytest.mark.parametrize(
    ("owner", "for_users", "told"),
    [(None, False, "does not say whose"), (Owner("account_id", of="account"), True, "everybody's")],
)
def test_a_table_that_forgets_its_owner_does_not_import(
    owner: Owner | None, for_users: bool, told: str
) -> None:
    with pytest.raises(RegistryError, match=told):
        Table(
            name="x",
            layer="x",
            purpose="x",
            columns=(Column("account_id", UUID, "x"), Column("version", VERSION, "x")),
            key=("account_id",),
            stores=frozenset({"clickhouse"}),
            kind="history",
            retention="x",
            owner=owner,
            for_users=for_users,
        )


def test_a_server_gets_a_policy_for_each_table_that_is_not_for_all() -> None:
    for each in TABLES.values():
        if "clickhouse" not in each.stores:
            continue
        place = f'"analytics"."{clickhouse_access.names(each)[0]}"'
        for role in (READER, SERVICE):
            start = f"CREATE ROW POLICY OR REPLACE {role} ON {place} USING "
            found = [statement for statement in STATEMENTS if statement.startswith(start)]
            assert len(found) == (0 if each.for_users else 1)
            assert all(statement.endswith(f" TO {role}") for statement in found)


def test_what_a_server_is_told() -> None:
    assert STATEMENTS[0] == "CREATE ROLE IF NOT EXISTS tradecast_service, tradecast_reader"
    assert (
        'CREATE ROW POLICY OR REPLACE tradecast_reader ON "analytics"."orders" USING "account_id"'
        ' IN (SELECT "account_id" FROM "analytics".reader_accounts) TO tradecast_reader'
    ) in STATEMENTS
    assert (
        'CREATE ROW POLICY OR REPLACE tradecast_service ON "analytics"."orders" USING 1'
        " TO tradecast_service"
    ) in STATEMENTS
    assert (
        'CREATE OR REPLACE VIEW "analytics".reader_accounts DEFINER = CURRENT_USER SQL SECURITY'
        ' DEFINER AS\nSELECT "account_id" FROM (SELECT * FROM "analytics"."accounts_versions" FINAL'
        ' ORDER BY "config_version" DESC LIMIT 1 BY "account_id")'
        " WHERE \"user_id\" = toUUIDOrNull(getSetting('SQL_tradecast_user'))"
    ) in STATEMENTS
    risk = next(
        s
        for s in STATEMENTS
        if s.startswith(f"CREATE ROW POLICY OR REPLACE {READER}") and "risk_limits" in s
    )
    assert "\"user_id\" = toUUIDOrNull(getSetting('SQL_tradecast_user'))" in risk


def test_a_closed_table_is_neither_granted_nor_shown() -> None:
    grants = [statement for statement in STATEMENTS if statement.startswith("GRANT")]
    assert len(grants) > 50
    for each in clickhouse_access.closed_tables():
        places = {f'"analytics"."{name}"' for name in clickhouse_access.names(each)}
        assert not [g for g in grants if any(f" {place} " in g for place in places)]
        with pytest.raises(ValueError, match="closed to readers"):
            isolation.condition(each, isolation.Reader("u", {}))
        assert each.name not in duckdb_access.places()


def test_shared_rows_and_public_ones_are_read_by_all() -> None:
    reader = isolation.Reader("u", {"accounts": "a", "strategies": "s"})
    assert isolation.condition(table("prop_firm_templates"), reader) == (
        '"user_id" = u OR "user_id" IS NULL'
    )
    assert isolation.condition(table("strategies"), reader) == (
        '("user_id" = u OR "is_public") AND "id" IN (s)'
    )
    assert isolation.condition(table("brokers"), reader) == ""


def test_a_reader_of_duckdb_sees_no_secret() -> None:
    text = duckdb_access.select("users", "00000000-0000-0000-0000-000000000001")
    assert "password_hash" not in text
    assert "two_factor_secret" not in text
    assert '"email"' in text
