"""The book on disk: one SQLite file, driven by one process, committed before an answer."""

import fcntl
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from brokers.simulated.book import Account, Book, Order, Position
from brokers.simulated.rows import (
    DEAL_ACCOUNT,
    DEAL_TICKET,
    Row,
    account_row,
    deal_row,
    order_row,
    position_row,
)
from brokers.simulated.specification import Instrument, SimulatedAccount
from rules.errors import Ambiguous, Fatal, Transient
from schema.enums import Side
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.simulated import ACCOUNTS, DEALS, ORDERS, POSITIONS, STATE, TABLES, VERSION

FILE = "book.sqlite"
_LOCK = "book.lock"


class Store:
    """The file of one terminal's book.

    Raises:
        Fatal: If another process drives the terminal, or the file is not a book of ours.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / FILE
        self._lock = _locked(directory)
        try:
            # Every call may come from another thread, though never two at once.
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            os.close(self._lock)
            raise Fatal(f"cannot open the terminal's book {self.path}: {error}") from error
        except Fatal:
            self.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            ddl = ";".join(statement for table in TABLES for statement in table.ddl)
            self._db.executescript(f"BEGIN; {ddl}; PRAGMA user_version = {VERSION}; COMMIT")
        elif version != VERSION:
            raise Fatal(f"{self.path} is a book of version {version}; this is for {VERSION}")

    def state(self) -> dict[str, str]:
        """Return what the terminal remembers beside its book."""
        return dict(self._db.execute(STATE.select()).fetchall())

    def load(
        self, accounts: Mapping[bytes, SimulatedAccount], instruments: Mapping[bytes, Instrument]
    ) -> Book:
        """Return the book of the accounts named; what belongs to others stays on disk.

        Raises:
            Fatal: If a position or pending order is of a symbol that is not offered any more.
        """
        book, state = Book(), self.state()
        book.clock, book.next_ticket = int(state.get("clock", 0)), int(state.get("ticket", 1))
        for account_id, _, balance, _ in self._db.execute(ACCOUNTS.select()):
            if account_id in accounts:
                book.accounts[account_id] = Account(accounts[account_id], balance)
        for row in self._db.execute(POSITIONS.select()):
            named = dict(zip(POSITIONS.columns, row, strict=True))
            if named["account_id"] in book.accounts:
                _restore_position(book, named, _offered(instruments, named))
        placed = f"state = {BrokerOrderState.PLACED.value}"
        for row in self._db.execute(ORDERS.select(placed)):
            named = dict(zip(ORDERS.columns, row, strict=True))
            if named["account_id"] in book.accounts:
                order = _order(named, _offered(instruments, named))
                book.pending[order.ticket] = order
                book.accounts[order.account_id].pending[order.ticket] = order
        return book

    def commit(self, book: Book, state: Mapping[str, str]) -> None:
        """Write what has changed in one transaction, durable on return.

        Raises:
            Transient: Nothing was written (a full disk); memory is ahead, load again.
            Ambiguous: It may or may not have been written; load again.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._write(book, state)
        except sqlite3.Error as error:
            self._rollback()
            raise Transient(f"the terminal cannot write {self.path}: {error}") from error
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            raise Ambiguous(f"the terminal cannot commit {self.path}: {error}") from error
        book.settled()

    def _write(self, book: Book, state: Mapping[str, str]) -> None:
        accounts = (book.accounts[key] for key in book.changed_accounts)
        self._db.executemany(ACCOUNTS.upsert, [account_row(a) for a in accounts])
        self._db.executemany(ORDERS.upsert, [order_row(o) for o in book.orders.values()])
        self._db.executemany(DEALS.upsert, [deal_row(d) for d in book.deals])
        positions = (book.positions[ticket] for ticket in book.changed_positions)
        self._db.executemany(POSITIONS.upsert, [position_row(p) for p in positions])
        self._db.executemany(POSITIONS.delete, [(t,) for t in book.gone_positions])
        own = {"clock": str(book.clock), "ticket": str(book.next_ticket)}
        self._db.executemany(STATE.upsert, list({**state, **own}.items()))

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def deals_after(self, tickets: Mapping[bytes, int]) -> list[Row]:
        """Return the deals (rows of DEALS) of each account with higher tickets than these."""
        rows = self._db.execute(DEALS.select("deal_ticket > ?"), [min(tickets.values(), default=0)])
        return [r for r in rows if r[DEAL_TICKET] > tickets.get(r[DEAL_ACCOUNT], r[DEAL_TICKET])]

    def deals_since(self, since: int) -> list[Row]:
        """Return the deals from a time on."""
        return self._db.execute(DEALS.select("time >= ?"), [since]).fetchall()

    def orders_since(self, since: int, *, pending_types_only: bool = False) -> list[Row]:
        """Return the orders that became final from a time on."""
        where = f"done_at >= ? AND state <> {BrokerOrderState.PLACED.value}"
        if pending_types_only:
            where += f" AND type >= {BrokerOrderType.BUY_LIMIT.value}"
        return self._db.execute(ORDERS.select(where), [since]).fetchall()

    def close(self) -> None:
        """Close the file and let go of the lock."""
        self._db.close()
        os.close(self._lock)


def _locked(directory: Path) -> int:
    """Return the descriptor that holds the directory's lock; a kill -9 lets go of it too."""
    fd = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        raise Fatal(f"the terminal in {directory} is driven by process {holder} already") from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd


def _offered(instruments: Mapping[bytes, Instrument], row: Mapping[str, Any]) -> Instrument:
    try:
        return instruments[row["symbol"].encode("latin-1")]
    except KeyError:
        raise Fatal(
            f"the book holds {row['symbol']}, which is not among the broker's instruments"
        ) from None


def _restore_position(book: Book, row: Mapping[str, Any], instrument: Instrument) -> None:
    position = Position(
        ticket=row["position_ticket"],
        account_id=row["account_id"],
        instrument=instrument,
        side=Side(row["side"]),
        volume=row["volume"],
        price_open=row["price_open"],
        stop_loss=row["stop_loss"],
        take_profit=row["take_profit"],
        margin=row["margin"],
        magic=row["magic"],
        comment=row["comment"].encode("latin-1"),
        opened_at=row["opened_at"],
    )
    account = book.accounts[position.account_id]
    book.positions[position.ticket] = account.positions[position.ticket] = position
    account.margin += position.margin


def _order(row: Mapping[str, Any], instrument: Instrument) -> Order:
    return Order(
        ticket=row["order_ticket"],
        request_id=row["request_id"],
        account_id=row["account_id"],
        instrument=instrument,
        type=BrokerOrderType(row["type"]),
        state=BrokerOrderState(row["state"]),
        volume=row["volume"],
        price=row["price"],
        stop_loss=row["stop_loss"],
        take_profit=row["take_profit"],
        magic=row["magic"],
        comment=row["comment"].encode("latin-1"),
        placed_at=row["placed_at"],
        expires_at=row["expires_at"],
        filled=row["filled"],
        position_ticket=row["position_ticket"],
        done_at=row["done_at"],
    )
