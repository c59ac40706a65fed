"""Records of the logs: NumPy structured arrays, packed, little-endian.

A one-row record is a few hundred bytes and is read without copying, where an Arrow
message of as many columns is some kilobytes. Money, prices and volumes are int64 counts
of 1e-8 (`UNITS`); times are int64 microseconds since 1970 in UTC, 0 for none; ids are 16
bytes; enums are their numbers. A record type may only grow at its end: `decode` fills
what an older writer did not know with zeros, and drops what a newer one added.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

UNITS = 100_000_000

Records = NDArray[np.void]

ORDER = np.dtype(
    [
        ("order_id", "V16"),
        ("signal_id", "V16"),
        ("account_id", "V16"),
        ("strategy_id", "V16"),
        ("instance_id", "V16"),
        ("position", "V16"),  # order_id that opened the position to close or modify; nil if none
        ("leg", "<u1"),  # from 1
        ("legs", "<u1"),
        ("after", "<u1"),  # 1: only when all earlier legs of the pair are done
        ("kind", "<u1"),  # LegKind
        ("side", "<u1"),  # Side of the order itself: a close of a long is SELL
        ("order_type", "<u1"),  # OrderType
        ("whole", "<u1"),  # 1: close whatever volume the position has
        ("symbol", "S32"),  # broker's name
        ("volume", "<i8"),
        ("price", "<i8"),  # limit price, or 0
        ("stop_price", "<i8"),  # trigger price, or 0
        ("stop_loss", "<i8"),
        ("take_profit", "<i8"),
        ("expires_at", "<i8"),  # of the pending order at the broker
        ("valid_until", "<i8"),  # not to be claimed later; 0: never too old
        ("magic", "<i8"),
        ("provider_price", "<i8"),
        ("quote_price", "<i8"),  # what we saw when deciding
        ("fired_at", "<i8"),
        ("received_at", "<i8"),
        ("decided_at", "<i8"),
        ("broker_id", "V16"),  # the account's, when it was decided
    ]
)

VERDICT = np.dtype(
    [
        ("signal_id", "V16"),
        ("account_id", "V16"),
        ("strategy_id", "V16"),
        ("outcome", "<u1"),  # Outcome.NONE when orders were dispatched
        ("reason", "<u1"),  # ReasonCode
        ("legs", "<u1"),
        ("action", "<u1"),
        ("stream", "<u2"),
        ("symbol", "S32"),  # provider's name
        ("entry_ms", "<i8"),
        ("entry_seq", "<i8"),
        ("entry_row", "<i4"),
        ("fired_at", "<i8"),
        ("received_at", "<i8"),
        ("decided_at", "<i8"),
    ]
)

REPORT = np.dtype(
    [
        ("order_id", "V16"),
        ("account_id", "V16"),
        ("owner", "V16"),  # the journal that speaks
        ("term", "<i8"),
        ("state", "<u1"),  # OrderState
        ("outcome", "<u1"),
        ("reason", "<u1"),
        ("sent", "<u1"),  # 0: surely never reached the broker
        ("retcode", "<i4"),
        ("order_ticket", "<i8"),
        ("position_ticket", "<i8"),
        ("filled", "<i8"),
        ("price", "<i8"),  # volume-weighted fill price
        ("asked_price", "<i8"),  # price the request carried
        ("claimed_at", "<i8"),
        ("sent_at", "<i8"),
        ("done_at", "<i8"),
        ("reported_at", "<i8"),
        ("message", "S64"),
    ]
)

DEAL = np.dtype(
    [
        ("account_id", "V16"),
        ("order_id", "V16"),  # ours, or nil for what the broker or a person did
        ("deal_ticket", "<i8"),
        ("order_ticket", "<i8"),
        ("position_ticket", "<i8"),
        ("symbol", "S32"),
        ("type", "<u1"),  # DealType
        ("entry", "<u1"),  # DealEntry
        ("reason", "<u1"),  # DealReason
        ("volume", "<i8"),
        ("price", "<i8"),
        ("profit", "<i8"),
        ("commission", "<i8"),
        ("swap", "<i8"),
        ("fee", "<i8"),
        ("magic", "<i8"),
        ("time", "<i8"),
        ("comment", "S32"),
    ]
)

MARK = np.dtype(
    [
        ("account_id", "V16"),
        ("balance", "<i8"),
        ("equity", "<i8"),
        ("equity_low", "<i8"),  # since the mark before
        ("equity_high", "<i8"),
        ("margin", "<i8"),
        ("margin_free", "<i8"),
        ("open_positions", "<i4"),
        ("leverage", "<f8"),
        ("currency", "S8"),
        ("marked_at", "<i8"),
    ]
)

QUOTE = np.dtype(
    [
        ("symbol", "S32"),  # broker's name
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("quoted_at", "<i8"),
    ]
)

RECORDS = {
    "order": ORDER,
    "verdict": VERDICT,
    "report": REPORT,
    "deal": DEAL,
    "mark": MARK,
    "quote": QUOTE,
}


def encode(rows: Records) -> bytes:
    """Return records as bytes: two of record size, then the rows."""
    return int(rows.dtype.itemsize).to_bytes(2, "little") + rows.tobytes()


def decode(data: bytes, dtype: np.dtype[Any]) -> Records:
    """Return records from bytes, as the reader knows them.

    Raises:
        ValueError: If the length is not a whole number of records.
    """
    size = int.from_bytes(data[:2], "little")
    if size == dtype.itemsize:
        return np.frombuffer(data, dtype=dtype, offset=2)
    count, rest = divmod(len(data) - 2, size)
    if rest:
        raise ValueError(f"{len(data) - 2} bytes are not whole records of {size} bytes")
    raw = np.frombuffer(data, dtype=np.uint8, offset=2).reshape(count, size)
    out = np.zeros((count, dtype.itemsize), dtype=np.uint8)
    known = min(size, dtype.itemsize)
    out[:, :known] = raw[:, :known]
    return out.reshape(-1).view(dtype)


def renamed(rows: Records, dtype: np.dtype[Any]) -> Records:
    """Return rows as another record type has them: by name, zeros for what they do not have."""
    if rows.dtype == dtype:
        return rows
    out = np.zeros(len(rows), dtype)
    for name in set(rows.dtype.names or ()) & set(dtype.names or ()):
        out[name] = rows[name]
    return out
