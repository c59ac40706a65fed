"""Good rows from bad ones, before a store sees them: one bad row must not stop a batch.

What is refused is not lost: it becomes a row of `system_event_log`, with the sentence that says
why and with all its values, in the batch that it was taken from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
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


def sift(
    tables: Mapping[str, pa.Table], positions: Mapping[str, str]
) -> tuple[Tables, list[Refusal]]:
    """Return the rows that may be stored, and what was refused.

    The same rows make the same events again, so that what is written twice is there once.

    Args:
        tables: rows by table.
        positions: last entry of each stream that they came on; they date what has no time.
    """
    good: Tables = {}
    refused: list[Refusal] = []
    events = []
    for name, rows in tables.items():
        bad = row_rules.judge(table(name), rows)
        good[name] = _without(rows, bad) if bad else rows
        refused += bad
        events += [_event(table(name), rows, each, positions) for each in bad]
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


def _event(
    which: Table, rows: pa.Table, refusal: Refusal, positions: Mapping[str, str]
) -> dict[str, Any]:
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
        "created_at": _moment(values.get(which.time or ""), positions),
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


def _moment(time: Any, positions: Mapping[str, str]) -> datetime:
    """When it happened; where the row's own time is none, when its batch was sent.

    Batches are cut anew after a restart, and a sorting key has to stay: so the row's own time.
    """
    if isinstance(time, datetime) and FIRST <= time <= LAST:
        return time
    sent = [int(entry_id.partition("-")[0]) for entry_id in positions.values()]
    return datetime.fromtimestamp(max(sent, default=0) / 1000, UTC)
