"""The rows of a file of prices, before anything is made of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rules.errors import Rejected
from sources.prices import Float, Int64

TICK = ("bid", "ask")
BAR = ("open", "high", "low", "close")
_NEW_YORK = 5 * 3_600_000_000  # microseconds from its standard time to UTC
_HISTDATA = re.compile(r"\d{8} \d{9},")
_UNIX_MS = 100_000_000_000  # as seconds this is the year 5138
_UNCHANGED = {"", "nan", "na", "null"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Times (microseconds UTC), prices by column name, and the line each row stands in."""

    at: Int64
    prices: Mapping[str, Float]
    line: Int64
    digits: int  # most decimals of a price

    def at_times(self, times: Int64) -> "Rows":
        """Return the rows of these times alone."""
        keep = np.isin(self.at, times)
        prices = {name: column[keep] for name, column in self.prices.items()}
        return Rows(self.at[keep], prices, self.line[keep], self.digits)


class _Format(NamedTuple):
    """How to read a text file's lines."""

    separator: str
    header: int  # lines to pass over
    prices: dict[str, int]  # column of each price
    when: Callable[[Sequence[str]], int]


def read_rows(file: Path) -> Rows:
    """Return the rows of a file of any known format.

    Raises:
        Rejected: If it cannot be read.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Rejected(f"{file}: {error.strerror}") from error
    if data[:4] == b"PAR1":
        return _parquet(file)
    # MT5 exports may be UTF-16.
    coding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        lines = data.decode(coding).splitlines()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Rejected(f"{file}, line {line}: not a text of prices ({error.reason})") from error
    if not any(line.strip() for line in lines):
        raise Rejected(f"{file}: is empty")
    return _text(file, lines, _detect(file, lines[0]))


def _detect(file: Path, first: str) -> _Format:
    if _HISTDATA.match(first):
        return _Format(",", 0, {"bid": 1, "ask": 2}, _histdata_time)
    separator = next((s for s in "\t;," if s in first), ",")
    names = [name.strip().strip('<>"').lower() for name in first.split(separator)]
    column = {name: i for i, name in enumerate(names)}
    wanted = TICK if set(TICK) <= column.keys() else BAR
    stamp = next((n for n in ("timestamp", "datetime", "time", "date") if n in column), None)
    if stamp is None or not set(wanted) <= column.keys():
        raise Rejected(
            f"{file}, line 1: no known format: expected timestamp with bid and ask, or with open,"
            f" high, low and close; found {first[:60]!r}"
        )
    prices = {name: column[name] for name in wanted}
    if {"date", "time"} <= column.keys():
        date, time = column["date"], column["time"]
        return _Format(separator, 1, prices, lambda row: _mt5_time(row[date], row[time]))
    place = column[stamp]
    return _Format(separator, 1, prices, lambda row: _time(row[place]))


def _histdata_time(row: Sequence[str]) -> int:
    text = row[0]
    moment = datetime.strptime(text[:15], "%Y%m%d %H%M%S").replace(tzinfo=UTC)
    return _micros(moment) + int(text[15:18]) * 1000 + _NEW_YORK


def _mt5_time(date: str, time: str) -> int:
    return _micros(datetime.fromisoformat(f"{date.replace('.', '-')} {time}").replace(tzinfo=UTC))


def _time(text: str) -> int:
    text = text.strip().strip('"')
    try:
        number = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return _micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return round(number * (1000 if number > _UNIX_MS else 1_000_000))


def _micros(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _text(file: Path, lines: list[str], layout: _Format) -> Rows:
    times, numbers, prices, digits = [], [], [], 0
    width = max(layout.prices.values()) + 1
    for number, line in enumerate(lines[layout.header :], layout.header + 1):
        if not line.strip():
            continue
        row = line.split(layout.separator)
        if len(row) < width:
            raise Rejected(f"{file}, line {number}: {len(row)} columns, expected {width}")
        try:
            times.append(layout.when(row))
        except (ValueError, OverflowError):
            raise Rejected(f"{file}, line {number}: no time: {line[:40]!r}") from None
        texts = [row[place].strip() for place in layout.prices.values()]
        prices.append([_price(file, number, text) for text in texts])
        digits = max(digits, *(len(text.partition(".")[2]) for text in texts))
        numbers.append(number)
    if not times:
        raise Rejected(f"{file}: holds no prices")
    columns = np.array(prices, dtype=np.float64).T
    named = dict(zip(layout.prices, columns, strict=True))
    return Rows(np.array(times, dtype=np.int64), named, np.array(numbers), min(digits, 8))


def _price(file: Path, line: int, text: str) -> float:
    if text.lower() in _UNCHANGED:
        return np.nan
    try:
        price = float(text)
    except ValueError:
        raise Rejected(f"{file}, line {line}: no price: {text[:40]!r}") from None
    if not 0 < price < np.inf:
        raise Rejected(f"{file}, line {line}: a price must be above 0 and finite, found {text}")
    return price


def _parquet(file: Path) -> Rows:
    try:
        table: Any = pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise Rejected(f"{file}: not a readable Parquet file: {error}") from error
    table = table.rename_columns([name.lower() for name in table.column_names])
    names = set(table.column_names)
    wanted = TICK if set(TICK) <= names else BAR
    if not {"timestamp", *wanted} <= names:
        raise Rejected(
            f"{file}: no known format: expected columns timestamp with bid and ask, or with open,"
            f" high, low and close; found {', '.join(table.column_names)[:80]}"
        )
    if not pa.types.is_timestamp(table["timestamp"].type) or table["timestamp"].null_count:
        raise Rejected(f"{file}: column timestamp must be of type timestamp, without nulls")
    if not len(table):
        raise Rejected(f"{file}: holds no prices")
    at = table["timestamp"].cast(pa.timestamp("us"), safe=False).cast(pa.int64()).to_numpy()
    prices = {}
    for name in wanted:
        try:
            column = np.array(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)
        except pa.ArrowException as error:
            raise Rejected(f"{file}: column {name} is not of numbers: {error}") from error
        bad = np.flatnonzero((column <= 0) | np.isinf(column))
        if len(bad):
            row, found = bad[0] + 1, column[bad[0]]
            raise Rejected(f"{file}, row {row}: a price must be above 0 and finite, found {found}")
        prices[name] = column
    return Rows(np.asarray(at, dtype=np.int64), prices, np.arange(1, len(table) + 1), 5)
