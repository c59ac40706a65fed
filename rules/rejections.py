"""Rejections: rows that were refused as a whole, each with its reason and a sentence."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.signals import Codes, Columns, Int64, Signals, Texts
from rules.validation_payload import payload_text
from schema.ids import Ids, as_ids


@dataclass(frozen=True, kw_only=True)
class Rejections(Columns):
    """Rows that were refused as a whole. `signal_id` is nil where none could be made."""

    stream: NDArray[np.uint16]
    entry_ms: Int64
    entry_seq: Int64
    entry_row: NDArray[np.int32]
    signal_id: Ids
    strategy: Texts  # "" where it could not be read
    reason: Codes
    message: Texts  # a sentence for the publisher
    payload: Texts  # cut at 8 KiB, secrets masked
    received_at: Int64  # microseconds


def rejections_of(rows: list[tuple[Any, ...]]) -> Rejections:
    """Return rejections as columns.

    Args:
        rows: Values in the order of the columns of `Rejections`.
    """
    if not rows:
        return _NO_REJECTIONS
    return _rejections(rows)


def _rejections(rows: list[tuple[Any, ...]]) -> Rejections:
    names = [field.name for field in fields(Rejections)]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    dtypes = {
        "stream": np.uint16,
        "entry_row": np.int32,
        "reason": np.uint8,
        "strategy": object,
        "message": object,
        "payload": object,
    }
    made: dict[str, Any] = {}
    for name in names:
        values = columns.get(name, ())
        if name == "signal_id":
            made[name] = as_ids(list(values))
        else:
            made[name] = np.empty(len(values), dtype=dtypes.get(name, np.int64))
            made[name][:] = values
    return Rejections(**made)


_NO_REJECTIONS = _rejections([])


def refuse(
    signals: Signals, payloads: list[Any], rows: list[int], codes: list[int], messages: list[str]
) -> Rejections:
    """Return the rejections of well-formed signals that a later check refuses."""
    return rejections_of(
        [
            (
                signals.stream[row],
                signals.entry_ms[row],
                signals.entry_seq[row],
                signals.entry_row[row],
                signals.signal_id[row].tobytes(),
                signals.strategy[row],
                code,
                message,
                payload_text(payloads[row]),
                signals.received_at[row],
            )
            for row, code, message in zip(rows, codes, messages, strict=True)
        ]
    )
