"""Prices for the demo's terminals: from the files that were given, else made up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flows.errors import CommandError
from sources.price_files import read_prices
from sources.prices import Feed, PriceTable, write_feed
from sources.synthetic_prices import SHAPES, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

# Old data has nights and pauses; a demo of a minute has not. Nor may a price grow stale.
_LONGEST_GAP = 500_000
_SPARE_SECONDS = 120.0


def write(
    directory: Path,
    symbols: Iterable[str],
    files: Sequence[tuple[str, list[Path]]],
    *,
    seed: int,
    seconds: float,
) -> Feed:
    """Write the feed of a demo that starts now.

    Args:
        directory: of the feed.
        symbols: that the world's brokers offer, by their plain names.
        files: symbols with the files that have their prices.
        seed: of what is made up.
        seconds: of the replay.

    Raises:
        CommandError: a symbol has neither a file nor made-up prices.
        Rejected: a file cannot be read.
    """
    tables: dict[str, PriceTable] = {
        symbol: read_prices(paths).without_gaps(_LONGEST_GAP) for symbol, paths in files
    }
    others = [symbol for symbol in symbols if symbol not in tables]
    unknown = [symbol for symbol in others if symbol not in SHAPES]
    if unknown:
        raise CommandError(f"no prices for {', '.join(sorted(unknown))}: name files by --prices")
    tables |= synthetic(others, seed, seconds + _SPARE_SECONDS)
    write_feed(directory, tables, time.time_ns() // 1000)
    return Feed(directory)


def price_at(feed: Feed) -> Callable[[str, float], tuple[float, float]]:
    """Bid and ask of a symbol some seconds after the feed's beginning."""
    place = {symbol: row for row, symbol in enumerate(feed.symbols)}

    def price(symbol: str, seconds: float) -> tuple[float, float]:
        quote = feed.at(feed.anchor + int(seconds * 1_000_000))[place[symbol]]
        return float(quote["bid"]), float(quote["ask"])

    return price
