"""A price feed on disk that every process reads alike: the market as a function of time.

A feed is a directory: one Arrow IPC file per symbol (offset in microseconds, bid, ask) and
feed.json with the moment at which offset 0 happened. Nobody has to play it: the price at a
time is looked up, so processes agree and a restarted one can read what it missed.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rules.errors import Fatal
from schema.wire import QUOTE, Records

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
_INDEX = "feed.json"
_FOREVER = 1 << 62
_STRIDE = 1 << 44  # of one symbol in the flat key: a cycle of up to 203 days
_TYPES: dict[str, pa.DataType] = {"offset": pa.int64(), "bid": pa.float64(), "ask": pa.float64()}
_SCHEMA = pa.schema(_TYPES)


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceTable:
    """The prices of one symbol. Offsets ascend, in microseconds from the table's start."""

    offset: Int64
    bid: Float
    ask: Float
    started_at: int = 0  # microseconds UTC of offset 0 as the data had it; 0 for made-up data

    def __len__(self) -> int:
        return len(self.offset)

    def sped_up(self, factor: float) -> Self:
        """Return the same prices, `factor` times as fast."""
        return self._timed((self.offset / factor).astype(np.int64))

    def without_gaps(self, longest: int) -> Self:
        """Return the same prices with no two ticks further apart than `longest` microseconds."""
        steps = np.minimum(np.diff(self.offset, prepend=self.offset[:1]), longest)
        return self._timed(np.cumsum(steps))

    def _timed(self, offset: Int64) -> Self:
        return type(self)(offset=offset, bid=self.bid, ask=self.ask, started_at=self.started_at)


class Ticks(NamedTuple):
    """The ticks of a stretch of time: times (microseconds UTC), bids, asks."""

    at: Int64
    bid: Float
    ask: Float


@dataclass(frozen=True, eq=False)
class _Cycle:
    """One turn of a symbol: forth, and back again, so that prices never jump."""

    times: Int64  # from the cycle's start
    rows: Int64  # of the table
    period: int


