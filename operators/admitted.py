"""What becomes of a batch at the intake: originals, resends and rejections."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.identities import Place
from rules.identity import Original
from rules.intent import Resolved, resolve
from rules.parsing_faults import shown
from rules.rejections import Rejections, refuse
from rules.signals import Columns, Float, Signals
from rules.validation import Validated
from schema.codes import SENTENCES, ReasonCode
from schema.ids import Ids, as_ids


@dataclass(frozen=True, kw_only=True)
class Resends(Columns):
    """Signals that came before with the same content."""

    signal_id: Ids
    stream: NDArray[np.uint16]
    entry_ms: NDArray[np.int64]
    entry_seq: NDArray[np.int64]
    entry_row: NDArray[np.int32]
    original_ms: NDArray[np.int64]
    original_seq: NDArray[np.int64]
    original_row: NDArray[np.int32]
    received_at: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """Every row of a batch, in exactly one of three places.

    Attributes:
        signals: Originals, in order.
        resolved: Aligned to them; `reason` is NONE or NO_CHANGE.
        resends: Counted, no outcome of their own.
        rejections: Those of the validation and those found here.
    """

    signals: Signals
    resolved: Resolved
    resends: Resends
    rejections: Rejections


NO_RESENDS = Resends(
    signal_id=as_ids([]),
    original_row=np.zeros(0, np.int32),
    entry_row=np.zeros(0, np.int32),
    stream=np.zeros(0, np.uint16),
    **{
        name: np.zeros(0, np.int64)
        for name in ("entry_ms", "entry_seq", "original_ms", "original_seq", "received_at")
    },
)


def sort_out(
    batch: Validated,
    originals: list[int],
    others: dict[int, Original | ReasonCode],
    last: Float,
) -> Admitted:
    """Put every row of a batch in its place.

    Args:
        batch: In stream order.
        originals: Rows that came for the first time.
        others: Of the rows that are no originals: what they resend, or why they are refused.
        last: Aligned to the batch: the target last accepted before each original.
    """
    signals = batch.signals
    rows = np.array(originals, dtype=np.int64)
    # Most batches have nothing but signals that come for the first time and can be resolved.
    taken = signals if len(rows) == len(signals) else signals.take(rows)
    resolved = resolve(taken, last[rows])
    unknown = resolved.reason == ReasonCode.UNKNOWN_POSITION
    if len(rows) == len(signals) and not unknown.any():
        return Admitted(
            signals=signals, resolved=resolved, resends=NO_RESENDS, rejections=batch.rejections
        )
    refused = {row: code for row, code in others.items() if not isinstance(code, Original)}
    refused |= dict.fromkeys(rows[unknown].tolist(), ReasonCode.UNKNOWN_POSITION)
    order = sorted(refused)
    messages = [_message(signals, row, refused[row]) for row in order]
    made = refuse(signals, batch.payloads, order, [int(refused[r]) for r in order], messages)
    resent = {row: found for row, found in others.items() if isinstance(found, Original)}
    again = np.array(list(resent), dtype=np.int64)
    first = [found.place for found in resent.values()]
    good = taken.take(~unknown)
    return Admitted(
        signals=good,
        resolved=resolve(good, last[rows[~unknown]]),
        resends=_resends(signals, again, first),
        rejections=Rejections.join([batch.rejections, made]),
    )


def _resends(signals: Signals, again: NDArray[np.int64], first: Sequence[Place]) -> Resends:
    return Resends(
        signal_id=signals.signal_id[again],
        stream=signals.stream[again],
        entry_ms=signals.entry_ms[again],
        entry_seq=signals.entry_seq[again],
        entry_row=signals.entry_row[again],
        original_ms=np.array([place[0] for place in first], np.int64),
        original_seq=np.array([place[1] for place in first], np.int64),
        original_row=np.array([place[2] for place in first], np.int32),
        received_at=signals.received_at[again],
    )


def _message(signals: Signals, row: int, code: ReasonCode) -> str:
    named = {
        ReasonCode.UNKNOWN_STRATEGY: f"strategy is {shown(signals.strategy[row])}",
        ReasonCode.STRATEGY_INACTIVE: f"strategy is {shown(signals.strategy[row])}",
        ReasonCode.UNKNOWN_POSITION: "prev_position_size is missing",
        ReasonCode.IDENTITY_REUSED: f"signal_id is {shown(signals.provider_signal_id[row])}",
    }
    found = named.get(code)
    return f"{SENTENCES[code][:-1]}: {found}." if found else SENTENCES[code]
