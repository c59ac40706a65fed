"""Signals as columns: what validation makes of stream entries, and what they ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from schema.ids import Ids

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns of one length. Never mutated; `take` makes a new one."""

    def take(self, rows: NDArray[Any]) -> Self:
        """Return the columns at `rows` (positions, or a mask)."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of all parts, in order; there must be one."""
        if len(parts) == 1:
            return parts[0]
        columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(cls)}
        return cls(**{name: np.concatenate(values) for name, values in columns.items()})

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self.__dataclass_fields__))))


@dataclass(frozen=True, kw_only=True)
class Signals(Columns):
    """Signals that are well-formed. Prices, volumes, contracts: counts of 1e-8, 0 for absent.

    Times are microseconds since 1970 in UTC, 0 for absent. Pips and percents are floats, 0 for
    absent; position sizes are floats, NaN for absent. Texts are str, "" for absent.
    """

    signal_id: Ids
    stream: NDArray[np.uint16]
    entry_ms: Int64
    entry_seq: Int64
    entry_row: NDArray[np.int32]
    strategy: Texts
    symbol: Texts  # without exchange prefix
    action: Codes
    order_type: Codes
    price: Int64
    stop_price: Int64
    stop_loss: Int64
    take_profit: Int64
    sl_pips: Float
    tp_pips: Float
    sl_percent: Float
    tp_percent: Float
    volume: Int64
    contracts: Int64
    risk_percent: Float
    fraction: Float  # of a close; 1 if not given
    position_size: Float
    prev_position_size: Float  # signed by prev_position
    atr: Int64
    fired_at: Int64
    received_at: Int64  # the stream entry's time
    expires_at: Int64
    provider_signal_id: Texts
    order_ref: Texts
    comment: Texts
    metadata: Texts  # JSON of the extra fields
    content_hash: Ids  # of all received fields: same identity, other hash = reused
    clock_ahead: Flags  # fired_at was up to 60 s ahead and has been set to received_at


@dataclass(frozen=True, kw_only=True)
class Intents(Columns):
    """What each signal asks of the strategy's own book on an account, one row per signal.

    A target is resolved against the position before it; `reverse` depends on each book.
    """

    open_side: Codes  # Side; NONE when nothing is opened. With `reverse`: decided per book
    lots: Int64  # provider's volume of the opening in lots, 1e-8; 0 unknown
    contracts: Int64  # the same in the provider's units, 1e-8; 0 unknown
    close_long: Float  # fraction of the long book to close first, 0 to 1
    close_short: Float
    reverse: Flags
    modify: Flags
    cancel: Flags
