"""Two people, and stores that hold rows of both in every table."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from flows.context import System
from schema import arrow, keys, postgres_values
from schema import clickhouse as ch
from schema import duckdb as duck
from schema import redis as live_rows
from schema.ids import make_id
from schema.registry import TABLES, table
from sinks.duckdb.database import Database, Limits
from tests.rows import legal

if TYPE_CHECKING:
    import redis
    from clickhouse_connect.driver.client import Client

    from sinks.postgres import Connection

NOW = datetime.now(UTC).replace(microsecond=0)
# Columns of the books in which publishers may write about themselves.
WRITTEN = {("trade_signal", "comment"), ("trade_signal", "metadata"), ("trades", "metadata")}
SECRETS = {"users": 3, "credentials": 3}


class Someone:
    """A user, with one account, one strategy and a row in every table."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.email = f"{name}@example.com"
        self.user, self.account, self.strategy = (
            make_id(what, name) for what in ("user", "account", "strategy")
        )

    def row(self, which: Any) -> dict[str, Any]:
        """Return their row of a table."""
        row = {column.name: self._value(which, column) for column in which.columns}
        row = legal(which, row)
        if which.name == "trades":
            row["status"] = "executed"
        if which.name == "subscriptions":
            row["status"] = "inactive"
        return row

    def batch(self, which: Any) -> pa.RecordBatch:
        """Return their row of a table as a batch."""
        row = self.row(which)
        return arrow.batch(which, {name: [row[name]] for name in which.names})

    def key(self, which: Any) -> UUID:
        """Return the key of their row."""
        return self._id(which, which.key[0])

    def _value(self, which: Any, column: Any) -> Any:
        kind, name = column.type, column.name
        if kind.numpy == "V16":
            return self._id(which, name)
        if kind.words:
            return next(word for word in kind.words if word)
        if kind.name == "address":
            return "192.0.2.1"
        if pa.types.is_string(kind.arrow):
            return self._text(which, column)
        return self._number(kind)

    def _text(self, which: Any, column: Any) -> str:
        kind, name = column.type, column.name
        own = {"email": self.email, "username": self.name, "country": "CH", "language": "de"}
        if which.kind == "history" and not which.append_only and (which.name, name) not in WRITTEN:
            # What brokers and the system itself write.
            return "{}" if kind.name == "json" else str(self.number)
        if kind.name == "json":
            return json.dumps({"mail": self.email, "user": str(self.user)})
        if kind.low:
            return own.get(name, f"L{self.number}")
        return own.get(name, f"of {self.name} ({which.name})")[: kind.length or 100]

    def _id(self, which: Any, name: str) -> UUID:
        if name in {"user_id", "granted_by"} or (which.name, name) == ("users", "id"):
            return self.user
        if name == "account_id":
            return self.account
        if name == "strategy_id" or (which.name, name) == ("strategies", "id"):
            return self.strategy
        for reference in which.references:
            if reference.columns == (name,):
                target = table(reference.table)
                own = self if target.owner else HOUSE
                return own.key(target)
        return make_id(which.name, name, self.name)

    def _number(self, kind: Any) -> Any:
        if pa.types.is_timestamp(kind.arrow):
            return NOW
        if pa.types.is_date32(kind.arrow):
            return date(2026, 11, 21)
        if pa.types.is_boolean(kind.arrow):
            return False
        return Decimal(self.number) if pa.types.is_decimal(kind.arrow) else self.number


ANNA, BERT = Someone("anna", 1), Someone("bert", 2)
# What belongs to nobody: brokers and the like, to which rows of users refer.
HOUSE = Someone("house", 3)


class Stores:
    """A system's stores, all of which can be searched."""

    def __init__(
        self, system: System, client: redis.Redis, click: Client, postgres: Connection
    ) -> None:
        self.system = system
        self.postgres = postgres
        self.redis = client
        self.click = click

    def fill(self) -> None:
        """Put the rows of both into every store."""
        with Database(self.system.home.duckdb_dir, Limits(256, 2)) as database:
            cursor = database.cursor()
            for which, owners in self._whose("duckdb"):
                for someone in owners:
                    cursor.register("rows_of_it", pa.Table.from_batches([someone.batch(which)]))
                    cursor.execute(duck.insert(which, "rows_of_it"))
                    cursor.unregister("rows_of_it")
        self.postgres.execute("SET session_replication_role = replica")
        for which, owners in self._whose("postgres"):
            for someone in owners:
                (row,) = postgres_values.values(which, someone.batch(which))
                self.postgres.execute(postgres_values.insert(which).encode(), row)
        self.postgres.execute("SET session_replication_role = origin")
        for which in self._with("clickhouse"):
            for someone in (ANNA, BERT):
                rows = pa.Table.from_batches([someone.batch(which)])
                self.click.insert_arrow(ch.target(which), rows)
        for name in ("session_state", "token_store", "user_preferences"):
            for someone in (ANNA, BERT):
                (fields,) = live_rows.encode(table(name), someone.batch(table(name)))
                self.redis.hset(keys.shared_state(name, someone.user), mapping=fields)

    def dump(self) -> dict[tuple[str, str], list[str]]:
        """Every row of every table and key, as text."""
        found: dict[tuple[str, str], list[str]] = {}
        with Database(self.system.home.duckdb_dir, Limits(256, 2)) as database:
            cursor = database.cursor()
            for which in self._with("duckdb"):
                rows = cursor.execute(
                    f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {duck.target(which)}"
                ).fetchall()
                found["duckdb", which.name] = sorted(str(row) for row in rows)
        for which in self._with("postgres"):
            told = self.postgres.execute(f'SELECT t::text FROM "{which.name}" t').fetchall()
            found["postgres", which.name] = sorted(row for (row,) in told)
        for which in self._with("clickhouse"):
            query = f"SELECT * FROM {ch.target(which)} SETTINGS final = 0"
            rows = self.click.query(query).result_rows
            found["clickhouse", which.name] = sorted(str(row) for row in rows)
        for key in self.redis.scan_iter(match="*"):
            kind = self.redis.type(key)
            value: Any = self.redis.hgetall(key) if kind == b"hash" else self.redis.get(key)
            found["redis", key.decode()] = [f"{key!r} {value!r}"]
        return found

    def _whose(self, store: str) -> list[tuple[Any, tuple[Someone, ...]]]:
        whose = [(each, (ANNA, BERT)) for each in self._with(store)]
        shared = {r.table for which, _ in whose for r in which.references}
        return whose + [(table(n), (HOUSE,)) for n in shared if table(n).owner is None]

    def _with(self, store: str) -> list[Any]:
        mine = {"user_id", "account_id", "strategy_id", "granted_by"}
        return [
            each
            for each in TABLES.values()
            if store in each.stores and (each.name == "users" or mine & set(each.names))
        ]


def where(stores: Stores, someone: Someone) -> set[tuple[str, str]]:
    """Tables, and keys of Redis, in which a user's id, name or address stands anywhere."""
    words = (str(someone.user), someone.user.hex, someone.email, someone.name)
    return {
        place
        for place, rows in stores.dump().items()
        if any(word in row for row in rows for word in words)
    }


def rows_of(stores: Stores, someone: Someone) -> dict[tuple[str, str], list[str]]:
    """Rows that name a user, their account, strategy or address, by table and key."""
    words = (str(someone.user), str(someone.account), str(someone.strategy), someone.email)
    return {
        place: [row for row in rows if any(word in row for word in words)]
        for place, rows in stores.dump().items()
    }
