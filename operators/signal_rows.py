"""Rows of what is decided per signal rather than per account: one entry, one row, in one table."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from operators.intake import Admitted
from rules.book import Book
from rules.fold import version_of
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


class SignalRows:
    """Rows that wait to be written, by signal stream.

    They need not be written before the orders go out: who folds the logs again reads signals
    from the last entry whose rows were written, whatever was decided since.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[Book, Admitted]]] = {}
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
            self._waiting.setdefault(stream, []).append((book, admitted))
            self._last[stream] = marks[keys.signals(stream)]

    def write(self, write: WriteSignals) -> bool:
        """Write all that waits; return whether it is safe. What is not waits on.

        Raises:
            redis.RedisError: Nothing is known; fold again.
        """
        for stream, waiting in list(self._waiting.items()):
            parts, batches = [_columns(book, one, stream) for book, one in waiting], {}
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


def _columns(book: Book, admitted: Admitted, stream: int) -> dict[str, ColumnValues]:
    """Return columns of trade_signal, signal_rejection and signal_resend of one stream."""
    signals, resolved = admitted.signals, admitted.resolved
    mine = np.flatnonzero(signals.stream == stream)
    strategy = np.array([book.strategy_index[k] for k in signals.strategy[mine]], np.int64)
    subscribers = book.strategies.subscribers[strategy].astype(np.int64)
    reason = np.where(
        resolved.reason[mine] != 0,
        resolved.reason[mine],
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
    closing = resolved.intents.close_long[mine] + resolved.intents.close_short[mine] > 0
    entry_ms, entry_seq = signals.entry_ms[mine], signals.entry_seq[mine]
    out = {
        "trade_signal": {
            **copied,
            "strategy_id": book.strategies.strategy_id[strategy],
            "entry_id": _entries(entry_ms, entry_seq),
            "fraction": np.where(closing, signals.fraction[mine], np.nan),
            "outcome": np.where(reason != 0, Outcome.SKIPPED, Outcome.NONE).astype(np.uint8),
            "reason_code": reason,
            "subscribers": subscribers,
            "config_version": np.full(len(mine), book.version),
            "missed_alert": resolved.missed_alert[mine],
            "version": _versions(entry_ms, entry_seq),
        }
    }
    refused = admitted.rejections.take(admitted.rejections.stream == stream)
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
    again = admitted.resends.take(admitted.resends.stream == stream)
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
