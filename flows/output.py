"""Tables on a terminal, in pipes and in files: one way of writing rows for every command."""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A terminal is read by a person; what is longer belongs in a pipe.
_MOST_ROWS_ON_A_TERMINAL = 1000
_JSON = msgspec.json.Encoder(decimal_format="number", enc_hook=str, uuid_format="canonical")


def chosen(wanted: str | None, out: IO[str] | None = None) -> str:
    """The format to write: what was asked for, else a table on a terminal and plain elsewhere."""
    stream = sys.stdout if out is None else out
    return wanted or ("table" if stream.isatty() else "plain")


def write_batches(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], wanted: str | None = None
) -> None:
    """Write record batches to standard output, as they come where the format allows.

    Args:
        schema: names and types of the columns.
        batches: the rows.
        wanted: one of `flows.commands.FORMATS`; None chooses by where the output goes.
    """
    names = list(schema.names)
    match chosen(wanted):
        case "arrow":
            _write_arrow(schema, batches)
        case "json":
            _write_json(names, _rows(batches))
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([text(value) for value in row] for row in _rows(batches))
        case "plain":
            print(*names, sep="\t")
            for row in _rows(batches):
                print(*(_cell(value) for value in row), sep="\t")
        case _:
            _write_table(names, _rows(batches), right=_numeric(schema))


def write_rows(
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    wanted: str | None = None,
    *,
    title: str = "",
) -> None:
    """Write rows of Python values; a title shows on a terminal only."""
    rows = list(rows)
    form = chosen(wanted)
    if form == "table":
        right = [
            bool(rows) and all(isinstance(row[at], int | float | None) for row in rows)
            for at in range(len(names))
        ]
        _write_table(list(names), iter(rows), right=right, title=title)
    elif form == "json":
        _write_json(list(names), iter(rows))
    else:
        columns = [[row[at] for row in rows] for at in range(len(names))]
        arrays = [_array(column) for column in columns]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(names))
        write_batches(batch.schema, [batch], form)


def write_json(value: Any) -> None:
    """Write one JSON value on one line."""
    sys.stdout.write(_JSON.encode(value).decode() + "\n")


def text(value: Any) -> str:
    """A value as people read it; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == 16 else value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | dict | tuple):
        return _JSON.encode(value).decode()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _cell(value: Any) -> str:
    # A tab or a line break inside a value would make two of one.
    return text(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _numeric(schema: pa.Schema) -> list[bool]:
    return [
        pa.types.is_integer(field.type)
        or pa.types.is_floating(field.type)
        or pa.types.is_decimal(field.type)
        for field in schema
    ]


def _array(values: list[Any]) -> Any:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else text(value) for value in values])


def _write_arrow(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    with pa.ipc.new_stream(cast("Any", sys.stdout.buffer), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    sys.stdout.buffer.flush()


def _write_json(names: list[str], rows: Iterator[Sequence[Any]]) -> None:
    """One array of objects, a row on each line: readable as it comes, and one JSON value."""
    comma = ""
    sys.stdout.write("[")
    for row in rows:
        values = [text(value) if isinstance(value, bytes) else value for value in row]
        line = _JSON.encode(dict(zip(names, values, strict=True))).decode()
        sys.stdout.write(f"{comma}\n{line}")
        comma = ","
    sys.stdout.write("\n]\n" if comma else "]\n")


def _write_table(
    names: list[str], rows: Iterator[Sequence[Any]], *, right: list[bool], title: str = ""
) -> None:
    from rich.console import Console  # noqa: PLC0415 - takes a tenth of a second
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for name, to_right in zip(names, right, strict=True):
        table.add_column(escape(name), justify="right" if to_right else "left", overflow="fold")
    more = 0
    for row in rows:
        if table.row_count < _MOST_ROWS_ON_A_TERMINAL:
            table.add_row(*(escape(text(value)) for value in row))
        else:
            more += 1
    console = Console(soft_wrap=False)
    console.print(table)
    if more:
        console.print(f"... and {more} more rows; use --format csv to see all")
