"""The frame of trades by their entry: what was open, and what had been closed, by then."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from rules.errors import Fatal
from rules.kpi.kpi import Stage
from rules.kpi.prepare import Frames

_SECOND = 1_000_000  # microseconds
_REVENGE = 15 * 60  # seconds after a loss

_Whole = npt.NDArray[np.int64]


def entries(frames: Frames) -> pl.DataFrame:
    """Return trades by entry time, each with the account's latest trade closed by then.

    Trades whose entry is unknown are left out.

    Terminals write whole seconds; so what exits in the second of an entry has exited by then.

    open: trades open just after the entry.
    covered: seconds of [entry, exit) that no trade entered before covers.
    closed_p: result of the latest closed trade. since_closed: seconds since its exit.
    revenge: whether that trade lost, at most 15 minutes ago, with no more lots than this one;
    null where no trade was closed yet.

    Raises:
        Fatal: If accounts times their span of time is more than one integer holds (30,000
            accounts of ten years); compute fewer accounts at once.
    """
    rows = frames[Stage.TRADES].select("account", "entry_time", "exit_time", "p", "lots")
    rows = rows.filter(pl.col("entry_time").is_not_null())
    account = rows["account"].to_numpy().astype(np.int64)
    entered, exited = _one_line(rows, account)
    order = np.argsort(entered, kind="stable")
    exits_by_then = np.searchsorted(exited, _end_of_second(entered[order]), side="right")
    first = np.flatnonzero(np.diff(account, prepend=-1))
    before = np.repeat(first, np.diff(np.append(first, account.size)))  # an account's first place
    # A trade that exits in the second of its entry is no trade closed before it.
    latest = exits_by_then - 1 - (exits_by_then - 1 == order)
    closed = pl.Series(latest).set(pl.Series(latest < before), None)
    lots, p = rows["lots"], rows["p"]
    frame = rows[order].with_columns(
        open=np.arange(1, order.size + 1) - exits_by_then,
        covered=_covered(entered[order], exited[order]) / _SECOND,
        closed_p=p.gather(closed),
        closed_lots=lots.gather(closed),
        since_closed=_seconds(rows["entry_time"][order] - rows["exit_time"].gather(closed)),
    )
    lost = (pl.col("closed_p") < 0) & (pl.col("lots") >= pl.col("closed_lots"))
    return frame.with_columns(revenge=lost & (pl.col("since_closed") <= _REVENGE))


def _one_line(rows: pl.DataFrame, account: _Whole) -> tuple[_Whole, _Whole]:
    """Return entries and exits as microseconds on one line, account after account."""
    entered, exited = (rows[c].to_physical().to_numpy() for c in ("entry_time", "exit_time"))
    if not rows.height:
        return entered, exited
    origin = min(entered.min(), exited.min()) // _SECOND * _SECOND
    span = (max(entered.max(), exited.max()) - origin) // _SECOND * _SECOND + _SECOND
    if (int(account[-1]) + 1) * int(span) > np.iinfo(np.int64).max:
        raise Fatal(f"{account[-1] + 1} accounts over {span / _SECOND:.0f} s are too many at once")
    return account * span + (entered - origin), account * span + (exited - origin)


def _end_of_second(time: _Whole) -> _Whole:
    return time // _SECOND * _SECOND + (_SECOND - 1)


def _covered(entered: _Whole, exited: _Whole) -> _Whole:
    # One account's times are all after those of the account before, so nothing is carried over.
    until = np.maximum.accumulate(exited)
    free = entered.copy()
    free[1:] = np.maximum(entered[1:], until[:-1])
    covered: _Whole = np.maximum(exited - free, 0)
    return covered


def _seconds(duration: pl.Series) -> pl.Series:
    return duration.dt.total_microseconds().clip(lower_bound=0) / _SECOND


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {Stage.ENTRIES: entries}
