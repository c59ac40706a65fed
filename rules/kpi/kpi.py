"""What a KPI is: an entry of the registry, with the expression that computes it.

An expression is evaluated at a stage. At `DERIVED` it reads finished columns of the accounts'
wide frame (one row per account); at every other stage it aggregates the rows of one account in
that stage's frame. No expression sees rows of two accounts, and none loops over rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Starts = npt.NDArray[np.int64]


class Stage(StrEnum):
    """The frame over which a value is evaluated. `rules.kpi.prepare` says what is in each."""

    DAILY = "daily"  # days that have a return
    EQUITY = "equity"  # days that have an equity
    RECENT = "recent"  # the days of DAILY in the 366 that end at as_of
    LAST_30 = "last_30"  # the last 30 of DAILY, drawdown begun anew
    LAST_90 = "last_90"
    LAST_36M = "last_36m"
    ORDERED = "ordered"  # returns of DAILY, smallest first
    DEPTHS = "depths"  # drawdowns of DAILY, deepest first
    PAIRED = "paired"  # days with a return and a benchmark's return
    FALLING = "falling"  # the days of PAIRED on which the benchmark fell
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    EPISODES = "episodes"  # drawdown episodes
    DAY_RUNS = "day_runs"  # runs of days with one sign
    TRADES = "trades"
    TRADE_DAYS = "trade_days"
    TRADE_RUNS = "trade_runs"
    SYMBOLS = "symbols"
    STRATEGIES = "strategies"
    HOURS = "hours"
    WEEKDAYS = "weekdays"
    ENTRIES = "entries"  # trades by entry time
    OVERLAPS = "overlaps"  # entries and exits as one sequence of events
    EXECUTIONS = "executions"
    EMOTIONS = "emotions"
    EMOTION_NAMES = "emotion_names"
    BREACHES = "breaches"
    DERIVED = "derived"


class Input(StrEnum):
    """The table without which a KPI cannot be computed."""

    DAILY_RETURNS = "daily_returns"
    EQUITY = "equity"
    TRADES = "trades"
    EXECUTIONS = "executions"
    EMOTION_LOGS = "emotion_logs"
    BREACHES = "breaches"


class Window(StrEnum):
    """The stretch of an account's history that a value is about; all end at `as_of`."""

    ALL = "all"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAYS_90 = "90d"
    DAYS_30 = "30d"
    DAYS_7 = "7d"


EVERY_WINDOW = tuple(Window)
ONLY_ALL = (Window.ALL,)


@dataclass(frozen=True)
class Kernel:
    """A computation that takes Polars long or that it has none for, over all accounts in one call.

    `function` receives the index of each account's first row, ending with the number of rows,
    and `columns` as arrays in which null is NaN; rows are sorted by account, and every account
    has at least one. It returns one number per account; NaN is undefined.

    `expression` says the same, if in more time: what is kept of an account, so that days are added
    to it without those before them, follows from it. Without one a kernel needs all rows.
    """

    columns: tuple[str, ...]
    function: Callable[..., Floats]  # (starts: Starts, *columns: Floats)
    expression: pl.Expr | None = field(default=None, compare=False)


class Evaluated:
    """An expression or a kernel, and the columns that it reads."""

    value: pl.Expr | Kernel

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Return the columns that the value reads."""
        if isinstance(self.value, Kernel):
            return tuple(self.value.columns)
        return tuple(dict.fromkeys(self.value.meta.root_names()))


@dataclass(frozen=True)
class Part(Evaluated):
    """An intermediate value of an account that KPIs share and nobody is shown."""

    name: str
    stage: Stage
    value: pl.Expr | Kernel
    empty: float | None = None  # for an account that has no rows at the stage

    def __post_init__(self) -> None:
        if not self.name.startswith("_"):
            raise ValueError(f"name of a part was {self.name!r}, expected a leading underscore")


@dataclass(frozen=True)
class Least:
    """The sample from which a value says something; below it, it is noise."""

    days: int = 0
    trades: int = 0


@dataclass(frozen=True)
class Kpi(Evaluated):
    """One key performance indicator.

    Attributes:
        id: its name everywhere; it never changes.
        title: for people.
        unit: of the value, as in `ratio/yr`.
        value: the expression, or the kernel, that computes it at `stage`.
        formula: the definition in the field's notation.
        edges: what the value is where the formula has none.
        group: the family it is listed under.
        input: the table without which it cannot be computed.
        needs: the columns it rests on, as `daily.r`.
        stage: the frame that `value` is evaluated over.
        empty: the value of an account that has no rows at `stage`; null by default.
        least: the sample from which it is shown without a warning.
        windows: those for which it means something.
    """

    id: str
    title: str
    unit: str
    value: pl.Expr | Kernel
    formula: str
    edges: str
    group: str = field(kw_only=True)
    input: Input = field(kw_only=True)
    needs: tuple[str, ...] = field(kw_only=True)
    stage: Stage = field(kw_only=True)
    empty: float | None = field(kw_only=True, default=None)
    least: Least = field(kw_only=True, default=Least())
    windows: tuple[Window, ...] = field(kw_only=True, default=EVERY_WINDOW)

    @property
    def name(self) -> str:
        """Return the id: the name of its column."""
        return self.id
