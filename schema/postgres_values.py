"""Rows into PostgreSQL and out of it, as they were.

Its texts and its JSONB cannot hold the character NUL. It is written as the escape character
(U+001A, substitute) and a zero; an escape character as two of them. JSONB keeps values, not
spelling: what comes out is spelled as the registry spells JSON, keys sorted and no blanks.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa

from schema import arrow, sql
from schema.table import Column, Table

_ESCAPE = "\x1a"
_ESCAPED = re.compile("\x1a([\x1a0])")


def escape(text: str) -> str:
    """Return a text that PostgreSQL can hold."""
    return text.replace(_ESCAPE, _ESCAPE + _ESCAPE).replace("\0", _ESCAPE + "0")


def unescape(text: str) -> str:
    """Return the text that was escaped."""
    return _ESCAPED.sub(lambda found: "\0" if found.group(1) == "0" else _ESCAPE, text)


def insert(table: Table) -> str:
    """Return the statement that stores one row, unless a row of its key is as new.

    Its placeholders (`%s`) take the values of `values`, in the registry's order.
    """
    marks = ", ".join(map(_mark, table.columns))
    rest = [name for name in table.names if name not in table.key]
    change = "DO NOTHING"
    if not table.append_only:
        sets = ", ".join(f"{sql.name(name)} = excluded.{sql.name(name)}" for name in rest)
        newer = f"{sql.name(table.name)}.{sql.name(table.version)}"
        change = f"DO UPDATE SET {sets} WHERE {newer} < excluded.{sql.name(table.version)}"
    return (
        f"INSERT INTO {sql.name(table.name)} ({sql.names(table.names)}) VALUES ({marks})"  # noqa: S608
        f" ON CONFLICT ({sql.names(table.key)}) {change}"
    )


def _mark(column: Column) -> str:
    # A cast to VARCHAR(n) would cut a long text without a word, where a column refuses it.
    kind = column.type.postgres
    return f"%s::{kind}" if kind in {"JSONB", "INET"} else "%s"


def select(table: Table) -> str:
    """Return the query whose rows `rows` reads."""
    return f"SELECT {', '.join(map(_read, table.columns))} FROM {sql.name(table.name)}"  # noqa: S608


def _read(column: Column) -> str:
    quoted = sql.name(column.name)
    if column.type.postgres == "INET":
        return f"host({quoted})"
    return f"{quoted}::text" if column.type.postgres == "JSONB" else quoted


def values(table: Table, batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    """Return the rows of a batch as parameters of `insert`."""
    columns = [
        [_given(column, value) for value in batch.column(column.name).to_pylist()]
        for column in table.columns
    ]
    return list(zip(*columns, strict=True))


def rows(table: Table, found: Iterable[Sequence[Any]]) -> pa.RecordBatch:
    """Return what `select` has found as a batch."""
    columns = list(zip(*found, strict=True))
    if not columns:
        return arrow.empty(table)
    return arrow.batch(
        table,
        {
            column.name: [_taken(column, value) for value in each]
            for column, each in zip(table.columns, columns, strict=True)
        },
    )


def _given(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.type.numpy == "V16":
        return UUID(bytes=value)
    if column.type.postgres == "JSONB":
        return msgspec.json.encode(_each_text(msgspec.json.decode(value), escape)).decode()
    return escape(value) if isinstance(value, str) else value


def _taken(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.type.postgres == "JSONB":
        told = _each_text(msgspec.json.decode(value), unescape)
        return msgspec.json.encode(told, order="sorted").decode()
    if column.type.name == "address":
        # PostgreSQL writes an IPv4 address inside of an IPv6 one in its own way.
        return str(ipaddress.ip_address(value))
    if column.type.name == "timestamp":
        return value.astimezone(UTC)
    if column.type.name == "version":
        return int(value)
    return unescape(value) if isinstance(value, str) else value


def _each_text(value: Any, turn: Any) -> Any:
    if isinstance(value, str):
        return turn(value)
    if isinstance(value, list):
        return [_each_text(each, turn) for each in value]
    if isinstance(value, dict):
        return {turn(key): _each_text(each, turn) for key, each in value.items()}
    return value
