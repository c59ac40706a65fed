"""Made-up prices for the simulated terminals of a home that nobody has given others."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from sources.prices import Feed, extend_feed, feed_exists, write_feed
from sources.synthetic_prices import make, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

LOG = logging.getLogger("tradecast.up")

_SEED = 1
_SECONDS = 3600.0  # then the same again, backwards: a feed plays forth and back


def ensure(directory: Path, tables: Mapping[str, pa.Table]) -> None:
    """See to it that the feed has every symbol of every broker with a simulated terminal.

    Args:
        directory: of the feed; made if there is none.
        tables: the trading configuration.
    """
    simulated = {
        row["broker_id"] for row in tables["instances"].to_pylist() if row["driver"] == "simulated"
    }
    listed = {
        row["symbol"]: row["digits"]
        for row in tables["instruments"].to_pylist()
        if row["broker_id"] in simulated
    }
    there = set(Feed(directory).symbols) if feed_exists(directory) else set()
    missing = {symbol: shape_of(symbol, digits) for symbol, digits in listed.items()}
    # A broker's EURUSD.m has the prices of EURUSD, where the feed has those.
    made = {
        symbol: make(plain, shape, _SEED, _SECONDS)
        for symbol, (plain, shape) in missing.items()
        if symbol not in there and plain not in there
    }
    if not made:
        return
    LOG.info("making up prices", extra={"symbols": sorted(made)})
    if there:
        extend_feed(directory, made)
    else:
        write_feed(directory, made, time.time_ns() // 1000)