def write_feed(
    directory: Path, tables: Mapping[str, PriceTable], anchor: int, *, loop: bool = True
) -> None:
    """Write a feed; `anchor` is when offset 0 happens (microseconds UTC).

    With `loop` each symbol plays forth and back without end; else its last price stands.

    Raises:
        ValueError: If a table is empty or longer than 101 days.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for symbol, table in tables.items():
        if not len(table) or 2 * int(table.offset[-1]) >= _STRIDE:
            raise ValueError(f"{symbol}: a feed needs from 1 tick to 101 days of them")
        batch = pa.record_batch([table.offset, table.bid, table.ask], schema=_SCHEMA)
        draft = directory / f".{quote(symbol, safe='')}.arrow"
        with pa.OSFile(str(draft), "wb") as file, pa.ipc.new_file(file, _SCHEMA) as writer:
            writer.write_batch(batch)
        draft.replace(_file(directory, symbol))
    draft = directory / f".{_INDEX}.{os.getpid()}"
    index = {"anchor": anchor, "loop": loop, "symbols": sorted(tables)}
    draft.write_text(json.dumps(index))
    draft.replace(directory / _INDEX)


def feed_exists(directory: Path) -> bool:
    """Return whether a feed was written there."""
    return (directory / _INDEX).is_file()


def extend_feed(directory: Path, tables: Mapping[str, PriceTable]) -> None:
    """Add symbols to a feed; those that it has stay as they are.

    Raises:
        Fatal: If there is no feed, or it cannot be read.
        ValueError: See `write_feed`.
    """
    old = Feed(directory)
    merged = {**tables, **dict(zip(old.symbols, old.tables, strict=True))}
    write_feed(directory, merged, old.anchor, loop=old.loop)


def _file(directory: Path, symbol: str) -> Path:
    return directory / f"{quote(symbol, safe='')}.arrow"


class Feed:
    """The market, by time.

    Args:
        directory: What `write_feed` has written.

    Raises:
        Fatal: If there is no feed, or it cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        try:
            index = json.loads((directory / _INDEX).read_text())
            self.anchor, self.loop = int(index["anchor"]), bool(index["loop"])
            self.symbols: list[str] = list(index["symbols"])
            tables = [_read(_file(directory, symbol)) for symbol in self.symbols]
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise Fatal(f"cannot read the price feed in {directory}: {error}") from error
        self._row = {symbol: row for row, symbol in enumerate(self.symbols)}
        self.tables = tables
        self._cycles = [_cycle(table.offset, loop=self.loop) for table in tables]
        self._lay_flat()

    def _lay_flat(self) -> None:
        """Prepare one sorted key over all symbols, so that `at` is a single search."""
        sizes = [len(cycle.times) for cycle in self._cycles]
        self._base = np.arange(len(sizes), dtype=np.int64) * _STRIDE
        keys = [cycle.times + base for cycle, base in zip(self._cycles, self._base, strict=True)]
        self._keys = np.concatenate([*keys, np.empty(0, np.int64)])
        self._first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        pairs = list(zip(self.tables, self._cycles, strict=True))
        self._bid = np.concatenate([np.empty(0), *(t.bid[c.rows] for t, c in pairs)])
        self._ask = np.concatenate([np.empty(0), *(t.ask[c.rows] for t, c in pairs)])
        self._period = np.array([cycle.period for cycle in self._cycles], dtype=np.int64)

    def at(self, now: int) -> Records:
        """Return the current QUOTE of each symbol, in the order of `symbols`.

        Before its first tick a symbol has NaN, and 0 as its time.
        """
        out = np.empty(len(self.symbols), dtype=QUOTE)
        out["symbol"] = [symbol.encode() for symbol in self.symbols]
        elapsed = now - self.anchor
        turn, phase = np.divmod(elapsed, self._period)
        key = self._base + np.minimum(phase, _STRIDE - 1)
        row = np.searchsorted(self._keys, key, side="right") - 1
        early = row < self._first[:-1]  # before the turn's first tick: the last of the turn before
        row = np.where(early, self._first[1:] - 1, row)
        turn -= early
        out["bid"], out["ask"] = self._bid[row], self._ask[row]
        time = self._keys[row] - self._base
        out["quoted_at"] = self.anchor + turn * self._period + time
        unknown = turn < 0
        out["bid"][unknown] = out["ask"][unknown] = np.nan
        out["quoted_at"][unknown] = 0
        return out

    def between(self, start: int, end: int, symbol: str) -> Ticks:
        """Return the ticks of a symbol after `start` up to and with `end`.

        Raises:
            KeyError: If the feed does not have the symbol.
        """
        row = self._row[symbol]
        cycle, table = self._cycles[row], self.tables[row]
        start, end = max(start - self.anchor, -1), end - self.anchor
        times, rows = [], []
        for turn in range(max(start, 0) // cycle.period, end // cycle.period + 1):
            base = turn * cycle.period
            first, last = np.searchsorted(cycle.times, [start - base, end - base], side="right")
            times.append(cycle.times[first:last] + base + self.anchor)
            rows.append(cycle.rows[first:last])
        found = np.concatenate([np.empty(0, np.int64), *rows])
        at = np.concatenate([np.empty(0, np.int64), *times])
        return Ticks(at, table.bid[found], table.ask[found])


def _read(path: Path) -> PriceTable:
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    columns = {name: table[name].to_numpy() for name in _SCHEMA.names}
    return PriceTable(offset=columns["offset"], bid=columns["bid"], ask=columns["ask"])


def _cycle(offset: Int64, *, loop: bool) -> _Cycle:
    last = int(offset[-1])
    rows = np.arange(len(offset))
    if not loop or last <= int(offset[0]):
        return _Cycle(offset, rows, _FOREVER)
    # The turning points happen once: the last tick ends the way forth, and where the first tick
    # is at offset 0, the end of the way back is the beginning of the next turn.
    back = rows[-2::-1] if offset[0] else rows[-2:0:-1]
    times = np.concatenate([offset, 2 * last - offset[back]])
    return _Cycle(times, np.concatenate([rows, back]), 2 * last)
