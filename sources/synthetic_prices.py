"""Prices made from a seed: a random walk per symbol, about four ticks a second."""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np

from sources.prices import PriceTable

TICKS_PER_SECOND = 4.0
_TRADING_SECONDS = 252 * 86_400  # of a year, over which volatility is stated


class Shape(NamedTuple):
    """What a symbol's prices look like."""

    price: float
    digits: int
    spread: int  # points, at least
    volatility: float  # of a year, 0.08 is 8 %


SHAPES: dict[str, Shape] = {
    "EURUSD": Shape(1.0850, 5, 8, 0.07),
    "GBPUSD": Shape(1.2700, 5, 11, 0.08),
    "AUDUSD": Shape(0.6600, 5, 10, 0.10),
    "NZDUSD": Shape(0.6050, 5, 13, 0.10),
    "USDJPY": Shape(149.50, 3, 9, 0.09),
    "USDCHF": Shape(0.8850, 5, 12, 0.07),
    "USDCAD": Shape(1.3650, 5, 12, 0.06),
    "EURGBP": Shape(0.8543, 5, 12, 0.05),
    "EURJPY": Shape(162.20, 3, 14, 0.09),
    "EURCHF": Shape(0.9602, 5, 14, 0.05),
    "EURAUD": Shape(1.6439, 5, 18, 0.08),
    "GBPJPY": Shape(189.87, 3, 19, 0.10),
    "AUDJPY": Shape(98.67, 3, 15, 0.11),
    "XAUUSD": Shape(2350.00, 2, 20, 0.15),
    "XAGUSD": Shape(28.500, 3, 18, 0.28),
    "US30": Shape(39_500.0, 1, 20, 0.13),
    "US500": Shape(5_300.0, 1, 5, 0.14),
    "NAS100": Shape(18_600.0, 1, 12, 0.19),
    "GER40": Shape(18_400.0, 1, 10, 0.15),
    "BTCUSD": Shape(64_000.0, 2, 1_500, 0.55),
}


def synthetic(
    symbols: Sequence[str], seed: int, seconds: float, *, liveliness: float = 1.0
) -> dict[str, PriceTable]:
    """Return made-up prices; a symbol's depend on the seed and its name alone.

    Args:
        symbols: Names out of `SHAPES`.
        seed: The same seed makes the same prices.
        seconds: How long, from a tick at offset 0 on.
        liveliness: Multiplies the volatility.

    Raises:
        ValueError: If a symbol is not in `SHAPES`.
    """
    unknown = [symbol for symbol in symbols if symbol not in SHAPES]
    if unknown:
        raise ValueError(f"no made-up prices for {', '.join(unknown)}")
    return {s: make(s, SHAPES[s], seed, seconds, liveliness=liveliness) for s in symbols}


def shape_of(symbol: str, digits: int) -> tuple[str, Shape]:
    """Return the shape that a broker's symbol most likely has, and the plain name it goes by.

    `EURUSD.m` is EURUSD; what contains no known name moves around 100, under its own name.
    """
    known = max((name for name in SHAPES if name in symbol), key=len, default="")
    if known:
        return known, SHAPES[known]
    return symbol, Shape(100.0, digits, 10, 0.10)


def make(
    name: str, shape: Shape, seed: int, seconds: float, *, liveliness: float = 1.0
) -> PriceTable:
    """Return made-up prices of one shape; they depend on the seed and the name alone."""
    return _walk(shape, [seed, crc32(name.encode())], seconds, liveliness)


def _walk(shape: Shape, seed: list[int], seconds: float, liveliness: float) -> PriceTable:
    random = np.random.default_rng(seed)
    count = max(1, int(seconds * TICKS_PER_SECOND))
    gaps = random.exponential(1 / TICKS_PER_SECOND, count)
    gaps[0] = 0.0
    offset = (np.cumsum(gaps) * 1e6).astype(np.int64)
    scale = liveliness * shape.volatility * np.sqrt(gaps / _TRADING_SECONDS)
    middle = shape.price * np.exp(np.cumsum(random.normal(0.0, 1.0, count) * scale))
    point = 10.0**-shape.digits
    spread = (shape.spread + random.geometric(0.4, count) - 1).astype(np.float64)
    bid = np.round(middle - spread * point / 2, shape.digits)
    ask = np.round(bid + spread * point, shape.digits)
    return PriceTable(offset=offset, bid=bid, ask=ask)
