"""`tradecast forget`: a user removed from every store, or made nobody where rows have to stay.

Rows that are the user's own business go. The books of their accounts stay, for money stands behind
them, and name a pseudonym that nothing leads from. The audit stays as it is until its time is over.
It may be run again after a fault: the control data, which says who is who, comes last.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import redis

from config import live as live_configuration
from flows import privacy
from flows.configuration import record_versions
from flows.errors import CommandError, Exit, complain
from flows.output import write_json, write_rows
from flows.stores import clickhouse_url, open_store, values
from rules.errors import Transient
from schema import clickhouse, sql
from schema.registry import TABLES
from sinks import personal
from sinks.duckdb.client import open_or_connect
from sinks.personal import Forgetting, Person

if TYPE_CHECKING:
    from flows.context import System
    from schema.table import Table

_COLUMNS = ("store", "table", "rows", "what", "why")
_WAIT = {"mutations_sync": 2}
_OVER = ("closed", "never")  # states of trades


class ForgetFailed(Transient):
    """A store did not forget; run it again."""


@dataclass(frozen=True)
class _Line:
    store: str
    table: str
    rows: int
    what: str
    why: str = ""


def run(system: System, named: str, *, yes: bool, as_json: bool) -> int:
    """Forget a user, and print what went, what stays and why.

    Args:
        system: whose.
        named: the user's id, address or name.
        yes: do it; else only say what would be done.
        as_json: print JSON rather than a table.

    Raises:
        CommandError: there is no such user, or they trade.
        ForgetFailed: a store refused; run it again.
    """
    person = privacy.find(system, named)
    _refuse_who_trades(system, person)
    days = system.settings.maintain.audit_days
    lines = _plan(system, person, days)
    if yes:
        _forget(system, person)
    rows = [[line.store, line.table, line.rows, line.what, line.why] for line in lines]
    if as_json:
        told = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        write_json({"done": yes, "tables": told})
        return Exit.OK
    write_rows(_COLUMNS, rows, title="forgotten" if yes else "would be forgotten")
    if not yes:
        print("Nothing was changed. Run it with --yes: there is no way back.")
    else:
        print("Backups, exports and log files of before still name the user: delete those too.")
    return Exit.OK


def _refuse_who_trades(system: System, person: Person) -> None:
    """Refuse while money moves: open trades, live subscriptions, others who follow."""
    live_one = "deleted_at IS NULL AND status = 'active'"
    theirs = f"account_id IN ({_list(person.accounts)})"
    followed = f"strategy_id IN ({_list(person.strategies)})"
    standing = "closed_at IS NULL AND status IN ('pending', 'executed')"
    questions = [
        ("trades", f"{theirs} AND {standing}", "open trades"),
        ("subscriptions", f"{theirs} AND {live_one}", "active subscriptions"),
        ("subscriptions", f"{followed} AND {live_one}", "accounts that follow their strategies"),
    ]
    with open_store(system, "duckdb") as store:
        for table, condition, what in questions:
            query = f"SELECT count(*) FROM {table} WHERE {condition}"  # noqa: S608 - ids of ours
            _refuse(person, int(values(store, query)[0][0]), what)
    if system.postgres_url():
        from sinks import postgres_personal  # noqa: PLC0415 - only where there is one

        with privacy.postgres(system) as connection:
            for table, condition, what in questions:
                _refuse(person, postgres_personal.count(connection, table, condition), what)
    with closing(system.redis()) as client:
        _check_redis(client)
        states = [row["state"] for _, row in privacy.live(client, TABLES["trade_state"], person)]
        _refuse(person, sum(state not in _OVER for state in states), "open trades")


def _refuse(person: Person, count: int, what: str) -> None:
    if count:
        raise CommandError(
            f"{person.username} has {count} {what}: close or end them first", Exit.BUSY
        )


def _plan(system: System, person: Person, days: int) -> list[_Line]:
    lines = []
    for name in privacy.holding(system):
        for table, rows in privacy.stored(system, name, person):
            what = personal.fate(table)
            why = "" if what == "removed" else personal.why(table, days)
            lines.append(_Line(name, table.name, rows.num_rows, what, why))
    with closing(system.redis()) as client:
        gone = _gone_from_redis(client, person)
    return lines + [_Line("redis", which, len(keys), "removed") for which, keys in gone.items()]


def _forget(system: System, person: Person) -> None:
    pseudonym = str(uuid4())
    with closing(system.redis()) as client:
        for keys in _gone_from_redis(client, person).values():
            client.delete(*keys)
    _in_clickhouse(system, person, pseudonym)
    which = Forgetting(person=person, pseudonym=pseudonym)
    if system.postgres_url():
        from sinks import postgres_personal  # noqa: PLC0415 - only where there is one

        with privacy.postgres(system) as connection:
            postgres_personal.forget(connection, which)
    with open_or_connect(system.duckdb_socket, system.home.duckdb_dir, write=True) as reader:
        reader.forget(which)
        version, tables = reader.read_control()
    # Trading and analysts get the tombstones as they get every change; `up` tells who is away.
    try:
        with closing(system.redis()) as client:
            live_configuration.publish(client, tables, version)
        if system.settings.clickhouse.url or system.running() is not None:
            record_versions(system)
    except (redis.RedisError, Transient) as error:
        complain(f"the next start tells Redis and ClickHouse of the new configuration: {error}")


def _in_clickhouse(system: System, person: Person, pseudonym: str) -> None:
    import clickhouse_connect  # noqa: PLC0415 - a third of a second
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415

    with ExitStack() as stack:
        url = clickhouse_url(system, stack)
        try:
            client: Any = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
            stack.callback(client.close)
            query = "SELECT name FROM system.tables WHERE database = currentDatabase()"
            here = {str(row[0]) for row in client.query(query).result_rows}
            for table in TABLES.values():
                change = _mutation(table, person, pseudonym)
                if change and "clickhouse" in table.stores and clickhouse.target(table) in here:
                    target = sql.name(clickhouse.target(table))
                    client.command(f"ALTER TABLE {target} {change}", settings=_WAIT)
        except ClickHouseError as error:
            raise ForgetFailed(f"ClickHouse: {error}") from error


def _mutation(table: Table, person: Person, pseudonym: str) -> str | None:
    """Return what ALTER TABLE has to do to forget a person in a table; None for nothing.

    Of the configuration all versions of their rows go; the tombstones come as new ones.
    """
    theirs = personal.where(table, person)
    if theirs is None or personal.fate(table) == "kept":
        return None
    if table.kind == "history" and personal.fate(table) == "pseudonymised":
        return f"UPDATE {personal.pseudonymised(table, pseudonym)} WHERE {theirs}"
    mine = personal.own(table, person)
    return f"DELETE WHERE {mine}" if mine else None


def _gone_from_redis(client: redis.Redis, person: Person) -> dict[str, list[bytes]]:
    """Keys of live rows that name the user; those of accounts end by themselves."""
    found: dict[str, list[bytes]] = {}
    for table in TABLES.values():
        if "user_id" in table.names:
            keys = [key for key, _ in privacy.live(client, table, person)]
            if keys:
                found[table.name] = keys
    return found


def _check_redis(client: redis.Redis) -> None:
    try:
        client.ping()
    except redis.ConnectionError as error:
        raise CommandError(
            "Redis does not answer, and sessions of the user may be there: start the system first",
            Exit.UNAVAILABLE,
        ) from error


def _list(ids: tuple[str, ...]) -> str:
    return ", ".join(map(sql.text, ids)) or "NULL"
