"""What KPIs take as given: conventions, and the rules of a prop firm. All of it is data.

Settings hold for all accounts; a column of the same name in the `accounts` frame overrides one
of them for an account where it is not null.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

# The name of each setting in the wide frame, and its type there.
COLUMNS: dict[str, tuple[str, pl.DataType]] = {
    "days_per_year": ("_A", pl.Float64()),
    "risk_free": ("_rf", pl.Float64()),
    "mar": ("_mar", pl.Float64()),
    "initial": ("_initial", pl.Float64()),
    "funded": ("_funded", pl.Float64()),
    "currency": ("_currency", pl.String()),
    "as_of": ("_as_of", pl.Date()),
    "opened": ("_opened", pl.Date()),
    "daily_loss": ("_daily_limit", pl.Float64()),
    "max_loss": ("_max_limit", pl.Float64()),
    "trails": ("_trails", pl.Boolean()),
    "target": ("_target", pl.Float64()),
    "min_days": ("_min_days", pl.Float64()),
    "profitable_day": ("_profitable_day", pl.Float64()),
    "best_day": ("_best_day", pl.Float64()),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Conventions, and one firm's rules.

    Attributes:
        days_per_year: A, the observations in a year; stored with every value. Of accounts in a
            store it is 365 where the account trades on seven days a week.
        risk_free: yearly rate; a day's is (1+rf)^(1/A)-1.
        mar: minimal acceptable return per year; a day's likewise.
        initial: balance of the account at its opening, in its currency. Of an account's own that
            is not above 0 nothing is a share.
        funded: balance that the firm's days are counted against; by default `initial`. A window
            that begins later has another `initial`, and the same `funded`.
        currency: of the account, as USD; all its money is in it.
        as_of: the day that values are of; by default an account's last day.
        opened: date of the opening snapshot; by default the weekday before an account's first day.
        zone: IANA name of the zone in which a trade's day begins.
        daily_loss: of `initial`, that may be lost in a day. Ratio. None is no such rule, and what
            is measured by it is null; so with `max_loss` and `target`.
        max_loss: of `initial`, that may be lost at all. Ratio.
        trails: whether `max_loss` counts from the highest balance at the end of a day before; its
            floor then rises to `initial` and stays there. Else it counts from `initial`.
        target: of `initial`, to be earned. Ratio.
        min_days: days with a closed trade that the firm asks for.
        profitable_day: of `funded`, from which the firm counts a day as profitable. Ratio.
        best_day: share of the profit that may come from one day. Ratio.
    """

    days_per_year: float = 252.0
    risk_free: float = 0.0
    mar: float = 0.0
    initial: float = 100_000.0
    funded: float | None = None
    currency: str = "USD"
    as_of: date | None = None
    opened: date | None = None
    zone: str = "UTC"
    daily_loss: float | None = None
    max_loss: float | None = None
    trails: bool = False
    target: float | None = None
    min_days: int = 4
    profitable_day: float = 0.005
    best_day: float = 0.40

    def __post_init__(self) -> None:
        ZoneInfo(self.zone)  # an unknown zone raises here, not in the middle of a computation
        for name in ("days_per_year", "initial", "daily_loss", "max_loss", "target", "best_day"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} was {value}, expected more than 0")
        for name in ("risk_free", "mar"):
            if not getattr(self, name) > -1:
                raise ValueError(f"{name} was {getattr(self, name)}, expected more than -1")
