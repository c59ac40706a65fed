"""Live state of a shard's trades, accounts and executions, a piece at a time."""

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

import numpy as np

from rules import live_rows
from rules.state import State
from rules.tables import Rows
from rules.touched import Touched
from schema import arrow
from schema.registry import table
from sinks.live_state import LiveRows

_AT_ONCE = 20  # rows of each kind: some milliseconds, in which no signal is decided


_TABLES = {"trades": "trade_state", "orders": "execution_state", "accounts": "account_state"}


class WriteState(Protocol):
    """See sinks.live_state.LiveStateWriter."""

    def write(self, changed: Sequence[LiveRows]) -> None:
        """Replace hashes."""
        ...


class LiveState:
    """Which rows have changed since they were shown; the newest value is all that counts.

    Args:
        writer: Writes the hashes.
    """

    def __init__(self, writer: WriteState) -> None:
        self._writer = writer
        self._changed: dict[str, dict[int, None]] = {name: {} for name in _TABLES}

    def touch(self, touched: Touched) -> None:
        """Note rows of the state that changed."""
        for name, rows in self._changed.items():
            for part in getattr(touched, name):
                rows.update(dict.fromkeys(part.tolist()))

    def restart(self, state: State) -> None:
        """Note every row of a state that was folded again, or whose rows have moved."""
        for name, rows in self._changed.items():
            rows.clear()
            rows.update(dict.fromkeys(range(getattr(state, name).count)))

    @property
    def waiting(self) -> int:
        """Rows that changed and are not shown yet."""
        return sum(map(len, self._changed.values()))

    def write(self, state: State, limit: int = _AT_ONCE) -> None:
        """Write a few rows that changed, the oldest change first.

        Call it often, when nothing else is to do: what changes again meanwhile is written once.

        Args:
            state: The shard's.
            limit: Rows of each kind.

        Raises:
            redis.RedisError: They are written with the next change.
        """
        found = []
        for name, changed in self._changed.items():
            chosen = list(islice(changed, limit))
            for row in chosen:
                del changed[row]
            rows = np.array(chosen, dtype=np.int64)
            if name == "accounts":
                rows = rows[state.accounts.rows["marked_at"][rows] > 0]
            if len(rows):
                found.append(_live(name, state, rows))
        if found:
            self._writer.write(found)


def _live(name: str, state: State, rows: Rows) -> LiveRows:
    over: list[bool] = [False] * len(rows)
    if name == "trades":
        columns = live_rows.trade_rows(state, rows)
        over = [not goes_on for goes_on in live_rows.live_trades(state, rows)]
    elif name == "orders":
        columns = live_rows.execution_rows(state, rows)
        over = list(live_rows.ended_orders(state, rows))
    else:
        columns = live_rows.account_rows(state, rows)
    kind = table(_TABLES[name])
    partitions = getattr(state, name).rows["partition"][rows].tolist()
    return LiveRows(kind, arrow.batch(kind, columns), partitions, over)
