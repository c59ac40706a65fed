"""From stream entries to columns of well-formed signals, and rejections of the others.

Bad input is a value: whatever an entry holds, it becomes a signal or one rejection per row.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np

from rules.identity import canonical, content_hash, signal_id
from rules.parsing import Entry, Received, parse
from rules.parsing_faults import Fault, shown
from rules.rejections import Rejections, rejections_of
from rules.signals import Signals
from rules.validation_checks import check, settle_times
from rules.validation_fields import READERS
from rules.validation_payload import payload_text
from schema.codes import ReasonCode
from schema.ids import NIL, as_ids, named_ids

METADATA_LIMIT = 8 * 1024
_EXCHANGE = re.compile(r"[A-Za-z0-9_]*:(?!.*:)", re.DOTALL)
_FEW = 1000  # signals of a batch up to which columns of defaults are kept
_DTYPES: dict[str, Any] = {
    "stream": np.uint16,
    "entry_row": np.int32,
    "action": np.uint8,
    "order_type": np.uint8,
    "clock_ahead": np.bool_,
    **dict.fromkeys(
        ("sl_pips", "tp_pips", "sl_percent", "tp_percent", "risk_percent", "fraction"), np.float64
    ),
    **dict.fromkeys(("position_size", "prev_position_size"), np.float64),
    **dict.fromkeys(
        ("strategy", "symbol", "provider_signal_id", "order_ref", "comment", "metadata"), object
    ),
}
_NAMES = [field.name for field in fields(Signals)]
_DEFAULTS: dict[str, Any] = {name: "" if _DTYPES.get(name) is object else 0 for name in _NAMES} | {
    "fraction": 1.0,
    "position_size": np.nan,
    "prev_position_size": np.nan,
    "clock_ahead": False,
    "metadata": "{}",
}


@dataclass(frozen=True, kw_only=True)
class Validated:
    """What a batch of entries holds, in its order.

    Attributes:
        signals: The well-formed ones.
        payloads: What each of them came as, for `payload_text`, should it be refused later.
        rejections: The others.
    """

    signals: Signals
    payloads: list[Any]
    rejections: Rejections


def validate(entries: Iterable[Entry]) -> Validated:
    """Read entries of signal streams.

    Args:
        entries: Stream key (`signals:0`), entry id and fields, in the order they were read.
    """
    rows: list[dict[str, Any]] = []
    payloads: list[Any] = []
    refused: list[tuple[Any, ...]] = []
    for received in parse(entries):
        content = received.content
        if isinstance(content, Fault):
            refused.append(_refusal(received, content))
            continue
        try:
            rows.append(_signal(received, content))
            payloads.append(received.raw)
        except Fault as fault:
            refused.append(_refusal(received, fault))
    return Validated(signals=_signals(rows), payloads=payloads, rejections=rejections_of(refused))


def _signal(received: Received, content: dict[str, Any]) -> dict[str, Any]:
    """Return the column values of one signal; a column without one has its default."""
    row: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    readers = READERS
    for name, value in content.items():
        if value is None:
            continue
        reader = readers.get(name)
        if reader is None:
            extra[name] = value
        else:
            row[name] = reader(name, value)
    check(row)
    own = row.pop("signal_id", "")
    if not own and "fired_at" not in row:
        raise Fault(
            ReasonCode.NO_IDENTITY, "Send a signal_id or fired_at; there is nothing to tell it by."
        )
    received_at = received.entry_ms * 1000
    row["clock_ahead"] = settle_times(row, received_at)
    text = canonical(content)
    row["signal_id"] = signal_id(row["strategy"], own or text.decode())
    row["content_hash"] = content_hash(text)
    if own:
        row["provider_signal_id"] = own
    if ":" in row["symbol"]:
        row["symbol"] = _without_exchange(row["symbol"])
    row["stream"] = received.stream
    row["entry_ms"] = received.entry_ms
    row["entry_seq"] = received.entry_seq
    row["entry_row"] = received.row
    row["received_at"] = received_at
    side = row.pop("prev_position", None)
    if side is not None and "prev_position_size" not in row:
        extra["prev_position"] = side  # of no known size, it has no column
    if extra:
        row["metadata"] = _metadata(extra)
    return row


def _without_exchange(symbol: str) -> str:
    """Return a symbol without its exchange: `OANDA:EURUSD` is `EURUSD`.

    A chart of an expression, `1/OANDA:EURUSD` or `OANDA:EURUSD/OANDA:GBPUSD`, is none of the
    symbols in it. It stays as it is, to be mapped as a whole or to no symbol at all.
    """
    found = _EXCHANGE.match(symbol)
    if found is None:
        return symbol
    plain = symbol[found.end() :]
    if not plain.strip():
        raise Fault(ReasonCode.MISSING_FIELD, f"symbol is {shown(symbol)}: no symbol.")
    return plain


def _metadata(extra: dict[str, Any]) -> str:
    data = msgspec.json.encode(_finite(extra), order="sorted")
    if len(data) > METADATA_LIMIT:
        raise Fault(
            ReasonCode.METADATA_TOO_LARGE,
            f"The fields that are not known here have {len(data):,} bytes; at most 8,192 are kept.",
        )
    return data.decode()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    return value if type(value) is not int or abs(value) < 2**63 else float(value)


def _signals(rows: list[dict[str, Any]]) -> Signals:
    given = set().union(*rows)
    return Signals(**{name: _column(name, rows, given) for name in _NAMES})


def _column(name: str, rows: list[dict[str, Any]], given: set[str]) -> Any:
    kind = _DTYPES.get(name, np.int64)
    if name in ("signal_id", "content_hash"):
        hashes = [row[name] for row in rows]
        return named_ids(hashes) if name == "signal_id" else as_ids(hashes)
    if name not in given:
        few = len(rows) <= _FEW
        return _defaults(name, len(rows)) if few else _defaults.__wrapped__(name, len(rows))
    default = _DEFAULTS[name]
    values = [row.get(name, default) for row in rows]
    return _objects(values) if kind is object else np.array(values, dtype=kind)


@lru_cache(maxsize=512)
def _defaults(name: str, count: int) -> Any:
    """Return a column that no signal of a batch gives; batches of one length share it."""
    out = np.full(count, _DEFAULTS[name], dtype=_DTYPES.get(name, np.int64))
    out.setflags(write=False)
    return out


def _objects(values: list[Any]) -> Any:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _refusal(received: Received, fault: Fault) -> tuple[Any, ...]:
    content = received.content
    strategy = content.get("strategy") if isinstance(content, dict) else None
    return (
        received.stream,
        received.entry_ms,
        received.entry_seq,
        received.row,
        NIL,
        strategy[:64] if isinstance(strategy, str) else "",
        fault.code,
        fault.message,
        payload_text(received.raw),
        received.entry_ms * 1000,
    )
