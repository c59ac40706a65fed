"""The fold of marks: balances of accounts, and the range of each minute."""

import numpy as np
from numpy.typing import NDArray

from rules.ages import AHEAD
from rules.state import State
from rules.tables import RecordTable, Rows, in_turns
from rules.touched import Touched, raise_version, time_of
from schema.wire import Records

_MINUTE = 60_000_000


def fold_marks(
    state: State, marks: Records, partitions: NDArray[np.int32], version: int | NDArray[np.int64]
) -> Touched:
    """Fold MARK records; a mark older than its account's last one is dropped.

    One that is stamped ahead of the entry that tells of it is of the entry's time, or it would
    hold against all true ones until then.
    """
    touched = Touched()
    versions = np.broadcast_to(np.asarray(version, dtype=np.int64), len(marks))
    marks = _stamped(marks, time_of(versions))
    for turn in in_turns(marks["account_id"].tolist()):
        rows = state.account_rows(marks["account_id"][turn], partitions[turn])
        newer = marks["marked_at"][turn] > state.accounts.rows["marked_at"][rows]
        rows, news = rows[newer], turn[newer]
        touched.minutes += _ended(state.accounts.rows, rows, marks["marked_at"][news])
        _mark(state.accounts.rows, rows, marks[news])
        state.accounts.rows["partition"][rows] = partitions[news]
        raise_version(state.accounts.rows, rows, versions[news])
        touched.accounts.append(rows)
    return touched


def _stamped(marks: Records, told_at: NDArray[np.int64]) -> Records:
    ahead = marks["marked_at"] > told_at + AHEAD
    if ahead.any():
        marks = marks.copy()
        marks["marked_at"] = np.where(ahead, told_at, marks["marked_at"])
    return marks


def _ended(accounts: RecordTable, rows: Rows, marked_at: NDArray[np.int64]) -> list[Records]:
    """Return accounts as they are where a mark begins another minute."""
    began = accounts["minute"][rows]
    ended = (began > 0) & (marked_at // _MINUTE * _MINUTE != began)
    return [accounts.records(rows[ended])] if ended.any() else []


def _mark(accounts: RecordTable, rows: Rows, marks: Records) -> None:
    minute = marks["marked_at"] // _MINUTE * _MINUTE
    same = minute == accounts["minute"][rows]
    low, high = marks["equity_low"], marks["equity_high"]
    so_far_low, so_far_high = accounts["equity_low"][rows], accounts["equity_high"][rows]
    accounts["equity_low"][rows] = np.where(same, np.minimum(low, so_far_low), low)
    accounts["equity_high"][rows] = np.where(same, np.maximum(high, so_far_high), high)
    accounts["minute"][rows] = minute
    for name in (
        *("balance", "equity", "margin", "margin_free", "open_positions"),
        *("leverage", "currency", "marked_at"),
    ):
        accounts[name][rows] = marks[name]
