"""What the book adds to the rows of a state: brokers, and the measures of instruments."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.book import Book
from rules.tables import Fields, Rows
from schema.ids import NIL, Ids
from schema.wire import Records

Floats = NDArray[np.float64]


class Names:
    """The book's columns by the ids and symbols of rows. What it does not know is NaN, or nil."""

    def __init__(self, book: Book) -> None:
        self._book = book
        accounts = book.accounts.account_id.tolist() if len(book.accounts) else []
        self._account: Mapping[bytes, int] = {key: row for row, key in enumerate(accounts)}

    def brokers_of(self, records: Fields) -> Ids:
        """Return the broker that records name; the account's now where an older log names none."""
        own: Ids = records["broker_id"]
        unnamed = own == np.zeros(1, "V16")
        return np.where(unnamed, self.brokers(records["account_id"]), own) if unnamed.any() else own

    def brokers(self, account_ids: Records) -> Ids:
        """Return the broker of each account, nil for an account that is not in the book."""
        rows = self._accounts(account_ids)
        if not len(self._account):
            return np.full(len(rows), np.void(NIL), "V16")
        found: Ids = self._book.brokers[self._book.accounts.broker[np.maximum(rows, 0)]].copy()
        found[rows < 0] = np.void(NIL)
        return found

    def instruments(self, account_ids: Records, symbols: Records) -> Rows:
        """Return the instrument of each symbol at the account's broker, -1 unknown."""
        rows = self._accounts(account_ids)
        index = self._book.instrument_index
        broker = self._book.accounts.broker.tolist() if len(self._account) else []
        pairs = zip(rows.tolist(), symbols.tolist(), strict=True)
        found = [index.get((broker[a], symbol), -1) if a >= 0 else -1 for a, symbol in pairs]
        return np.array(found, dtype=np.int64)

    def points(self, instruments: Rows) -> Floats:
        """Return the price of a point."""
        return self._measure("point", instruments)

    def pips(self, instruments: Rows) -> Floats:
        """Return the price of a pip."""
        return self._measure("pip", instruments)

    def contracts(self, instruments: Rows) -> Floats:
        """Return the units of a lot."""
        return self._measure("contract_size", instruments)

    def is_in_account_currency(self, account_ids: Records, instruments: Rows) -> NDArray[np.bool_]:
        """Return which instruments' profit is in the currency of the account."""
        rows = self._accounts(account_ids)
        known = (rows >= 0) & (instruments >= 0)
        if not known.any():
            return known
        mine = self._book.accounts.currency[np.maximum(rows, 0)]
        theirs = self._book.instruments.profit_currency[np.maximum(instruments, 0)]
        return np.asarray(known & (mine == theirs))

    def _accounts(self, account_ids: Records) -> Rows:
        found = map(self._account.get, account_ids.tolist())
        return np.array([-1 if row is None else row for row in found], dtype=np.int64)

    def _measure(self, name: str, instruments: Rows) -> Floats:
        values: Any = getattr(self._book.instruments, name)
        if not len(values):
            return np.full(len(instruments), np.nan)
        return np.where(instruments >= 0, values[np.maximum(instruments, 0)], np.nan)
