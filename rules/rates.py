"""Prices and conversion rates: which instruments give a rate, and the market as quotes arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rules.book import Book, Market
from rules.signals import Float, Int64
from schema.wire import Records

# Time of a rate that rests on no quote (a currency into itself): never too old.
TIMELESS = 2**62
_FIRST_CHOICE = ("USD", "EUR")
_NONE = -1

Rows = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class RatePaths:
    """The way from one currency to another at each broker, as [broker, from, to].

    A way has one leg or two; a leg is an instrument (-1: none), perhaps read backwards. One
    instrument is better than two; of two, those that meet in USD, else in EUR, else in the
    first currency by name.
    """

    first: Rows
    first_inverse: NDArray[np.bool_]
    second: Rows
    second_inverse: NDArray[np.bool_]
    symbols: tuple[NDArray[np.bytes_], ...]  # of each broker, sorted
    rows: tuple[Rows, ...]  # the instruments of these symbols

    @classmethod
    def of(cls, book: Book, instruments: pa.Table) -> Self:
        """Return the ways that a book's instruments offer.

        Args:
            book: The compiled configuration.
            instruments: The table it was compiled from. An instrument gives a rate if its name
                holds its base and its profit currency, as EURUSD.m does.
        """
        brokers, currencies = len(book.brokers), len(book.currencies)
        legs = np.full((brokers, currencies, currencies), _NONE, dtype=np.int32)
        inverse = np.zeros(legs.shape, dtype=np.bool_)
        for broker, base, profit, row in _pairs(book, instruments):
            if legs[broker, base, profit] == _NONE or inverse[broker, base, profit]:
                legs[broker, base, profit] = row
                inverse[broker, base, profit] = False
            if legs[broker, profit, base] == _NONE:
                legs[broker, profit, base] = row
                inverse[broker, profit, base] = True
        second = np.full(legs.shape, _NONE, dtype=np.int32)
        second_inverse = np.zeros(legs.shape, dtype=np.bool_)
        first, first_inverse = legs.copy(), inverse.copy()
        same = np.eye(currencies, dtype=np.bool_)
        for via in _meeting_points(book.currencies):
            there, on = legs[:, :, via, None], legs[:, None, via, :]
            new = (first == _NONE) & (there != _NONE) & (on != _NONE) & ~same
            first = np.where(new, there, first)
            first_inverse = np.where(new, inverse[:, :, via, None], first_inverse)
            second = np.where(new, on, second)
            second_inverse = np.where(new, inverse[:, None, via, :], second_inverse)
        by_broker = [np.flatnonzero(book.instruments.broker == b) for b in range(brokers)]
        sorted_rows = [rows[np.argsort(book.instruments.symbol[rows])] for rows in by_broker]
        return cls(
            first=first,
            first_inverse=first_inverse,
            second=second,
            second_inverse=second_inverse,
            symbols=tuple(book.instruments.symbol[rows] for rows in sorted_rows),
            rows=tuple(rows.astype(np.int32) for rows in sorted_rows),
        )


def empty_market(book: Book) -> Market:
    """Return the market before any quote: only a currency's rate into itself is known."""
    count, brokers, currencies = len(book.instruments), len(book.brokers), len(book.currencies)
    same = np.broadcast_to(np.eye(currencies, dtype=np.bool_), (brokers, currencies, currencies))
    return Market(
        bid=np.full(count, np.nan),
        ask=np.full(count, np.nan),
        quoted_at=np.zeros(count, dtype=np.int64),
        rate=np.where(same, 1.0, np.nan),
        rate_at=np.where(same, TIMELESS, 0),
    )


