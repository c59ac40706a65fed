"""The deepest drawdowns, with the days they began, turned and ended."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.tear_sheet.curves import drawdown
from flows.tear_sheet.text import day, number, percent, tag

_SHOWN = 6


@dataclass(frozen=True)
class _Episode:
    peak: date | None  # None where it began on the first day, and the opening's is not known
    valley: date
    recovery: date | None
    depth: float
    days: int


def deepest(daily: pl.DataFrame, opened: date | None = None) -> str:
    """Return the table of the deepest drawdowns."""
    dates = daily["date"].to_list()
    under = drawdown(daily["r"].fill_null(0.0).to_numpy())
    found = _episodes(dates, under, opened)
    if not found:
        return tag("p", "Never under water.", class_="none")
    shown = sorted(found, key=lambda one: one.depth)[:_SHOWN]
    worst = shown[0].depth
    names = ("Depth", "", "Peak", "Valley", "Recovery", "Days")
    head = "".join(tag("th", name, scope="col") for name in names)
    rows = "".join(tag("tr", _cells(one, worst)) for one in shown)
    return tag("table", tag("thead", tag("tr", head)) + tag("tbody", rows), class_="list falls")


def _cells(one: _Episode, worst: float) -> str:
    bar = tag("i", class_="fill loss-fill", style=f"width:{100 * one.depth / worst:.0f}%")
    recovery = day(one.recovery) if one.recovery else tag("em", "not yet")
    texts = (
        percent(one.depth),
        tag("span", bar, class_="bar"),
        day(one.peak) if one.peak else tag("em", "start"),
        day(one.valley),
        recovery,
        number(one.days, 0),
    )
    return "".join(tag("td", text) for text in texts)


def _episodes(
    dates: list[date], under: npt.NDArray[np.float64], opened: date | None
) -> list[_Episode]:
    below = np.concatenate(([False], under < 0, [False]))
    starts = np.flatnonzero(below[1:] & ~below[:-1])
    ends = np.flatnonzero(~below[1:] & below[:-1])  # the day after the last one under water
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        peak = dates[start - 1] if start else opened
        recovery = dates[end] if end < len(dates) else None
        days = ((recovery or dates[-1]) - (peak or dates[0])).days
        valley = start + int(under[start:end].argmin())
        found.append(_Episode(peak, dates[valley], recovery, float(under[valley]), days))
    return found
