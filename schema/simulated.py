"""Tables of a simulated terminal's book, in SQLite: what a broker would know.

One file per terminal. Money, prices, lots: counts of 1e-8; times: microseconds in UTC, 0 for
none; ids: 16 raw bytes; enums: their numbers. Columns are those of the records that cross
the broker port, under the same names.

accounts   one row per account: currency, balance now, leverage
orders     every order ever accepted; state 1 is pending, all others are final.
           `request_id` is the order_id of the request that placed it (nil for SL and TP);
           the port does not give it back, checks that read the book may use it
deals      every deal, balance operations (type 2) included; the sum of profit, commission, swap
           and fee over an account's deals is its balance
positions  the open positions; the closed ones are in the deals
state      the terminal's memory: clock, next ticket, script of failures, requests counted
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from schema.broker import BROKER_ORDER, POSITION
from schema.wire import DEAL

VERSION = 1  # PRAGMA user_version
_SQLITE = {"V": "BLOB", "S": "TEXT", "u": "INTEGER", "i": "INTEGER", "f": "REAL"}


@dataclass(frozen=True)
class BookTable:
    """One table: SQLite's type of each column, the key, and columns to index."""

    name: str
    key: str
    columns: Mapping[str, str]
    indexes: tuple[str, ...] = ()

    @property
    def ddl(self) -> list[str]:
        """The statements that create the table."""
        columns = ", ".join(
            f"{name} {kind}{' PRIMARY KEY' if name == self.key else ' NOT NULL'}"
            for name, kind in self.columns.items()
        )
        return [
            f"CREATE TABLE {self.name} ({columns}) STRICT",
            *(f"CREATE INDEX {self.name}_{c} ON {self.name} ({c})" for c in self.indexes),
        ]

    @property
    def upsert(self) -> str:
        """The statement that writes a row, in place of one with the same key."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT OR REPLACE INTO {self.name} ({', '.join(self.columns)}) VALUES ({marks})"  # noqa: S608

    @property
    def delete(self) -> str:
        """The statement that removes the row of a key."""
        return f"DELETE FROM {self.name} WHERE {self.key} = ?"  # noqa: S608

    def select(self, where: str = "") -> str:
        """Return the query of all columns, in the order of the key."""
        condition = f" WHERE {where}" if where else ""
        return f"SELECT {', '.join(self.columns)} FROM {self.name}{condition} ORDER BY {self.key}"  # noqa: S608


def _of(dtype: np.dtype[Any], without: Collection[str] = ()) -> dict[str, str]:
    return {n: _SQLITE[dtype[n].kind] for n in dtype.names or () if n not in without}


ACCOUNTS = BookTable(
    "accounts",
    "account_id",
    {"account_id": "BLOB", "currency": "TEXT", "balance": "INTEGER", "leverage": "REAL"},
)
ORDERS = BookTable(
    "orders",
    "order_ticket",
    {"request_id": "BLOB", **_of(BROKER_ORDER), "expires_at": "INTEGER"},
    indexes=("done_at",),
)
DEALS = BookTable("deals", "deal_ticket", _of(DEAL, without={"order_id"}), indexes=("time",))
POSITIONS = BookTable(
    "positions",
    "position_ticket",
    {**_of(POSITION, without={"profit"}), "margin": "INTEGER"},
)
STATE = BookTable("state", "name", {"name": "TEXT", "value": "TEXT"})
TABLES = (ACCOUNTS, ORDERS, DEALS, POSITIONS, STATE)
