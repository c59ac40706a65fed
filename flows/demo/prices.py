"""Prices for the demo's terminals: from the files that were given, else made up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flows.errors import CommandError
from sources.price_files import read_prices
from sources.prices import Feed, PriceTable, write_feed
from sources.synthetic_prices import SHAPES, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

# Old data has nights and pauses; a demo of a minute has not. Nor may a price grow stale.
_LONGEST_GAP = 500_000
_SPARE_SECONDS = 120.0


def write(
    directory: Path,
    names: Mapping[str, Iterable[str]],
    files: Sequence[tuple[str, list[Path]]],
    *,
    seed: int,
    seconds: float,
) -> Feed:
    """Write the feed of a demo that starts now.

    Args:
        directory: of the feed.
        names: plain names of the symbols that the world's brokers offer, with the brokers'
            own names, under which the same prices stand too.
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
    unknown = names.keys() - tables.keys() - SHAPES.keys()
    if unknown:
        raise CommandError(f"no prices for {', '.join(sorted(unknown))}: name files by --prices")
    # All that can be made up: an account's currency may need a pair that nobody trades.
    others = [symbol for symbol in SHAPES if symbol not in tables]
    tables |= synthetic(others, seed, seconds + _SPARE_SECONDS)
    for plain, own in names.items():
        tables |= dict.fromkeys(own, tables[plain])
    write_feed(directory, tables, time.time_ns() // 1000)
    return Feed(directory)


def price_at(feed: Feed) -> Callable[[str, float], tuple[float, float]]:
    """Bid and ask of a symbol some seconds after the feed's beginning."""
    place = {symbol: row for row, symbol in enumerate(feed.symbols)}

    def price(symbol: str, seconds: float) -> tuple[float, float]:
        quote = feed.at(feed.anchor + int(seconds * 1_000_000))[place[symbol]]
        return float(quote["bid"]), float(quote["ask"])

    return price
