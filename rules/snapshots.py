"""Snapshots: the state of one partition at one of its decisions, as bytes.

Rows refer to each other by id, not by place, so a snapshot can be restored beside those of
other partitions. Record types may have changed since it was written: it names its columns.
"""

from typing import Any

import msgspec
import numpy as np

from rules.state import ACCOUNT_STATE, ORDER_STATE, PAIR_STATE, TRADE_STATE, State
from rules.tables import RecordTable
from schema.wire import Records, decode, encode, renamed

_FORMAT = 1
_TABLES = {
    "orders": ORDER_STATE,
    "pairs": PAIR_STATE,
    "trades": TRADE_STATE,
    "accounts": ACCOUNT_STATE,
}


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Where a snapshot stands, and the rows of its partition."""

    format: int = _FORMAT
    partition: int
    decision: str  # id of the decision it is the state at
    events: str
    marks: dict[str, str]
    tables: dict[str, bytes]
    layouts: dict[str, list[tuple[str, str]]] = {}  # name and NumPy type of each column


# Columns that came when snapshots began to name them, and one that stood in another's place.
_NEW_THEN = {"broker_id", "dealt", "priced"}
_IN_PLACE_OF = {"ended_by": "close_reason"}
_decoder = msgspec.msgpack.Decoder(Snapshot)


def take(state: State, partition: int, decision: str, events: str, marks: dict[str, str]) -> bytes:
    """Return the rows of a partition. Call it when the state stands at `decision`, no further."""
    tables = {}
    for name in _TABLES:
        rows: RecordTable = getattr(state, name)
        tables[name] = encode(rows.records(rows["partition"] == partition))
    return msgspec.msgpack.encode(
        Snapshot(
            partition=partition,
            decision=decision,
            events=events,
            marks=marks,
            tables=tables,
            layouts={
                name: [(column[0], str(column[1])) for column in dtype.descr]
                for name, dtype in _TABLES.items()
            },
        )
    )


def read(data: bytes) -> Snapshot:
    """Return a snapshot from its bytes.

    Raises:
        ValueError: If it is damaged or of a newer format.
    """
    snapshot = _decoder.decode(data)
    if snapshot.format != _FORMAT:
        raise ValueError(f"snapshot format was {snapshot.format}, expected {_FORMAT}")
    return snapshot


def restore(state: State, snapshot: Snapshot) -> None:
    """Put the rows of a partition into a state that has none of them.

    Raises:
        ValueError: If rows are damaged; the state is as it was.
    """
    rows = {name: _rows(snapshot, name) for name in _TABLES}
    state.accounts.append(_absent(state, rows["accounts"]))
    trades = rows["trades"].copy()
    trades["account"] = state.accounts.find(trades["account_id"])
    trade_rows = state.trades.append(trades)
    opened = trades["position_ticket"] != 0
    keys = zip(
        trades["account_id"][opened].tolist(),
        trades["position_ticket"][opened].tolist(),
        strict=True,
    )
    state.positions.update(zip(keys, trade_rows[opened].tolist(), strict=True))
    pair_rows = state.pairs.append(rows["pairs"])
    orders = rows["orders"].copy()
    orders["pair"] = state.pairs.find(orders["signal_id"], orders["account_id"])
    own = state.trades.find(orders["order_id"])
    acted_on = state.trades.find(orders["position"])
    orders["trade"] = np.where(own >= 0, own, acted_on)
    order_rows = state.orders.append(orders)
    state.pairs.rows["first"][pair_rows] = -1
    first = orders["leg"] == 1
    state.pairs.rows["first"][orders["pair"][first]] = order_rows[first]


def _rows(snapshot: Snapshot, name: str) -> Records:
    """Return the rows of a table as they are known now."""
    dtype = _TABLES[name]
    written: list[Any] = list(map(tuple, snapshot.layouts.get(name, ())))
    written = written or [
        (_IN_PLACE_OF.get(column[0], column[0]), column[1])
        for column in dtype.descr
        if column[0] not in _NEW_THEN
    ]
    return renamed(decode(snapshot.tables[name], np.dtype(written)), dtype)


def _absent(state: State, accounts: Records) -> Records:
    known = state.accounts.find(accounts["account_id"])
    state.accounts.put(known[known >= 0], accounts[known >= 0])
    return accounts[known < 0]
