"""Links between the state and one version of the book.

State knows accounts and trades by id; the book numbers them. These arrays carry the numbers
along, so that finding the strategy's trades on many accounts is a search in a sorted array.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.book import Balances, Book
from rules.state import State, TradeState
from rules.tables import Rows
from schema.wire import UNITS

Numbers = NDArray[np.int64]
_NOWHERE = -1
_LIVE = int(TradeState.OPEN)


class Links:
    """The book's numbers for the rows of a state. Made anew when the book or the rows change."""

    def __init__(self, book: Book, state: State) -> None:
        self.book = book
        self.state = state
        self.account_row = state.account_rows(book.accounts.account_id, book.accounts.partition)
        self._width = (
            len(book.instruments) + 1
        )  # keys of a subscription: unknown, then each instrument
        self._count = 0
        self._subscription: Numbers = np.zeros(0, np.int64)
        self._instrument: Numbers = np.zeros(0, np.int64)
        # Trades by key, sorted; those behind `_sorted` are taken in when they are looked for.
        self._sorted = 0
        self._keys: Numbers = np.zeros(0, np.int64)
        self._rows: Rows = np.zeros(0, np.int64)
        self.catch_up()

    @property
    def trade_subscription(self) -> Numbers:
        """Subscription of each trade, -1 where the book knows none."""
        return self._subscription[: self._count]

    @property
    def trade_instrument(self) -> Numbers:
        """Instrument of each trade, -1 where the book knows none."""
        return self._instrument[: self._count]

    def catch_up(self) -> None:
        """Number the trades that came into the state by a fold of the log."""
        trades = self.state.trades[slice(self._count, None)]
        if not len(trades):
            return
        book = self.book
        accounts = _numbers(book.account_index, trades["account_id"].tolist())
        strategies = _numbers(
            {key: row for row, key in enumerate(book.strategies.strategy_id.tolist())},
            trades["strategy_id"].tolist(),
        )
        known = (accounts >= 0) & (strategies >= 0)
        count = max(len(book.accounts), 1)
        subscriptions = np.where(
            known, _found(self._pairs(count), strategies * count + accounts), _NOWHERE
        )
        brokers = book.accounts.broker[accounts].tolist() if len(book.accounts) else []
        places = zip(brokers, trades["symbol"].tolist(), strict=bool(brokers))
        instruments = _numbers(book.instrument_index, list(places) or [None] * len(trades))
        self.extend(subscriptions, np.where(accounts >= 0, instruments, _NOWHERE))

    def _pairs(self, accounts: int) -> Numbers:
        subscriptions = self.book.subscriptions
        return subscriptions.strategy.astype(np.int64) * accounts + subscriptions.account

    def extend(self, subscriptions: Numbers, instruments: Numbers) -> None:
        """Number the newest trades of the state; -1 for what the book does not know."""
        start, self._count = self._count, self._count + len(subscriptions)
        if self._count > len(self._subscription):
            room = np.zeros(max(64, self._count), np.int64)
            self._subscription = np.concatenate([self._subscription[:start], room])
            self._instrument = np.concatenate([self._instrument[:start], room])
        self._subscription[start : self._count] = subscriptions
        self._instrument[start : self._count] = instruments

    def _sort(self) -> None:
        start, self._sorted = self._sorted, self._count
        if start == self._count:
            return
        rows = np.flatnonzero(self.trade_subscription[start:] >= 0) + start
        keys = self._key(self.trade_subscription[rows], self.trade_instrument[rows])
        order = np.argsort(keys, kind="stable")
        place = np.searchsorted(self._keys, keys[order], side="right")
        self._keys = np.insert(self._keys, place, keys[order])
        self._rows = np.insert(self._rows, place, rows[order])

    def _key(self, subscriptions: Numbers, instruments: Numbers) -> Numbers:
        return subscriptions * self._width + instruments + 1

    def trades_of(self, subscriptions: Numbers, instruments: Numbers) -> tuple[Rows, Rows]:
        """Find the live trades of each (subscription, instrument); an unknown instrument has none.

        Returns:
            Two aligned arrays, oldest trade first: position in the arguments, row of trades.
        """
        # No trade of an instrument that the book does not know is meant by a signal.
        wanted = np.where(instruments >= 0, self._key(subscriptions, instruments), _NOWHERE)
        return self._between(wanted, wanted + 1)

    def _between(self, first: Numbers, end: Numbers) -> tuple[Rows, Rows]:
        """Find the live trades whose key lies in each of some ranges."""
        self._sort()
        low = np.searchsorted(self._keys, first)
        count = np.searchsorted(self._keys, end) - low
        asked = np.repeat(np.arange(len(first)), count)
        offset = np.arange(len(asked)) - np.repeat(np.cumsum(count) - count, count)
        rows = self._rows[np.repeat(low, count) + offset]
        alive = self.state.trades["state"][rows] <= _LIVE
        return asked[alive], rows[alive]

    def open_of(self, subscriptions: Numbers) -> Numbers:
        """Count the live trades of each of some subscriptions."""
        first = subscriptions * self._width
        asked, _ = self._between(first, first + self._width)
        return np.bincount(asked, minlength=len(subscriptions))

    def volume_by_side(self, accounts: Numbers, instruments: Numbers, side: int) -> Numbers:
        """Sum the live volume per (account, instrument) on one side, 1e-8 lots."""
        trades = self.state.trades.rows
        mine = (trades["state"] <= _LIVE) & (trades["side"] == side)
        mine &= (self.trade_subscription >= 0) & (self.trade_instrument >= 0)
        account = self.book.subscriptions.account[self.trade_subscription[mine]].astype(np.int64)
        keys = account * self._width + self.trade_instrument[mine]
        order = np.argsort(keys, kind="stable")
        total = np.concatenate([[0], np.cumsum(trades["volume"][mine][order])])
        wanted = accounts.astype(np.int64) * self._width + instruments
        low = np.searchsorted(keys[order], wanted, side="left")
        high = np.searchsorted(keys[order], wanted, side="right")
        return np.asarray(total[high] - total[low])

    def balances(self) -> Balances:
        """Return what the last marks said of the book's accounts."""
        accounts = self.state.accounts.rows[self.account_row]
        known = accounts["marked_at"] > 0
        columns = {
            name: np.where(known, accounts[name] / UNITS, np.nan)
            for name in ("balance", "equity", "margin_free")
        }
        return Balances(marked_at=accounts["marked_at"].copy(), **columns)


def _numbers(index: Mapping[Any, int], keys: Iterable[Any]) -> Numbers:
    return np.array([index.get(key, _NOWHERE) for key in keys], np.int64)


def _found(known: Numbers, wanted: Numbers) -> Numbers:
    """Return where each wanted number stands among the known, -1 where it does not."""
    if not len(known):
        return np.full(len(wanted), _NOWHERE, np.int64)
    order = np.argsort(known, kind="stable")
    place = order[np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)]
    return np.where(known[place] == wanted, place, _NOWHERE)
