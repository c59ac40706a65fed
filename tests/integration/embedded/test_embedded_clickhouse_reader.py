"""Who reads ClickHouse for one user sees the rows of that user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from schema import clickhouse, isolation
from schema.clickhouse_access import closed_tables, names
from schema.registry import table
from tests.embedded_http import ask
from tests.integration.embedded.readers import OPEN, OWNED, other, read, shows
from tests.two_users import ANN, BOB, MOMENT, rows

if TYPE_CHECKING:
    from tests.servers import ClickHouseServer


@pytest.mark.parametrize("name", OWNED)
def test_each_sees_own_rows_and_none_of_the_others(archive: ClickHouseServer, name: str) -> None:
    for place in names(OPEN[name]):
        for user in (ANN, BOB):
            answer = read(archive, user, f"SELECT * FROM {place}")
            assert answer.status == 200, answer.body
            assert shows(answer, user)
            assert not shows(answer, other(user))
            counted = read(archive, user, f"SELECT count() FROM {place}")
            assert counted.body == b"1\n"
        assert read(archive, uuid4(), f"SELECT count() FROM {place}").body == b"0\n"
        assert ask(archive, f"SELECT count() FROM {place}").body == b"2\n"


def test_who_subscribes_reads_the_signals_and_who_leaves_no_more(
    archive: ClickHouseServer,
) -> None:
    def signals(user: UUID) -> bytes:
        found = read(archive, user, "SELECT strategy FROM trade_signal ORDER BY 1")
        assert found.status == 200, found.body
        return bytes(found.body)

    which, carl = table("subscriptions"), UUID(int=0xCA)
    with archive.client() as client:

        def subscribe(user: UUID, version: int, **more: Any) -> None:
            given = {"subscription_id": carl, "strategy_id": BOB, "config_version": version}
            made = rows(which, user, **given, **more)
            client.insert_arrow(clickhouse.target(which), made)

        # A strategy that is public shows itself, and not its signals.
        public = rows(table("strategies"), BOB, is_public=True, config_version=2)
        client.insert_arrow(clickhouse.target(table("strategies")), public)
        assert signals(ANN) == b"ann\n"
        subscribe(ANN, 2)
        assert signals(ANN) == b"ann\nbob\n"
        assert signals(BOB) == b"bob\n"
        subscribe(ANN, 3, status="inactive")
        assert signals(ANN) == b"ann\nbob\n"
        subscribe(ANN, 4, deleted_at=MOMENT)
        assert signals(ANN) == b"ann\n"
        # A subscription of an account that is nobody's opens nothing.
        subscribe(ANN, 5, account_id=carl)
        assert signals(ANN) == b"ann\n"
        for name, key in (("subscriptions", "subscription_id"), ("strategies", "id")):
            where = f"{key} = '{carl}' OR config_version = 2"
            target = clickhouse.target(table(name))
            client.command(f"ALTER TABLE {target} DELETE WHERE {where} SETTINGS mutations_sync = 2")


@pytest.mark.parametrize("name", sorted(each.name for each in closed_tables()))
def test_what_has_no_owner_is_closed(archive: ClickHouseServer, name: str) -> None:
    for place in names(table(name)):
        answer = read(archive, ANN, f"SELECT * FROM {place}")
        assert answer.status != 200
        assert not shows(answer, BOB)


@pytest.mark.parametrize("name", sorted(OPEN.keys() - set(OWNED)))
def test_what_is_for_all_users_is_read_by_all(archive: ClickHouseServer, name: str) -> None:
    assert read(archive, ANN, f"SELECT count() FROM {name}_current").body == b"2\n"


def test_an_account_that_moved_takes_its_rows_along(archive: ClickHouseServer) -> None:
    account, which = uuid4(), table("accounts")
    with archive.client() as client:
        for version, user in ((1, ANN), (2, BOB)):
            given = {"account_id": account, "user_id": user, "config_version": version}
            client.insert_arrow(clickhouse.target(which), rows(which, user, **given))
        orders = rows(table("orders"), ANN, account_id=account, order_id=account)
        client.insert_arrow("orders", orders)
        query = f"SELECT count() FROM {{}} WHERE account_id = '{account}'"
        try:
            for place, of_bob in (("orders", b"1\n"), ("accounts", b"1\n")):
                assert read(archive, BOB, query.format(place)).body == of_bob
                assert read(archive, ANN, query.format(place)).body == b"0\n"
            assert read(archive, ANN, query.format("accounts_versions")).body == b"0\n"
            # Bob does not learn whose it was.
            assert read(archive, BOB, query.format("accounts_versions")).body == b"1\n"
        finally:
            client.command(f"ALTER TABLE orders DELETE WHERE account_id = '{account}'")
            where = f"WHERE account_id = '{account}' SETTINGS mutations_sync = 1"
            client.command(f"ALTER TABLE accounts_versions DELETE {where}")


def test_a_strategy_is_read_while_it_is_public(archive: ClickHouseServer) -> None:
    which, key = table("strategies"), uuid4()
    query = f"SELECT count() FROM strategies WHERE id = '{key}'"
    with archive.client() as client:
        for version, public, seen in ((1, False, b"0\n"), (2, True, b"1\n"), (3, False, b"0\n")):
            given = {"id": key, "is_public": public, "config_version": version}
            client.insert_arrow(clickhouse.target(which), rows(which, BOB, **given))
            assert read(archive, ANN, query).body == seen
            assert read(archive, BOB, query).body == b"1\n"
        where = f"WHERE id = '{key}' SETTINGS mutations_sync = 1"
        client.command(f"ALTER TABLE strategies_versions DELETE {where}")


def test_no_column_of_a_table_has_a_name_that_readers_may_not_use() -> None:
    from embedded.clickhouse import forbidden, reader  # noqa: PLC0415

    every = {name for each in OPEN.values() for name in (*each.names, *names(each))}
    functions = frozenset({b"merge", b"url", b"input", b"loop", b"dictionary", b"cluster"})
    for name in sorted(every):
        text = f"SELECT {name}".encode()
        forbidden.check(text)
        reader.check_statement(text, functions)


def test_secrets_are_in_no_table_of_clickhouse() -> None:
    assert all(isolation.columns(each) == each.names for each in OPEN.values())
