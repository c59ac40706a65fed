"""Prices as the terminal's book sees them: whole counts of 1e-8, spread, conversion."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from brokers.simulated.specification import Instrument
from rules.errors import Fatal
from schema.wire import UNITS, Records

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
CENT = UNITS // 100
_PIVOT = "USD"


class Prices(Protocol):
    """The price feed. Its symbols are its own names; `Instrument.feed` refers to them."""

    @property
    def symbols(self) -> Sequence[str]:
        """The symbols, in the order of `at`."""
        ...

    def at(self, now: int) -> Records:
        """Return the current QUOTE of each symbol; NaN and 0 while there is none."""
        ...

    def between(self, start: int, end: int, symbol: str) -> tuple[Int64, Float, Float]:
        """Return times, bids and asks of the ticks after `start` up to and with `end`."""
        ...


def cents(numerator: int, denominator: int) -> int:
    """Return money, a fraction of 1e-8, rounded to whole cents, halves away from zero."""
    twice = 2 * abs(numerator)
    whole = (twice + denominator * CENT) // (2 * denominator * CENT) * CENT
    return whole if numerator >= 0 else -whole


class Moment:
    """All prices at one time."""

    def __init__(self, now: int, market: "Market", quotes: Records) -> None:
        self.now = now
        self._market = market
        self._bid: list[float] = quotes["bid"].tolist()
        self._ask: list[float] = quotes["ask"].tolist()
        self.quoted_at: list[int] = quotes["quoted_at"].tolist()
        self._prices: dict[bytes, tuple[int, int]] = {}
        self._rates: dict[tuple[str, str], tuple[int, int] | None] = {}

    def price(self, instrument: Instrument) -> tuple[int, int]:
        """Return bid and ask; (0, 0) while there is no quote."""
        key = instrument.symbol.encode()
        found = self._prices.get(key)
        if found is None:
            row = self._market.row[instrument.feed]
            found = self._market.rounded(instrument, self._bid[row], self._ask[row])
            self._prices[key] = found
        return found

    def rate(self, source: str, target: str) -> tuple[int, int] | None:
        """Return numerator and denominator of the rate between currencies; None: unknown.

        The middle of the feed's bid and ask of the direct pair, else of the inverse pair,
        else of both currencies against the US dollar.
        """
        if source == target:
            return 1, 1
        key = (source, target)
        if key not in self._rates:
            self._rates[key] = self._pair(source, target) or self._across(source, target)
        return self._rates[key]

    def _pair(self, source: str, target: str) -> tuple[int, int] | None:
        if twice := self._middle(source + target):
            return twice, 2 * UNITS
        if twice := self._middle(target + source):
            return 2 * UNITS, twice
        return None

    def _across(self, source: str, target: str) -> tuple[int, int] | None:
        if _PIVOT in {source, target}:
            return None
        first, second = self._pair(source, _PIVOT), self._pair(_PIVOT, target)
        return first and second and (first[0] * second[0], first[1] * second[1])

    def _middle(self, pair: str) -> int:
        row = self._market.row.get(pair)
        if row is None or not self._bid[row] > 0 or not self._ask[row] > 0:
            return 0
        return round(self._bid[row] * UNITS) + round(self._ask[row] * UNITS)


class Market:
    """The broker's prices: the feed's, rounded to its digits, plus an extra spread."""

    def __init__(
        self, instruments: Mapping[bytes, Instrument], prices: Prices, *, spread_points: int = 0
    ) -> None:
        self.instruments = instruments
        self.prices = prices
        self.row = {symbol: row for row, symbol in enumerate(prices.symbols)}
        self._spread_points = spread_points
        unknown = [i.symbol for i in instruments.values() if i.feed not in self.row]
        if unknown:
            raise Fatal(f"no prices in the feed for {', '.join(unknown)}")

    def moment(self, now: int) -> Moment:
        """Return the prices at a time."""
        return Moment(now, self, self.prices.at(now))

    def rounded(self, instrument: Instrument, bid: float, ask: float) -> tuple[int, int]:
        """Return the broker's bid and ask of the feed's; (0, 0) if they are not known."""
        if not (bid > 0 and ask > 0):
            return 0, 0
        quantum = 10 ** (8 - instrument.digits)
        extra = self._spread_points * point(instrument)
        low, high = (round(round(p * UNITS) / quantum) * quantum for p in (bid, ask))
        return low, high + extra

    def ticks(self, instrument: Instrument, start: int, end: int) -> tuple[Int64, Int64, Int64]:
        """Return times, bids and asks of the ticks after `start` up to and with `end`."""
        times, bid, ask = self.prices.between(start, end, instrument.feed)
        quantum = 10 ** (8 - instrument.digits)
        extra = self._spread_points * point(instrument)
        low, high = (
            (np.rint(np.rint(p * UNITS) / quantum) * quantum).astype(np.int64) for p in (bid, ask)
        )
        return times, low, high + extra


def point(instrument: Instrument) -> int:
    """Return the price of one point as a count of 1e-8."""
    return round(instrument.point * UNITS)
