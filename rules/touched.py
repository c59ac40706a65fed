"""What a fold touched: rows that changed, and the versions that they rise to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from rules.state import State
from rules.tables import RecordTable, Rows
from schema.ids import PARTITIONS
from schema.wire import Records

_SEQUENCE_BITS = 20


@dataclass
class Touched:
    """Rows that changed since the last look, for whoever writes them down."""

    orders: list[Rows] = field(default_factory=list)
    pairs: list[Rows] = field(default_factory=list)
    trades: list[Rows] = field(default_factory=list)
    accounts: list[Rows] = field(default_factory=list)
    deals: list[Records] = field(default_factory=list)  # deals that were new
    # ACCOUNT_STATE rows as they were when their minutes ended: the state holds the last one only.
    minutes: list[Records] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there are rows."""
        return any(getattr(self, each.name) for each in fields(self))

    def add(self, other: "Touched") -> None:
        """Take in what another fold touched."""
        for each in fields(self):
            getattr(self, each.name).extend(getattr(other, each.name))


def version_of(entry_ms: int, entry_seq: int) -> int:
    """Return a stream id as one number that sorts the same (2^20 entries a millisecond)."""
    return (entry_ms << _SEQUENCE_BITS) | min(entry_seq, (1 << _SEQUENCE_BITS) - 1)


def time_of(version: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when the entries of versions came, microseconds."""
    return (version >> _SEQUENCE_BITS) * 1000


def raise_version(records: RecordTable, rows: Rows, version: int | NDArray[np.int64]) -> None:
    """Raise the version of rows to an entry's; by one where that is no higher."""
    # Ids of two streams may disagree about the order when a clock steps; a version never falls.
    records["version"][rows] = np.maximum(records["version"][rows] + 1, version)


def stamp(state: State, touched: Touched, decisions: Mapping[int, tuple[int, int]]) -> None:
    """Write the ids of decisions, by partition, into the rows they made."""
    known = np.zeros(PARTITIONS, np.bool_)
    entry_ms, entry_seq, version = (np.zeros(PARTITIONS, np.int64) for _ in range(3))
    for partition, (ms, seq) in decisions.items():
        known[partition], entry_ms[partition], entry_seq[partition] = True, ms, seq
        version[partition] = version_of(ms, seq)
    for records, lists, is_new in (
        (state.orders.rows, touched.orders, True),
        (state.pairs.rows, touched.pairs, True),
        (state.trades.rows, touched.trades, False),
    ):
        if not lists:
            continue
        # Once each: what several waves of one decision touched has one version, as in a replay.
        rows = lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))
        partition_of = records["partition"][rows]
        own, its = rows[known[partition_of]], partition_of[known[partition_of]]
        if is_new:
            records["decision_ms"][own] = entry_ms[its]
            records["decision_seq"][own] = entry_seq[its]
        raise_version(records, own, version[its])
