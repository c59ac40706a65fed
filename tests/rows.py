"""Rows of any table, as hypothesis makes them: of every value that its columns can hold."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import add, eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import strategies as st

from schema import arrow

if TYPE_CHECKING:
    from schema.table import Column, Table

# Quotes, newlines, NUL, escapes and 4-byte UTF-8 come up often.
ODD = st.sampled_from(["'", '"', "\n", "\r", "\t", "\0", "\x1a", "\\", "🜚", "%s", "--", ";"])
EVERY_ODD = 'it\'s "quoted"\r\n\t\0\x1a\x1a0 \\ %s {} -- ; $$ \u00e9 \u2028 🜚 \U0010ffff'
CHARACTERS = st.characters(codec="utf-8") | ODD
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2261, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_ADDRESSES = (st.ip_addresses(v=4) | st.ip_addresses(v=6)).map(str)
_INTS = {"int32": 2**31, "int64": 2**63}
_TESTS = {"<=": le, ">=": ge, "<": lt, ">": gt, "=": eq}
_CLAUSE = re.compile(r'"?(\w+)"?(?: \+ (\w+))? (<=|>=|<|>|=) (\S+)\Z')


def texts(size: int = 12) -> st.SearchStrategy[str]:
    """Texts of at most `size` characters."""
    return st.lists(CHARACTERS, max_size=size).map(lambda each: "".join(each)[:size])


def values(column: Column) -> st.SearchStrategy[Any]:
    """Values of a column, None among them where it may be missing."""
    kind = column.type
    if kind.words:
        made: st.SearchStrategy[Any] = st.sampled_from([w for w in kind.words if w is not None])
    elif kind.name == "json":
        leaf = st.integers(-(2**53), 2**53) | st.booleans() | st.none() | texts()
        made = st.dictionaries(texts(), leaf | st.lists(leaf, max_size=2), max_size=3)
    elif kind.name == "address":
        made = _ADDRESSES
    elif kind.numpy == "V16":
        made = st.uuids()
    elif pa.types.is_string(kind.arrow):
        # PostgreSQL writes some characters as two.
        made = texts(min(12, kind.length // 2) if kind.length else 12)
    elif pa.types.is_timestamp(kind.arrow):
        made = TIMES
    elif pa.types.is_date32(kind.arrow):
        made = st.dates(date(1971, 1, 1), date(2261, 1, 1))
    elif pa.types.is_boolean(kind.arrow):
        made = st.booleans()
    elif pa.types.is_decimal(kind.arrow):
        made = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda u: Decimal(u).scaleb(-8))
    elif pa.types.is_uint64(kind.arrow):
        made = st.integers(0, 2**64 - 1)
    elif pa.types.is_floating(kind.arrow):
        made = st.floats(allow_nan=False, allow_infinity=False)
    else:
        limit = _INTS[str(kind.arrow)]
        made = st.integers(-limit, limit - 1)
    return st.none() | made if column.nullable else made


def rows_of(which: Table) -> st.SearchStrategy[pa.RecordBatch]:
    """One to four rows of a table, whose keys and checks they keep."""
    row = st.fixed_dictionaries({column.name: values(column) for column in which.columns})
    row = row.map(lambda each: legal(which, each))

    def build(rows: list[dict[str, Any]]) -> pa.RecordBatch:
        return arrow.batch(which, {name: [row[name] for row in rows] for name in which.names})

    keys = (which.key, *which.unique)
    unique = tuple(lambda row, key=key: tuple(row[n] for n in key) for key in keys)
    return st.lists(row, min_size=1, max_size=4, unique_by=unique).map(build)


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
