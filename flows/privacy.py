"""What the system holds about one user: found, and written out (`tradecast export`)."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from embedded.server import make_private
from flows.errors import CommandError, Exit
from flows.output import text
from flows.stores import STORES, open_store, values
from schema import clickhouse, duckdb, sql
from schema import redis as live_rows
from schema.registry import TABLES
from sinks import personal
from sinks.files import sync_directory
from sinks.personal import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import redis

    from flows.context import System
    from flows.stores import StoreName
    from schema.table import Table
    from sinks.postgres import Connection


def find(system: System, named: str) -> Person:
    """Find a user by id, address or name, and what is theirs.

    Raises:
        CommandError: there is no such user.
    """
    which = "id" if _is_id(named) else "email" if "@" in named else "username"
    found = [_in_duckdb(system, which, named)]
    if system.postgres_url():
        from sinks import postgres_personal  # noqa: PLC0415 - only where there is one

        with postgres(system) as connection:
            found.append(postgres_personal.find(connection, which, named))
    people = [each for each in found if each is not None]
    if not people:
        raise CommandError(f"there is no user whose {which} is {named}")
    if len({each.user for each in people}) > 1:
        ids = " and ".join(each.user for each in people)
        raise CommandError(f"DuckDB and PostgreSQL know {named} as two users: name one of {ids}")
    return replace(
        people[0],
        accounts=_union(each.accounts for each in people),
        strategies=_union(each.strategies for each in people),
        keys=_union(each.keys for each in people),
    )


def _union(ids: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({one for some in ids for one in some}))


@contextmanager
def postgres(system: System) -> Iterator[Connection]:
    """The PostgreSQL of the settings.

    Raises:
        PostgresAway: it does not answer.
    """
    from sinks.postgres import connect  # noqa: PLC0415 - only where there is one

    with connect(system.postgres_url()) as connection:
        yield connection


def _in_duckdb(system: System, which: str, named: str) -> Person | None:
    with open_store(system, "duckdb") as store:
        query = f"SELECT CAST(id AS VARCHAR), email, username FROM users WHERE {which} = "  # noqa: S608
        found = values(store, query + sql.text(named))
        if not found:
            return None
        user, email, username = found[0]
        return Person(
            user=user,
            email=email,
            username=username,
            accounts=_ids(store, "accounts", "account_id", user),
            strategies=_ids(store, "strategies", "id", user),
            keys=_ids(store, "strategies", "key", user),
        )


def export(system: System, named: str, directory: Path) -> str:
    """Write everything that the stores hold about a user: a JSON and a Parquet file per table.

    Args:
        system: whose stores.
        named: the user's id, address or name.
        directory: where; missing or empty. Below it there is one for each store.

    Returns:
        What was written, for people.

    Raises:
        CommandError: there is no such user, or the directory is not empty.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CommandError(f"{directory} is not empty; name a new directory", Exit.CANNOT_CREATE)
    person = find(system, named)
    part = directory.with_name(f".{directory.name}.{uuid4().hex[:8]}.part")
    counts: dict[str, dict[str, int]] = {}
    try:
        make_private(part)
        for name in holding(system):
            counts[name] = {}
            for table, rows in stored(system, name, person):
                counts[name][table.name] = _write(part / name, table, rows)
        counts["redis"] = {}
        with system.redis() as client:
            for table, rows in living(client, person):
                counts["redis"][table.name] = _write(part / "redis", table, rows)
        (part / "contents.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
        sync_directory(part)
        part.replace(directory)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    total = sum(sum(each.values()) for each in counts.values())
    tables = sum(len(each) for each in counts.values())
    return f"{directory}: {total:,} rows of {tables} tables"


def holding(system: System) -> tuple[str, ...]:
    """Return the stores that rows of users are in, but for Redis."""
    return (*STORES, "postgres") if system.postgres_url() else STORES


def stored(system: System, name: str, person: Person) -> Iterator[tuple[Table, pa.Table]]:
    """Yield a user's rows in a store, all versions of them, table by table."""
    if name != "postgres":
        yield from _in_store(system, "duckdb" if name == "duckdb" else "clickhouse", person)
        return
    from sinks import postgres_personal  # noqa: PLC0415 - only where there is one

    with postgres(system) as connection:
        for table, rows in postgres_personal.stored(connection, person):
            yield table, personal.redacted(table, rows)


def _in_store(system: System, name: StoreName, person: Person) -> Iterator[tuple[Table, pa.Table]]:
    spelling = duckdb if name == "duckdb" else clickhouse
    with open_store(system, name) as store:
        for table in TABLES.values():
            condition = personal.where(table, person)
            if name not in table.stores or condition is None:
                continue
            target = sql.name(spelling.target(table))
            # Identifiers as people read them, whatever the store makes of them.
            columns = ", ".join(
                f"CAST({sql.name(c.name)} AS {_text(c, name)}) AS {sql.name(c.name)}"
                if c.type.numpy == "V16"
                else sql.name(c.name)
                for c in table.columns
            )
            query = f"SELECT {columns} FROM {target} WHERE {condition}"  # noqa: S608
            rows = store.query(query).read_all()
            if rows.num_rows:
                yield table, personal.redacted(table, rows)


def living(client: redis.Redis, person: Person) -> Iterator[tuple[Table, pa.Table]]:
    """Yield a user's live rows on Redis, table by table."""
    for table in TABLES.values():
        found = [row for _, row in live(client, table, person)]
        if found:
            columns = {n: [_plain(row[n]) for row in found] for n in table.names}
            yield table, pa.table(columns)


def live(
    client: redis.Redis, table: Table, person: Person
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield key and row of each live hash of a table that is a user's."""
    if "redis" not in table.stores or table.kind not in ("live", "record"):
        return
    mine = {UUID(person.user)}
    accounts = {UUID(each) for each in person.accounts}
    for pattern in (f"{table.name}:*", f"{{*}}:{table.name}:*"):
        for key in client.scan_iter(match=pattern, count=1000):
            fields: Any = client.hgetall(key)
            row = live_rows.decode(table, fields)
            if row.get("user_id") in mine or row.get("account_id") in accounts:
                yield key, row


def _write(directory: Path, table: Table, rows: pa.Table) -> int:
    make_private(directory)
    pq.write_table(rows, directory / f"{table.name}.parquet")
    told = [{name: _plain(value) for name, value in row.items()} for row in rows.to_pylist()]
    lines = json.dumps(told, indent=1, ensure_ascii=False, default=text)
    (directory / f"{table.name}.json").write_text(lines + "\n", encoding="utf-8")
    return rows.num_rows


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _text(column: Any, store: StoreName) -> str:
    if store == "duckdb":
        return "VARCHAR"
    return "Nullable(String)" if column.nullable else "String"


def _ids(store: Any, table: str, key: str, user: str) -> tuple[str, ...]:
    query = f"SELECT CAST({sql.name(key)} AS VARCHAR) FROM {table} WHERE user_id = {sql.text(user)}"  # noqa: S608
    return tuple(sorted(row[0] for row in values(store, query)))


def _is_id(named: str) -> bool:
    try:
        UUID(named)
    except ValueError:
        return False
    return True
