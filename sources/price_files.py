"""Reading files of prices, whatever their format: ticks or bars, CSV or Parquet.

| format | known by | times |
| --- | --- | --- |
| ticks, CSV | header with timestamp, bid, ask | ISO 8601, or Unix seconds or milliseconds; UTC |
| bars, CSV | header with timestamp, open, high, low, close | as above |
| HistData ticks | no header: `YYYYMMDD HHMMSSmmm,bid,ask,volume` | New York, no daylight saving |
| MT5 export | tabs, <DATE>, <TIME>, and <BID>, <ASK> or <OPEN>... | the server's clock, as if UTC |
| Parquet | the columns of the first two | timestamps; without zone, UTC |

Bars are given as one file, or as two: bid and ask, told apart by "bid" and "ask" in the
names, else by price. A bar becomes four ticks: open, the two extremes (the one against its
direction first), close. One file of bars is the bid, unless its name says "ask"; the other
side lies `DEFAULT_SPREAD` away. Minutes that only one of two files has are left out. The
extremes of bid and ask are not of the same instant, so where a bar's ask falls below its bid
it is raised to it.

What is wrong in a row: an empty or NaN price stands for "unchanged"; before a first price
the row is left out, like a crossed quote (bid above ask) and a time before the row above. The
file is refused for more than one such row, if they are more than `MOST_WRONG` of all; and for
a number that is none, a price not above 0, a time that is none, and for having no prices.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rules.errors import Rejected
from sources.price_rows import Rows, read_rows
from sources.prices import Float, Int64, PriceTable

DEFAULT_SPREAD = 1e-4  # of the first price: 1.1 pips of EURUSD at 1.10
MOST_WRONG = 0.01  # of all rows
_LAST_INSTANT = 0.999  # where in its bar a close is put


def read_prices(files: list[Path]) -> PriceTable:
    """Return the prices of one symbol from a file, or from bid and ask bars in two.

    Raises:
        Rejected: If they cannot be read; one line names the file, the line and what was found.
    """
    if not 1 <= len(files) <= 2:
        raise Rejected(f"prices are read from one file, or bid and ask from two; got {len(files)}")
    tables = [read_rows(file) for file in files]
    if len(tables) == 2:
        return _both(files, tables)
    rows = tables[0]
    return _ticks(files[0], rows) if "bid" in rows.prices else _one_side(files[0], rows)


def _ticks(file: Path, rows: Rows) -> PriceTable:
    bid, ask = _carried(rows.prices["bid"]), _carried(rows.prices["ask"])
    with np.errstate(invalid="ignore"):
        right = bid <= ask  # NaN is not
    latest = np.maximum.accumulate(rows.at)
    right &= rows.at >= latest
    wrong = np.flatnonzero(~right)
    if len(wrong) > MOST_WRONG * len(right) and len(wrong) > 1:
        first = int(wrong[0])
        what = (
            "a time before the row above"
            if rows.at[first] < latest[first]
            else (f"bid {bid[first]:g}, ask {ask[first]:g}")
        )
        raise Rejected(
            f"{file}, line {rows.line[first]}: {what}; {len(wrong)} of {len(right)} rows are wrong"
        )
    return _table(file, rows.at[right], bid[right], ask[right])


def _carried(prices: Float) -> Float:
    """Return prices with each NaN replaced by the price before it."""
    known = ~np.isnan(prices)
    last = np.maximum.accumulate(np.where(known, np.arange(len(prices)), -1))
    return np.where(last >= 0, prices[last], np.nan)


def _table(file: Path, at: Int64, bid: Float, ask: Float) -> PriceTable:
    if not len(at):
        raise Rejected(f"{file}: holds no prices")
    return PriceTable(offset=at - at[0], bid=bid, ask=ask, started_at=int(at[0]))


@dataclass(frozen=True, eq=False)
class _Path:
    """One side of bars as ticks."""

    at: Int64
    price: Float


def _path(file: Path, rows: Rows, guide: Rows) -> _Path:
    """Return four ticks a bar: open, two extremes, close; the guide's bars say which is first."""
    o, h, l, c = (rows.prices[name] for name in ("open", "high", "low", "close"))  # noqa: E741
    known = ~np.isnan(o + h + l + c)
    sound = known & (l <= np.minimum(o, c)) & (h >= np.maximum(o, c))
    sound &= np.diff(rows.at, prepend=rows.at[:1] - 1) > 0
    wrong = np.flatnonzero(~sound)
    if len(wrong) > MOST_WRONG * len(sound) and len(wrong) > 1:
        first = int(wrong[0])
        found = f"open {o[first]:g}, high {h[first]:g}, low {l[first]:g}, close {c[first]:g}"
        raise Rejected(
            f"{file}, line {rows.line[first]}: no sound bar, or its time is not after the bar"
            f" above ({found}); {len(wrong)} of {len(sound)} bars are wrong"
        )
    at = rows.at[sound]
    o, h, l, c = o[sound], h[sound], l[sound], c[sound]  # noqa: E741
    length = int(np.diff(at).min()) if len(at) > 1 else 60_000_000
    steps = np.array([0, length // 3, 2 * length // 3, int(length * _LAST_INSTANT)])
    up = (guide.prices["close"] >= guide.prices["open"])[sound]
    prices = np.stack([o, np.where(up, l, h), np.where(up, h, l), c], axis=1)
    return _Path((at[:, None] + steps).reshape(-1), prices.reshape(-1))


def _one_side(file: Path, rows: Rows) -> PriceTable:
    path = _path(file, rows, rows)
    if not len(path.at):
        raise Rejected(f"{file}: holds no prices")
    spread = round(float(path.price[0]) * DEFAULT_SPREAD, rows.digits)
    if "ask" in file.name.lower() and "bid" not in file.name.lower():
        return _table(file, path.at, _rounded(path.price - spread, rows.digits), path.price)
    return _table(file, path.at, path.price, _rounded(path.price + spread, rows.digits))


def _rounded(prices: Float, digits: int) -> Float:
    return np.asarray(np.round(prices, digits), dtype=np.float64)


def _both(files: list[Path], tables: list[Rows]) -> PriceTable:
    for file, rows in zip(files, tables, strict=True):
        if "bid" in rows.prices:
            raise Rejected(f"{file}: has bid and ask already; give it alone, or two files of bars")
    common = np.intersect1d(tables[0].at, tables[1].at)
    if not len(common):
        raise Rejected(f"{files[0]} and {files[1]} have no time in common")
    sides = [(file, rows.at_times(common)) for file, rows in zip(files, tables, strict=True)]
    if _second_is_bid(sides):
        sides.reverse()
    low, high = (_path(file, rows, sides[0][1]) for file, rows in sides)
    at, left, right = np.intersect1d(low.at, high.at, return_indices=True)
    bid, ask = low.price[left], high.price[right]
    return _table(files[0], at, bid, np.maximum(bid, ask))


def _second_is_bid(sides: list[tuple[Path, Rows]]) -> bool:
    names = [file.name.lower() for file, _ in sides]
    if "bid" in names[0] and "ask" in names[1]:
        return False
    if "ask" in names[0] and "bid" in names[1]:
        return True
    first, second = (np.nanmedian(rows.prices["open"]) for _, rows in sides)
    return bool(second < first)
