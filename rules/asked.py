"""What is to be decided, what was decided, and the pairs of one block on their way between."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rules.book import Pairs
from rules.legs import Legs
from rules.signals import Codes, Flags, Intents, Signals
from rules.sizing import Sized
from rules.tables import Rows, taken
from rules.touched import Touched
from schema.codes import ReasonCode
from schema.enums import Side
from schema.wire import Records

_NO_SIDE = int(Side.NONE)
# These stop a pair altogether; all other codes stop what adds exposure, never a reduction.
_BLOCKING = np.zeros(256, dtype=bool)
_BLOCKING[
    [
        ReasonCode.ACCOUNT_INACTIVE,
        ReasonCode.INSTANCE_INACTIVE,
        ReasonCode.SUBSCRIPTION_INACTIVE,
        ReasonCode.SYMBOL_UNMAPPED,
    ]
] = True


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A batch ready to be decided. A reverse stands twice: once to buy and once to sell."""

    signals: Signals
    intents: Intents
    pairs: Pairs
    sized: Sized
    origin: Rows  # signal row -> the row it is a variant of, or itself
    quote: NDArray[np.float64]  # price that each pair would trade at now, NaN unknown


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was decided, in the order of the waves."""

    orders: Records  # ORDER
    order_partition: NDArray[np.int32]
    verdicts: Records  # VERDICT
    verdict_partition: NDArray[np.int32]
    touched: Touched

    def by_partition(self) -> tuple[dict[int, Records], dict[int, Records]]:
        """Return orders and verdicts of each partition that has any, in their order."""
        return (
            _split(self.orders, self.order_partition),
            _split(self.verdicts, self.verdict_partition),
        )


def _split(records: Records, partitions: NDArray[np.int32]) -> dict[int, Records]:
    order = np.argsort(partitions, kind="stable")
    whole = taken(records, order)
    found, starts = np.unique(partitions[order], return_index=True)
    ends = [*starts.tolist(), len(order)][1:]
    return {
        partition: whole[start:end]
        for partition, start, end in zip(found.tolist(), starts.tolist(), ends, strict=True)
    }


@dataclass(kw_only=True)
class Queue:
    """Pairs to decide, in their turns: what waves read and change, and what they made so far.

    Attributes:
        row: Of pairs; that of the variant where a reverse sells.
        acts: Which look at trades that are there; None where none does.
        opens: Which are to open something, if nothing speaks against it.
        goes: Positions that open, a part for each wave.
        opened: The new trades of these parts.
        legs: Legs on trades that were there.
    """

    row: Rows
    other: Rows
    signal: Rows
    subscription: Rows
    account: Rows
    instrument: Rows
    reason: Codes
    blocked: Flags
    acts: Flags | None
    opens: Flags
    side: Codes
    order_type: Codes
    volume: NDArray[np.int64]
    goes: list[Rows] = field(default_factory=list)
    opened: list[slice] = field(default_factory=list)
    legs: list[Legs] = field(default_factory=list)

    @classmethod
    def of(cls, asked: Asked, row: Rows, other: Rows) -> Self:
        """Gather the columns of some pairs."""
        pairs, intents = asked.pairs, asked.intents
        signal = pairs.signal[row]
        routed = pairs.reason[row]
        reason = np.where(routed != 0, routed, asked.sized.reason[row])
        blocked = _BLOCKING[reason]
        side = intents.open_side[signal]
        acting = intents.open_side == _NO_SIDE
        acting |= (intents.close_long > 0) | (intents.close_short > 0)
        acting |= intents.reverse | intents.modify | intents.cancel
        return cls(
            row=row,
            other=other,
            signal=signal,
            subscription=pairs.subscription[row],
            account=pairs.account[row],
            instrument=pairs.instrument[row],
            reason=reason,
            blocked=blocked,
            acts=acting[signal] & ~blocked if np.count_nonzero(acting) else None,
            opens=(side != _NO_SIDE) & ~blocked,
            side=side,
            order_type=asked.signals.order_type[signal],
            volume=asked.sized.volume[row],
        )

    def __len__(self) -> int:
        return len(self.row)

    def choose_other(self, asked: Asked, turns: Rows) -> None:
        """Let some pairs be what their selling variants are."""
        row = self.other[turns]
        self.row[turns] = row
        self.signal[turns] = asked.pairs.signal[row]
        routed = asked.pairs.reason[row]
        self.reason[turns] = np.where(routed != 0, routed, asked.sized.reason[row])
        self.side[turns] = asked.intents.open_side[self.signal[turns]]
        self.volume[turns] = asked.sized.volume[row]
