"""Snapshots of other versions are read by the names of their columns."""

from typing import Any

import msgspec
import numpy as np
import pytest

from rules import snapshots
from rules.snapshots import Snapshot
from rules.state import ORDER_STATE, TRADE_STATE, State
from schema.enums import Outcome
from schema.wire import decode, encode, renamed
from tests.model.memory import Memory
from tests.model.test_model_crashes import FIRST, LOT, OPEN, word
from tests.unit.rules.test_rules_deciding_alike import rows_by_id


def written() -> tuple[State, Snapshot]:
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.tell(0, reports=[word(FIRST, Outcome.FILLED, LOT, position_ticket=11)])
    memory.read(0, 9)
    state = memory.shard.state
    return state, snapshots.read(snapshots.take(state, 0, "1-0", "1-0", {}))


def restored(snapshot: Snapshot) -> State:
    state = State()
    snapshots.restore(state, snapshots.read(msgspec.msgpack.encode(snapshot)))
    return state


def relaid(snapshot: Snapshot, columns: dict[str, Any], *, named: bool = True) -> Snapshot:
    """The same rows as a version with other columns has written them."""
    layouts, tables = dict(snapshot.layouts), dict(snapshot.tables)
    for name, descr in columns.items():
        before = np.dtype(list(map(tuple, layouts[name])))
        tables[name] = encode(renamed(decode(tables[name], before), np.dtype(descr)))
        layouts[name] = descr
    return msgspec.structs.replace(snapshot, tables=tables, layouts=layouts if named else {})


def test_columns_may_come_go_and_move() -> None:
    state, snapshot = written()
    orders: list[Any] = [("gone", "<i8"), *ORDER_STATE.descr[::-1]]
    trades = [c for c in TRADE_STATE.descr if c[0] != "fee"]
    assert rows_by_id(restored(relaid(snapshot, {"orders": orders, "trades": trades}))) == (
        rows_by_id(state)
    )


def test_one_that_names_no_columns_is_read_as_they_were_then() -> None:
    state, snapshot = written()
    new = {"broker_id", "dealt", "priced"}
    then = {
        "orders": [column for column in ORDER_STATE.descr if column[0] not in new],
        "trades": [
            ("close_reason" if name == "ended_by" else name, kind)
            for name, kind in TRADE_STATE.descr
            if name not in new
        ],
    }
    assert rows_by_id(restored(relaid(snapshot, then, named=False))) == rows_by_id(state)


def test_a_newer_format_is_refused() -> None:
    _, snapshot = written()
    newer = msgspec.msgpack.encode(msgspec.structs.replace(snapshot, format=2))
    with pytest.raises(ValueError, match="format was 2"):
        snapshots.read(newer)
