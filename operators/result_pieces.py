"""What waits to be written as rows, cut by partition: a signal must not wait for all of it.

Rows are written between two rounds, in the thread that decides. A piece is the changes of some
partitions, which a snapshot of these partitions may rest on once they are written.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.replay import Logged
from rules.state import State
from rules.tables import Rows
from rules.touched import Touched
from schema.ids import PARTITIONS

_LEAST = 400  # rows of a piece: about as long as deciding takes for one large signal
_SHARE = 8  # and at least this part of what waits, so that it never outgrows what is written
_KINDS = ("orders", "pairs", "trades", "accounts")


@dataclass
class Piece:
    """Changes of some partitions, and those of all others.

    Attributes:
        touched: rows of the state that changed.
        decisions: whose rows are to be written.
        rest: changes that wait for a later piece.
        waiting: decisions that do.
        last: highest partition of the piece; the next one begins behind it.
    """

    touched: Touched = field(default_factory=Touched)
    decisions: list[Logged] = field(default_factory=list)
    rest: Touched = field(default_factory=Touched)
    waiting: list[Logged] = field(default_factory=list)
    last: int = -1

    @property
    def is_all(self) -> bool:
        """Whether nothing waits beside it."""
        return not self.rest.any and not self.waiting


def cut(
    state: State,
    touched: Touched,
    decisions: Sequence[Logged],
    *,
    after: int,
    wanted: Collection[int] = (),
) -> Piece:
    """Take the changes of some partitions.

    Args:
        state: After the changes.
        touched: All rows that changed.
        decisions: All decisions whose rows are not written.
        after: Partition behind which a piece begins, round and round, so that none waits for ever.
        wanted: Partitions to take instead, whatever they have.
    """
    rows = {name: _unique(getattr(touched, name)) for name in _KINDS}
    where = {name: getattr(state, name).rows["partition"][rows[name]] for name in _KINDS}
    counts = np.zeros(PARTITIONS, np.int64)
    for partitions in where.values():
        counts += np.bincount(partitions, minlength=PARTITIONS)
    np.add.at(counts, [partition for partition, _, _ in decisions], 1)
    for minutes in touched.minutes:
        np.add.at(counts, minutes["partition"], 1)
    taken = np.zeros(PARTITIONS, np.bool_)
    piece = Piece()
    if wanted:
        taken[list(wanted)], piece.last = True, after
    else:
        chosen = _next(counts, after)
        taken[chosen], piece.last = True, int(chosen[-1])
    for name in _KINDS:
        mine = taken[where[name]]
        _add(getattr(piece.touched, name), rows[name][mine])
        _add(getattr(piece.rest, name), rows[name][~mine])
    for deals in touched.deals:
        account = state.accounts.find(deals["account_id"])
        mine = taken[state.accounts.rows["partition"][account]]
        _add(piece.touched.deals, deals[mine])
        _add(piece.rest.deals, deals[~mine])
    for minutes in touched.minutes:
        mine = taken[minutes["partition"]]
        _add(piece.touched.minutes, minutes[mine])
        _add(piece.rest.minutes, minutes[~mine])
    for one in decisions:
        (piece.decisions if taken[one[0]] else piece.waiting).append(one)
    return piece


def _next(counts: NDArray[np.int64], after: int) -> Rows:
    """Return the partitions of the next piece; empty ones cost nothing and come along."""
    order = (np.arange(PARTITIONS) + after + 1) % PARTITIONS
    bound = max(_LEAST, int(counts.sum()) // _SHARE)
    return order[: 1 + int(np.searchsorted(np.cumsum(counts[order]), bound))]


def _add(parts: list[NDArray[Any]], rows: NDArray[Any]) -> None:
    if len(rows):
        parts.append(rows)


def _unique(parts: Sequence[Rows]) -> Rows:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))
