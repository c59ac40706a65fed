"""Good rows from bad ones, before a store sees them: one bad row must not stop a batch.

What is refused is not lost: it becomes a row of `system_event_log`, with the sentence that says
why and with all its values, in the batch that it was taken from.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa

from schema import arrow, row_rules
from schema.enums import Severity
from schema.ids import make_id
from schema.registry import table
from schema.whole_columns import FIRST, LAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema.row_rules import Refusal
    from schema.table import Table

EVENTS = table("system_event_log")
KIND, SOURCE = "row_refused", "archive"
Tables = dict[str, pa.Table]
# Rows and the milliseconds of the entry they came on, one after the other, by table.
Sent: TypeAlias = "Mapping[str, Sequence[tuple[int, int]]]"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEQUENCE_BITS: Final = 20
# Versions that are no entries' ids, as tickets of deals, would all lie in the first hours of 1970.
_ENTRIES: Final = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def sift(
    tables: Mapping[str, pa.Table], positions: Mapping[str, str], sent: Sent | None = None
) -> tuple[Tables, list[Refusal]]:
    """Return the rows that may be stored, and what was refused.

    The same rows make the same events again, in whatever batch they come, so that what is written
    twice is there once.

    Args:
        tables: rows by table.
        positions: last entry of each stream that they came on; they date what nothing else does.
        sent: by which entries the rows came, where that is known.
    """
    good: Tables = {}
    refused: list[Refusal] = []
    events = []
    last = max((_milliseconds(entry_id) for entry_id in positions.values()), default=0)
    for name, rows in tables.items():
        bad = row_rules.judge(table(name), rows)
        good[name] = _without(rows, bad) if bad else rows
        refused += bad
        runs = (sent or {}).get(name, ())
        events += [_event(table(name), rows, each, _entry(runs, each.row, last)) for each in bad]
    if events:
        columns = {name: [event[name] for event in events] for name in events[0]}
        made = pa.Table.from_batches([arrow.batch(EVENTS, columns)])
        known = [good[EVENTS.name]] if EVENTS.name in good else []
        good[EVENTS.name] = pa.concat_tables([*known, made]).combine_chunks()
    return {name: rows for name, rows in good.items() if rows.num_rows or name in tables}, refused


def _without(rows: pa.Table, bad: Sequence[Refusal]) -> pa.Table:
    kept = np.ones(rows.num_rows, bool)
    kept[[each.row for each in bad]] = False
    return rows.filter(pa.array(kept))


def _event(which: Table, rows: pa.Table, refusal: Refusal, entry_ms: int) -> dict[str, Any]:
    values = {name: _value(rows.column(name)[refusal.row]) for name in which.names}
    shown = {
        column.name: "[redacted]"
        if column.secret
        else _plain(column.type.numpy, values[column.name])
        for column in which.columns
    }
    key = [str(shown[name]) for name in (*which.key, which.version)]
    details = {"table": which.name, "column": refusal.column, "rule": refusal.rule, "row": shown}
    return {
        "event_id": make_id(KIND, which.name, *key, refusal.column),
        "kind": KIND,
        "source": SOURCE,
        "severity": Severity.ERROR.word,
        "message": str(refusal),
        "details": msgspec.json.encode(details, enc_hook=str, order="sorted").decode(),
        "created_at": _moment(values.get(which.time or ""), values[which.version], entry_ms),
        "version": 1,
    }


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        return "[unreadable]"


def _plain(kind: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if kind == "V16" else value.hex()
    # JSON knows no infinity.
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _moment(time: Any, version: Any, entry_ms: int) -> datetime:
    """When it happened, by the row's own time, else by its version, else by the entry it came on.

    An event is found again by its time, and batches are cut anew after a restart: so nothing of the
    batch dates it. The version comes before the entry, for a row may be sent in several.
    """
    if isinstance(time, date) and not isinstance(time, datetime):
        time = datetime(time.year, time.month, time.day, tzinfo=UTC)
    if isinstance(time, datetime) and FIRST <= time <= LAST:
        return time
    if isinstance(version, int):
        made = _at(version >> _SEQUENCE_BITS)
        if _ENTRIES[0] <= made < _ENTRIES[1]:
            return made
    return _at(entry_ms)


def _entry(runs: Sequence[tuple[int, int]], row: int, last: int) -> int:
    """Return the milliseconds of the entry that a row came on; the last of all if none is known."""
    behind = 0
    for count, entry_ms in runs:
        behind += count
        if row < behind:
            return entry_ms
    return last


def _at(milliseconds: int) -> datetime:
    """Return a moment, the last that stores can hold for what lies beyond."""
    most = (LAST - _EPOCH) // timedelta(milliseconds=1)
    return _EPOCH + timedelta(milliseconds=max(0, min(milliseconds, most)))


def _milliseconds(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
