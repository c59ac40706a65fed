"""Links between the state and one version of the book.

State knows accounts and trades by id; the book numbers them. These arrays carry the numbers
along, so that finding the strategy's trades on many accounts is a search in a sorted array.
"""

import numpy as np
from numpy.typing import NDArray

from rules.book import Balances, Book
from rules.state import State, TradeState
from rules.tables import Rows
from schema.wire import UNITS

Numbers = NDArray[np.int64]
_NOWHERE = -1


class Links:
    """The book's numbers for the rows of a state. Made anew when the book or the rows change."""

    def __init__(self, book: Book, state: State) -> None:
        self.book = book
        self.state = state
        self.account_row = state.account_rows(book.accounts.account_id, book.accounts.partition)
        self._instruments = max(len(book.instruments), 1)
        subscriptions = book.subscriptions
        self._subscription = {
            (a, k): row
            for row, (a, k) in enumerate(
                zip(subscriptions.account.tolist(), subscriptions.strategy.tolist(), strict=True)
            )
        }
        self._strategy = {key: k for k, key in enumerate(book.strategies.strategy_id.tolist())}
        self.trade_subscription: Numbers = np.zeros(0, np.int64)
        self.trade_instrument: Numbers = np.zeros(0, np.int64)
        self._keys: Numbers = np.zeros(0, np.int64)
        self._rows: Rows = np.zeros(0, np.int64)
        self.catch_up()

    def catch_up(self) -> None:
        """Number the trades that came into the state by a fold of the log."""
        start = len(self.trade_subscription)
        trades = self.state.trades.rows[start:]
        if not len(trades):
            return
        accounts = [self.book.account_index.get(key, -1) for key in trades["account_id"].tolist()]
        strategies = [self._strategy.get(key, -1) for key in trades["strategy_id"].tolist()]
        pairs = zip(accounts, strategies, strict=True)
        subscriptions = [self._subscription.get(pair, -1) for pair in pairs]
        brokers = self.book.accounts.broker.tolist()
        symbols = trades["symbol"].tolist()
        instruments = [
            self.book.instrument_index.get((brokers[a], symbol), -1) if a >= 0 else -1
            for a, symbol in zip(accounts, symbols, strict=True)
        ]
        self.extend(np.array(subscriptions, np.int64), np.array(instruments, np.int64))

    def extend(self, subscriptions: Numbers, instruments: Numbers) -> None:
        """Number the newest trades of the state; -1 for what the book does not know."""
        start = len(self.trade_subscription)
        self.trade_subscription = np.concatenate([self.trade_subscription, subscriptions])
        self.trade_instrument = np.concatenate([self.trade_instrument, instruments])
        rows = np.arange(start, start + len(subscriptions))
        known = (subscriptions >= 0) & (instruments >= 0)
        rows = rows[known]
        keys = self._key(subscriptions[known], instruments[known])
        order = np.argsort(keys, kind="stable")
        place = np.searchsorted(self._keys, keys[order], side="right")
        self._keys = np.insert(self._keys, place, keys[order])
        self._rows = np.insert(self._rows, place, rows[order])

    def _key(self, subscriptions: Numbers, instruments: Numbers) -> Numbers:
        return subscriptions.astype(np.int64) * self._instruments + instruments

    def trades_of(self, subscriptions: Numbers, instruments: Numbers) -> tuple[Rows, Rows]:
        """Find the live trades of each (subscription, instrument).

        Returns:
            Two aligned arrays, oldest trade first: position in the arguments, row of trades.
        """
        wanted = self._key(subscriptions, instruments)
        low = np.searchsorted(self._keys, wanted, side="left")
        count = np.searchsorted(self._keys, wanted, side="right") - low
        asked = np.repeat(np.arange(len(wanted)), count)
        offset = np.arange(len(asked)) - np.repeat(np.cumsum(count) - count, count)
        rows = self._rows[np.repeat(low, count) + offset]
        alive = self.state.trades.rows["state"][rows] <= TradeState.OPEN
        return asked[alive], rows[alive]

    def open_by_subscription(self) -> Numbers:
        """Count the live trades of each subscription."""
        alive = self.state.trades.rows["state"] <= TradeState.OPEN
        mine = self.trade_subscription[alive & (self.trade_subscription >= 0)]
        return np.bincount(mine, minlength=len(self.book.subscriptions))

    def volume_by_side(self, accounts: Numbers, instruments: Numbers, side: int) -> Numbers:
        """Sum the live volume per (account, instrument) on one side, 1e-8 lots."""
        trades = self.state.trades.rows
        mine = (trades["state"] <= TradeState.OPEN) & (trades["side"] == side)
        mine &= (self.trade_subscription >= 0) & (self.trade_instrument >= 0)
        account = self.book.subscriptions.account[self.trade_subscription[mine]].astype(np.int64)
        keys = account * self._instruments + self.trade_instrument[mine]
        order = np.argsort(keys, kind="stable")
        total = np.concatenate([[0], np.cumsum(trades["volume"][mine][order])])
        wanted = accounts.astype(np.int64) * self._instruments + instruments
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
