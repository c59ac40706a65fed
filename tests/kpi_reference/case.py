"""An account as the libraries want it: pandas series and frames. Runs in their environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tests.kpi_reference.accounts import INITIAL, Account

DAYS_PER_YEAR = 252
NANOSECONDS = "datetime64[ns]"  # in a coarser unit pandas rounds the mean of durations to it


@dataclass
class Case:
    """One account; what several references need is computed once."""

    account: Account
    kept: dict[str, Any] = field(default_factory=dict)  # results of a library that runs as a whole

    @cached_property
    def daily(self) -> pd.DataFrame:
        """Return the daily table, indexed by date."""
        frame = pd.DataFrame(self.account.daily)
        return frame.set_index(frame.pop("date").astype(NANOSECONDS))

    @cached_property
    def r(self) -> pd.Series:
        """Return the daily returns."""
        return self.daily["r"].rename("r")

    @property
    def n(self) -> int:
        """Return how many days there are."""
        return len(self.r)

    @cached_property
    def opened(self) -> pd.Timestamp:
        """Return the date of the opening snapshot: the weekday before the first day."""
        return self.r.index[0] - pd.offsets.BDay(1)

    @cached_property
    def prices(self) -> pd.Series:
        """Return the wealth of 1 from the opening snapshot on, at the end of each day."""
        wealth = np.concatenate(([1.0], np.cumprod(1 + self.r.to_numpy())))
        return pd.Series(wealth, index=self.r.index.insert(0, self.opened), name="account")

    @cached_property
    def paired(self) -> pd.DataFrame:
        """Return `r` and `bench` on the days that have both."""
        return self.daily[["r", "bench"]].dropna()

    @property
    def paired_every_day(self) -> bool:
        """Say whether the benchmark has a return on every day."""
        return len(self.paired) == self.n

    @cached_property
    def months(self) -> pd.Series:
        """Return the compounded return of each calendar month."""
        return self._compounded([self.r.index.year, self.r.index.month])

    @cached_property
    def weeks(self) -> pd.Series:
        """Return the compounded return of each ISO week."""
        iso = self.r.index.isocalendar()
        weeks = self._compounded([iso["year"], iso["week"]])
        return weeks.set_axis(pd.date_range("2000-01-07", periods=len(weeks), freq="7D"))

    def _compounded(self, keys: list[Any]) -> pd.Series:
        return (1 + self.r).groupby(keys).prod() - 1

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Return the closed trades in the order of their exits, with their net profit `p`."""
        frame = pd.DataFrame(self.account.trades).sort_values(["exit_time", "trade_id"])
        for time in ("entry_time", "exit_time"):
            frame[time] = frame[time].astype(NANOSECONDS)
        frame["p"] = (frame["profit"] + frame["commission"] + frame["swap"]).round(2)
        frame["after"] = INITIAL + frame["p"].cumsum()
        frame["before"] = frame["after"] - frame["p"]
        frame["seconds"] = (frame["exit_time"] - frame["entry_time"]).dt.total_seconds()
        return frame.reset_index(drop=True)

    @cached_property
    def p(self) -> pd.Series:
        """Return the net profits of the trades; dated, because some libraries ask for dates."""
        dates = pd.date_range("2000-01-01", periods=len(self.trades), freq="D")
        return pd.Series(self.trades["p"].to_numpy(), index=dates, name="p")

    @cached_property
    def trade_returns(self) -> pd.Series:
        """Return each net profit as a share of the balance before the trade."""
        return self.p / self.trades["before"].to_numpy()

    @cached_property
    def slippage(self) -> np.ndarray:
        """Return the slippage of each trade, entry and exit together, in pips."""
        return (self.trades["slippage_entry"] + self.trades["slippage_exit"]).to_numpy()

    @cached_property
    def executions(self) -> pd.DataFrame:
        """Return the order responses."""
        return pd.DataFrame(self.account.executions)
