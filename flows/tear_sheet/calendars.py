"""Returns by month as a table, and by day as a calendar in which a colour is a return."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from flows.tear_sheet.text import DASH, day, percent, tag

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CELL, _STEP, _HEAD, _SIDE = 13.0, 16.4, 18.0, 84.0
_FRIDAY = 4


def compounded(daily: pl.DataFrame) -> dict[int, dict[int, float | None]]:
    """Return the returns of months by year and month; those of whole years stand at month 0.

    None where no day's return is known; days of which it is not known are left out.
    """
    known = pl.col("r").count() > 0
    growth = pl.when(known).then((pl.col("r") + 1).product())
    year, month = pl.col("date").dt.year(), pl.col("date").dt.month()
    by: dict[int, dict[int, float | None]] = {}
    for part in (month, pl.lit(0)):
        for y, m, r in daily.group_by(year=year, part=part).agg(r=growth - 1).iter_rows():
            by.setdefault(y, {})[m] = r
    return dict(sorted(by.items()))


def months(daily: pl.DataFrame) -> str:
    """Return the table of compounded returns, a row a year and a column a month."""
    by = compounded(daily)
    most = max(
        (abs(r) for row in by.values() for m, r in row.items() if m and r is not None), default=0.0
    )
    head = "".join(tag("th", name, scope="col") for name in ("", *MONTHS, "Year"))
    rows = "".join(_year(y, row, most) for y, row in by.items())
    return tag("table", tag("thead", tag("tr", head)) + tag("tbody", rows), class_="months")


def _year(year: int, row: Mapping[int, float | None], most: float) -> str:
    cells, whole = [tag("th", str(year), scope="row")], row[0]
    for month in range(1, 13):
        r = row.get(month)
        if r is None:
            cells.append(tag("td", DASH, class_="none"))
        else:
            cells.append(tag("td", percent(r, 1).removesuffix(" %"), style=shade(r, most)))
    if whole is None:
        cells.append(tag("td", DASH, class_="none"))
    else:
        kind = "sum gain" if whole > 0 else "sum loss" if whole < 0 else "sum"
        cells.append(tag("td", percent(whole, 1).removesuffix(" %"), class_=kind))
    return tag("tr", "".join(cells))


def shade(r: float, most: float, property_: str = "background") -> str:
    """Return the style of a cell: the stronger, the nearer to the largest return either way."""
    if r == 0 or not most:
        return f"{property_}:var(--cell)"
    share = 8 + 72 * min(1.0, abs(r) / most) ** 0.7
    name = "gain" if r > 0 else "loss"
    return f"{property_}:color-mix(in oklab,var(--{name}) {share:.0f}%,var(--cell))"


def days(daily: pl.DataFrame) -> str:
    """Return the calendar of daily returns, a strip a year and a column a week."""
    returns = dict(daily.select("date", "r").iter_rows())
    known = np.array([abs(r) for r in returns.values() if r is not None])
    # A single wild day would leave all others pale: the scale ends where one day in fifty lies.
    most = float(np.quantile(known, 0.98)) if len(known) else 0.0
    week = 7 if any(one.weekday() > _FRIDAY for one in returns) else 5
    years = sorted({one.year for one in returns})
    strip = _HEAD + week * _STEP + 10
    parts = [_strip(y, returns, most, week, top) for y, top in _tops(years, strip)]
    height = len(years) * strip
    width = _SIDE + 53 * _STEP + 2
    chart = tag(
        "svg",
        "".join(parts),
        class_="chart days",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        aria_label="Return of each day",
    )
    return chart + _legend(most)


def _tops(years: Sequence[int], strip: float) -> list[tuple[int, float]]:
    return [(year, i * strip) for i, year in enumerate(years)]


def _strip(
    year: int, returns: Mapping[date, float | None], most: float, week: int, top: float
) -> str:
    begin = date(year, 1, 1)
    monday = begin - timedelta(days=begin.weekday())
    parts = [tag("text", str(year), x=0, y=top + _HEAD + 12, class_="strip")]
    for offset, name in ((0, "Mon"), (2, "Wed"), (4, "Fri")):
        y = top + _HEAD + offset * _STEP + 10.5
        parts.append(tag("text", name, x=_SIDE - 8, y=y, text_anchor="end", class_="tick"))
    for month in range(1, 13):
        column = (date(year, month, 1) - monday).days // 7
        place = _SIDE + column * _STEP
        parts.append(tag("text", MONTHS[month - 1], x=place, y=top + _HEAD - 6, class_="tick"))
    for one, r in returns.items():
        if one.year == year and one.weekday() < week:
            parts.append(_day(one, r, most, monday, top))
    return "".join(parts)


def _day(one: date, r: float | None, most: float, monday: date, top: float) -> str:
    x = _SIDE + (one - monday).days // 7 * _STEP
    y = top + _HEAD + one.weekday() * _STEP
    style = "fill:none;stroke:var(--rule)" if r is None else shade(r, most, "fill")
    told = "no return" if r is None else percent(r, signed=True)
    title = tag("title", f"{day(one)}: {told}")
    return tag("rect", title, x=x, y=y, width=_CELL, height=_CELL, rx=2.5, style=style)


def _legend(most: float) -> str:
    steps = [most * i / 4 for i in range(-4, 5)]
    cells = "".join(tag("i", style=shade(r, most)) for r in steps)
    low, high = percent(-most, 1), percent(most, 1, signed=True)
    return tag("p", f"{low} {cells} {high} and beyond", class_="legend")
