"""Rows of any table, made from a number: of every value that its columns can hold.

A row of fifty columns takes hypothesis longer to draw than most stores to keep. So it draws the
number alone, and the ends of what a column can hold come up as often as all between them.
"""

from __future__ import annotations

import re
import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from math import isfinite
from operator import add, eq, ge, gt, le, lt
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
from hypothesis import strategies as st

from schema import arrow

if TYPE_CHECKING:
    from schema.table import Column, Table

# Quotes, newlines, NUL, escapes and 4-byte UTF-8 come up often.
ODD = ("'", '"', "\n", "\r", "\t", "\0", "\x1a", "\\", "🜚", "%s", "--", ";")
EVERY_ODD = 'it\'s "quoted"\r\n\t\0\x1a\x1a0 \\ %s {} -- ; $$ \u00e9 \u2028 🜚 \U0010ffff'
_FIRST, _LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2261, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FLOATS = (0.0, -0.0, 0.1, 1e15, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308)
_INTS = {"int32": 2**31, "int64": 2**63}
_TESTS = {"<=": le, ">=": ge, "<": lt, ">": gt, "=": eq}
_CLAUSE = re.compile(r'"?(\w+)"?(?: \+ (\w+))? (<=|>=|<|>|=) (\S+)\Z')


def text(random: Random, size: int = 12) -> str:
    """A text of at most `size` characters."""
    return "".join(_character(random) for _ in range(random.randint(0, size)))[:size]


def _character(random: Random) -> str:
    match random.randrange(3):
        case 0:
            return random.choice(ODD)
        case 1:
            return chr(random.randrange(0x20, 0x7F))
        case _:
            point = random.randrange(0x110000 - 0x800)
            # Half of a pair of UTF-16 is no character.
            return chr(point if point < 0xD800 else point + 0x800)


def _whole(random: Random, least: int, most: int) -> int:
    """A whole number within bounds: an end, one of few digits, or any."""
    if random.random() < 0.3:
        return random.choice([n for n in (least, most, 0, 1, -1) if least <= n <= most])
    if random.random() < 0.5:
        return max(least, min(most, random.randint(-(10**4), 10**4)))
    return random.randint(least, most)


def _float(random: Random) -> float:
    if random.random() < 0.3:
        return random.choice(_FLOATS)
    (number,) = struct.unpack("d", random.randbytes(8))
    return number if isfinite(number) else random.uniform(-1e6, 1e6)


def _json(random: Random) -> dict[str, Any]:
    def leaf() -> Any:
        return random.choice(
            [_whole(random, -(2**53), 2**53), random.random() < 0.5, None, text(random)]
        )

    made: dict[str, Any] = {}
    for _ in range(random.randint(0, 3)):
        made[text(random)] = random.choice([leaf(), [leaf() for _ in range(random.randint(0, 2))]])
    return made


def _address(random: Random) -> str:
    if random.random() < 0.5:
        return str(IPv4Address(_whole(random, 0, 2**32 - 1)))
    return str(IPv6Address(_whole(random, 0, 2**128 - 1)))


def value(column: Column, random: Random) -> Any:  # noqa: PLR0911 - one for each kind
    """A value of a column, None now and then where it may be missing."""
    kind = column.type
    if column.nullable and random.random() < 0.3:
        return None
    if kind.words:
        return random.choice([word for word in kind.words if word is not None])
    if kind.name == "json":
        return _json(random)
    if kind.name == "address":
        return _address(random)
    if kind.numpy == "V16":
        return UUID(int=_whole(random, 0, 2**128 - 1))
    if pa.types.is_string(kind.arrow):
        # PostgreSQL writes some characters as two.
        return text(random, min(12, kind.length // 2) if kind.length else 12)
    if pa.types.is_boolean(kind.arrow):
        return random.random() < 0.5
    if pa.types.is_floating(kind.arrow):
        return _float(random)
    return _number(kind.arrow, random)


def _number(kind: pa.DataType, random: Random) -> Any:
    """A whole number, or what is counted in them: decimals, times and days."""
    if pa.types.is_timestamp(kind):
        return _FIRST + _MICROSECOND * _whole(random, 0, (_LAST - _FIRST) // _MICROSECOND)
    if pa.types.is_date32(kind):
        first = _FIRST.date().toordinal()
        return date.fromordinal(_whole(random, first, _LAST.date().toordinal()))
    if pa.types.is_decimal(kind):
        return Decimal(_whole(random, -(10**18) + 1, 10**18 - 1)).scaleb(-8)
    if pa.types.is_uint64(kind):
        return _whole(random, 0, 2**64 - 1)
    limit = _INTS[str(kind)]
    return _whole(random, -limit, limit - 1)


def rows_of(which: Table) -> st.SearchStrategy[pa.RecordBatch]:
    """One to four rows of a table, whose keys and checks they keep."""
    return st.integers(0, 2**64 - 1).map(lambda number: some_rows(which, number))


def some_rows(which: Table, number: int) -> pa.RecordBatch:
    """The rows of a number: one to four, whose keys and checks they keep."""
    random, keys = Random(number), (which.key, *which.unique)
    rows: list[dict[str, Any]] = []
    for _ in range(random.randint(1, 4)):
        row = legal(which, {column.name: value(column, random) for column in which.columns})
        if not any(all(row[n] == each[n] for n in key) for each in rows for key in keys):
            rows.append(row)
    return arrow.batch(which, {name: [row[name] for row in rows] for name in which.names})


def legal(which: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Move a row into what the table's checks allow; it is not deleted."""
    if "deleted_at" in row:
        row["deleted_at"] = None
    clauses = [part for check in which.checks for part in check.condition.split(" AND ")]
    for _ in range(4):  # mending one may break another
        for clause in clauses:
            _mend(row, clause)
    return row


def _mend(row: dict[str, Any], clause: str) -> None:
    found = _CLAUSE.match(clause)
    assert found is not None, f"the tests cannot read {clause!r}"
    name, other, test, bound = found.groups()
    if other is not None:
        row[name], row[other] = row[name] % 1000, row[other] % 1000
        row[bound] = max(row[bound], add(row[name], row[other]))
        return
    value, limit = row[name], row[bound] if bound in row else float(bound)
    if value is None or limit is None or _TESTS[test](value, limit):
        return
    if bound in row and test in {"<=", "<"}:
        row[bound] = _after(value) if test == "<" else value
    elif bound in row:
        row[name] = limit
    else:
        row[name] = type(value)(int(limit) + {">": 1, "<": -1}.get(test, 0))


def _after(value: Any) -> Any:
    return value + (timedelta(microseconds=1) if isinstance(value, datetime) else 1)


def by_key(which: Table, rows: pa.RecordBatch) -> list[dict[str, Any]]:
    """Rows as dictionaries, in an order of their own."""
    return sorted(rows.to_pylist(), key=lambda row: str([row[name] for name in which.key]))
