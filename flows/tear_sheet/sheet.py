"""What a tear sheet shows: the frames and the figures of one account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

Value = float | int | str | date | None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One KPI as it is shown.

    Attributes:
        id: the KPI's id; it is shown when the pointer rests on the title.
        unit: as in the registry: `ratio/yr`, `currency`, `seconds`; it decides the format.
        value: None is undefined.
        signed: a gain or a loss, told by its colour where it is large.
        small_sample: the sample is too small for the value to say much.
    """

    id: str
    title: str
    unit: str
    value: Value
    signed: bool = False
    small_sample: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Figures under one heading."""

    title: str
    figures: Sequence[Figure]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One rule of the account, and how far it is used up.

    Attributes:
        used: share of what is allowed, from 0; 1 or more is a breach. None is not known.
        left: what is left, in words: `4,380 USD left`.
        wanted: a target: the share that is reached, and 1 is what the account is after.
    """

    title: str
    used: float | None
    left: str
    wanted: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One account's tear sheet.

    Attributes:
        account: its name.
        about: broker, currency, strategy: short texts under the name.
        currency: of all amounts.
        opened: date of the opening snapshot, the peak of a drawdown from the first day on.
        as_of: the day that everything is of.
        headline: the figures at the top; eight fill the row.
        daily: `date`, `r`, `equity`, and where known `bench` and `flow`. Where equity was never
            recorded, the curve is that of 100 at the start.
        trades: `symbol`, `side` (1, -1), `entry_time` (UTC) and `p`, the net profit; what is null
            is left out of the table that would tell it.
        limits: rules and their use; none, no such section.
        groups: all other figures.
        note: how the figures are computed, in a sentence or two.
    """

    account: str
    about: Sequence[str]
    currency: str
    opened: date | None = None
    as_of: date
    headline: Sequence[Figure]
    daily: pl.DataFrame
    trades: pl.DataFrame
    limits: Sequence[Limit]
    groups: Sequence[Group]
    note: str
