"""Equity between two marks: its lowest and highest value, from the ticks."""

import numpy as np
from numpy.typing import NDArray

from brokers.simulated.book import Book, Position
from brokers.simulated.market import CENT, Market, Moment
from schema.enums import Side
from schema.wire import MARK, UNITS, Records

_MOST_MOMENTS = 20_000  # of one stretch; a longer one is looked at in even steps
_CHUNK = 256


class Extremes:
    """The lowest and highest equity of each account since its last mark.

    Within one stretch between two changes of the book, profits are converted at the rates of
    its end.
    """

    def __init__(self, book: Book, market: Market) -> None:
        self._book = book
        self._market = market
        self._low: dict[bytes, int] = {}
        self._high: dict[bytes, int] = {}

    def observe(self, start: int, end: int) -> None:
        """Look at all ticks after `start` up to and with `end`; the book did not change."""
        positions = list(self._book.positions.values())
        symbols = {p.instrument.symbol: p.instrument for p in positions}
        ticks = {s: self._market.ticks(i, start, end) for s, i in symbols.items()}
        times = np.unique(np.concatenate([np.empty(0, np.int64), *(t[0] for t in ticks.values())]))
        if not len(times):
            return
        times = times[:: -(-len(times) // _MOST_MOMENTS)]
        before, last = self._market.moment(start), self._market.moment(end)
        closing = {s: _at(times, ticks[s], before.price(i)) for s, i in symbols.items()}
        owners = list({p.account_id: None for p in positions})
        owner_row = {owner: row for row, owner in enumerate(owners)}
        rows = np.array([owner_row[p.account_id] for p in positions])
        order = np.argsort(rows, kind="stable")
        starts = np.searchsorted(rows[order], np.arange(len(owners)))
        worth = np.array([self._worth(p, last) for p in positions])
        opened = np.array([p.price_open for p in positions], dtype=np.float64)
        balances = np.array([self._book.accounts[o].balance for o in owners], dtype=np.float64)
        for first in range(0, len(times), _CHUNK):
            part = slice(first, first + _CHUNK)
            price = np.stack(
                [closing[p.instrument.symbol][int(p.side is Side.SELL)][part] for p in positions]
            )
            gain = np.rint((price - opened[:, None]) * worth[:, None] / CENT) * CENT
            equity = np.add.reduceat(gain[order], starts, axis=0) + balances[:, None]
            self._note(owners, equity)

    def _worth(self, position: Position, moment: Moment) -> float:
        """Return the profit of a price move of 1e-8, in the account's currency; signed."""
        account = self._book.accounts[position.account_id]
        rate = moment.rate(position.instrument.currency_profit, account.terms.currency)
        assert rate  # it was there when the position was opened
        sign = 1 if position.side is Side.BUY else -1
        lots = position.volume / UNITS
        return sign * lots * position.instrument.contract_size * rate[0] / rate[1]

    def _note(self, owners: list[bytes], equity: NDArray[np.float64]) -> None:
        for owner, low, high in zip(owners, equity.min(1), equity.max(1), strict=True):
            self._low[owner] = min(self._low.get(owner, int(low)), int(low))
            self._high[owner] = max(self._high.get(owner, int(high)), int(high))

    def marks(self, moment: Moment) -> Records:
        """Return the mark of each account; the next one's extremes begin here."""
        out = np.zeros(len(self._book.accounts), dtype=MARK)
        for row, account in zip(out, self._book.accounts.values(), strict=True):
            equity, key = account.equity(moment), account.terms.account_id
            row["account_id"] = key
            row["balance"] = account.balance
            row["equity"] = equity
            row["equity_low"] = min(equity, self._low.get(key, equity))
            row["equity_high"] = max(equity, self._high.get(key, equity))
            row["margin"] = account.margin
            row["margin_free"] = equity - account.margin
            row["open_positions"] = len(account.positions)
            row["leverage"] = account.terms.leverage
            row["currency"] = account.terms.currency.encode()
            row["marked_at"] = moment.now
            self._low[key] = self._high[key] = equity
        return out


def _at(
    times: NDArray[np.int64],
    ticks: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    before: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return bid and ask at each of the times: the last tick's, or those before the stretch."""
    rows = np.searchsorted(ticks[0], times, side="right")
    bid, ask = (
        np.concatenate([[float(first)], side.astype(np.float64)])
        for first, side in zip(before, ticks[1:], strict=True)
    )
    return bid[rows], ask[rows]