def update_market(
    book: Book, paths: RatePaths, previous: Market | None, broker: int, quotes: Records
) -> Market:
    """Return the market after quotes of one broker.

    Args:
        book: The compiled configuration.
        paths: Made from the same book.
        previous: The market before, of the same book; None: nothing is known yet.
        broker: Row of the broker in `Book.brokers`.
        quotes: QUOTE records, oldest first. Symbols that the book does not know are passed
            over, and so are prices that are no prices and quotes older than the known one.
    """
    market = empty_market(book) if previous is None else previous
    symbols = paths.symbols[broker]
    if not len(symbols):
        return market
    place = np.searchsorted(symbols, quotes["symbol"])
    place = np.minimum(place, len(symbols) - 1)
    row = paths.rows[broker][place]
    fits = (symbols[place] == quotes["symbol"]) & _sound(quotes)
    fits &= quotes["quoted_at"] >= market.quoted_at[row]
    if not fits.any():
        return market
    row, quotes = row[fits], quotes[fits]
    bid, ask, quoted_at = market.bid.copy(), market.ask.copy(), market.quoted_at.copy()
    bid[row], ask[row], quoted_at[row] = quotes["bid"], quotes["ask"], quotes["quoted_at"]
    rate, rate_at = market.rate.copy(), market.rate_at.copy()
    rate[broker], rate_at[broker] = _rates(paths, broker, (bid + ask) / 2, quoted_at)
    return Market(bid=bid, ask=ask, quoted_at=quoted_at, rate=rate, rate_at=rate_at)


def carry_over(before: Book, market: Market, book: Book, paths: RatePaths) -> Market:
    """Return the market of a new book with the prices that were known under the one before."""
    fresh = empty_market(book)
    known = {key: row for row, key in enumerate(before.brokers.tolist())}
    for broker, key in enumerate(book.brokers.tolist()):
        old = known.get(key, _NONE)
        for place, symbol in zip(paths.rows[broker], paths.symbols[broker], strict=True):
            row = before.instrument_index.get((old, bytes(symbol)))
            if row is not None:
                fresh.bid[place], fresh.ask[place] = market.bid[row], market.ask[row]
                fresh.quoted_at[place] = market.quoted_at[row]
        mid = (fresh.bid + fresh.ask) / 2
        fresh.rate[broker], fresh.rate_at[broker] = _rates(paths, broker, mid, fresh.quoted_at)
    return fresh


def _rates(paths: RatePaths, broker: int, mid: Float, quoted_at: Int64) -> tuple[Float, Int64]:
    # Behind the last instrument stands what -1, no instrument, is to find there.
    mid, quoted_at = np.append(mid, np.nan), np.append(quoted_at, 0)
    first, second = paths.first[broker], paths.second[broker]
    rate = np.where(paths.first_inverse[broker], 1.0 / mid[first], mid[first])
    onward = np.where(paths.second_inverse[broker], 1.0 / mid[second], mid[second])
    two = second != _NONE
    rate = np.where(two, rate * onward, rate)
    at = np.where(two, np.minimum(quoted_at[first], quoted_at[second]), quoted_at[first])
    at = np.where(np.isnan(rate), 0, at)
    same = np.eye(len(first), dtype=np.bool_)
    return np.where(same, 1.0, rate), np.where(same, TIMELESS, at)


def _sound(quotes: Records) -> NDArray[np.bool_]:
    bid, ask = quotes["bid"], quotes["ask"]
    return np.asarray((bid > 0) & (ask >= bid) & np.isfinite(ask))


def _pairs(book: Book, instruments: pa.Table) -> list[tuple[int, int, int, int]]:
    brokers = {key: row for row, key in enumerate(book.brokers.tolist())}
    columns: Mapping[str, list[object]] = instruments.select(
        ["broker_id", "symbol", "currency_base", "currency_profit", "deleted_at"]
    ).to_pydict()
    found = []
    for broker_id, symbol, base, profit, gone in zip(*columns.values(), strict=True):
        broker = brokers.get(broker_id, _NONE)
        row = book.instrument_index.get((broker, str(symbol).encode()))
        if gone is None and row is not None and base != profit and f"{base}{profit}" in str(symbol):
            pair = book.currencies[str(base)], book.currencies[str(profit)]
            found.append((broker, *pair, row))
    return sorted(found)


def _meeting_points(currencies: dict[str, int]) -> list[int]:
    chosen = [name for name in _FIRST_CHOICE if name in currencies]
    return [currencies[name] for name in [*chosen, *sorted(currencies.keys() - set(chosen))]]
