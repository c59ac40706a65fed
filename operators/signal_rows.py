"""Rows of what is decided per signal rather than per account: one entry, one row, in one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa

from operators.admitted import Admitted, Resends
from rules.book import Book
from rules.rejections import Rejections
from rules.signals import Codes, Columns, Flags, Float, Intents, Signals
from rules.touched import version_of
from schema import arrow, keys
from schema.codes import ReasonCode
from schema.enums import Outcome
from schema.ids import make_id
from schema.registry import table

Batches = Mapping[str, pa.RecordBatch]
ColumnValues = dict[str, Any]


class WriteSignals(Protocol):
    """See sinks.spooled_results.SpooledResults.write_signals."""

    def __call__(self, stream: int, last: str, batches: Batches) -> bool:
        """Append rows up to an entry, unless another shard has come as far; say if it is safe."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Told(Columns):
    """What is told of each signal beside its own columns."""

    reason: Codes
    missed_alert: Flags
    closes: Float  # the fraction, NaN where nothing is closed


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What was admitted under one configuration."""

    book: Book
    signals: Signals
    told: _Told
    rejections: Rejections
    resends: Resends

    @classmethod
    def of(cls, book: Book, admitted: Admitted) -> Self:
        resolved, intents = admitted.resolved, admitted.resolved.intents
        told = _Told(
            reason=resolved.reason,
            missed_alert=resolved.missed_alert,
            closes=_closes(intents),
        )
        return cls(
            book=book,
            signals=admitted.signals,
            told=told,
            rejections=admitted.rejections,
            resends=admitted.resends,
        )

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return all rows of parts that share their book."""
        return cls(
            book=parts[0].book,
            signals=Signals.join([part.signals for part in parts]),
            told=_Told.join([part.told for part in parts]),
            rejections=Rejections.join([part.rejections for part in parts]),
            resends=Resends.join([part.resends for part in parts]),
        )


class SignalRows:
    """Rows that wait to be written, by signal stream.

    They need not be written before the orders go out: who folds the logs again reads signals
    from the last entry whose rows were written, whatever was decided since.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, list[_Part]] = {}
        self._last: dict[int, str] = {}

    def add(
        self, book: Book, admitted: Admitted, streams: Sequence[int], marks: Mapping[str, str]
    ) -> None:
        """Take the rows of a batch.

        Args:
            book: In force when the batch was admitted.
            admitted: All entries of a batch.
            streams: Numbers of the signal streams that the batch has entries of.
            marks: Last entry that was read, by key of the stream.
        """
        for stream in streams:
            self._waiting.setdefault(stream, []).append(_Part.of(book, admitted))
            self._last[stream] = marks[keys.signals(stream)]

    def write(self, write: WriteSignals) -> bool:
        """Write all that waits; return whether it is safe. What is not waits on.

        Raises:
            redis.RedisError: Nothing is known; fold again.
        """
        for stream, waiting in list(self._waiting.items()):
            parts, batches = [_columns(part, stream) for part in _by_book(waiting)], {}
            for name in ("trade_signal", "signal_rejection", "signal_resend"):
                columns = _joined([part[name] for part in parts])
                if len(columns["entry_id"]):
                    batches[name] = arrow.batch(table(name), columns)
            if not write(stream, self._last[stream], batches):
                return False
            del self._waiting[stream], self._last[stream]
        return True

    @property
    def any(self) -> bool:
        """Whether rows wait."""
        return bool(self._waiting)

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._last.clear()


def _joined(parts: Sequence[ColumnValues]) -> ColumnValues:
    return {
        name: np.concatenate([part[name] for part in parts])
        if isinstance(parts[0][name], np.ndarray)
        else [value for part in parts for value in part[name]]
        for name in parts[0]
    }


def _by_book(waiting: Sequence[_Part]) -> list[_Part]:
    """Join what was admitted under one configuration: many small batches cost what they cost."""
    runs = groupby(waiting, lambda part: id(part.book))
    return [_Part.join(list(run)) for _, run in runs]


def _columns(part: _Part, stream: int) -> dict[str, ColumnValues]:
    """Return columns of trade_signal, signal_rejection and signal_resend of one stream."""
    book, signals, told = part.book, part.signals, part.told
    mine = np.flatnonzero(signals.stream == stream)
    strategy = np.array([book.strategy_index[k] for k in signals.strategy[mine]], np.int64)
    subscribers = book.strategies.subscribers[strategy].astype(np.int64)
    reason = np.where(
        told.reason[mine] != 0,
        told.reason[mine],
        np.where(subscribers == 0, ReasonCode.NO_SUBSCRIBER, ReasonCode.NONE),
    ).astype(np.uint8)
    copied = {
        name: getattr(signals, name)[mine]
        for name in (
            *("signal_id", "stream", "entry_row", "symbol", "action", "order_type", "strategy"),
            *("price", "stop_price", "stop_loss", "take_profit", "volume", "contracts", "atr"),
            *("position_size", "prev_position_size", "fired_at", "received_at", "expires_at"),
            *("comment", "order_ref", "provider_signal_id", "metadata", "clock_ahead"),
        )
    }
    for name in ("sl_pips", "tp_pips", "sl_percent", "tp_percent", "risk_percent"):
        values = getattr(signals, name)[mine]
        copied[name] = np.where(values > 0, values, np.nan)
    entry_ms, entry_seq = signals.entry_ms[mine], signals.entry_seq[mine]
    out = {
        "trade_signal": {
            **copied,
            "strategy_id": book.strategies.strategy_id[strategy],
            "entry_id": _entries(entry_ms, entry_seq),
            "fraction": told.closes[mine],
            "outcome": np.where(reason != 0, Outcome.SKIPPED, Outcome.NONE).astype(np.uint8),
            "reason_code": reason,
            "subscribers": subscribers,
            "config_version": np.full(len(mine), book.version),
            "missed_alert": told.missed_alert[mine],
            "version": _versions(entry_ms, entry_seq),
        }
    }
    refused = part.rejections.take(part.rejections.stream == stream)
    out["signal_rejection"] = {
        **{
            name: getattr(refused, name)
            for name in ("signal_id", "stream", "entry_row", "strategy", "message", "payload")
        },
        "reason_code": refused.reason,
        "received_at": refused.received_at,
        "entry_id": _entries(refused.entry_ms, refused.entry_seq),
        "rejection_id": _row_ids("rejection", refused),
        "version": _versions(refused.entry_ms, refused.entry_seq),
    }
    again = part.resends.take(part.resends.stream == stream)
    out["signal_resend"] = {
        **{
            name: getattr(again, name)
            for name in ("signal_id", "stream", "entry_row", "received_at")
        },
        "entry_id": _entries(again.entry_ms, again.entry_seq),
        "original_entry_id": _entries(again.original_ms, again.original_seq),
        "resend_id": _row_ids("resend", again),
        "version": _versions(again.entry_ms, again.entry_seq),
    }
    return out


def _closes(intents: Intents) -> Float:
    """Return which fraction each signal closes, NaN for none.

    A target that reduces closes a part, and all of what stands the other way: the part counts.
    """
    long, short = (
        np.where(side > 0, side, np.nan) for side in (intents.close_long, intents.close_short)
    )
    return np.fmin(long, short)


def _entries(ms: Any, seq: Any) -> list[str]:
    return [f"{a}-{b}" for a, b in zip(ms.tolist(), seq.tolist(), strict=True)]


def _versions(ms: Any, seq: Any) -> np.ndarray[Any, np.dtype[np.uint64]]:
    pairs = zip(ms.tolist(), seq.tolist(), strict=True)
    return np.array([version_of(a, b) for a, b in pairs], dtype=np.uint64)


def _row_ids(kind: str, what: Any) -> list[bytes]:
    places = zip(
        what.stream.tolist(),
        _entries(what.entry_ms, what.entry_seq),
        what.entry_row.tolist(),
        strict=True,
    )
    return [make_id(kind, str(s), entry, str(row)).bytes for s, entry, row in places]
