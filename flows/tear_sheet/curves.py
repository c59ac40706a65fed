"""The curve of equity, and below it, on the same days, how far it is under its peak."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.tear_sheet.scale import Scale, month_ticks, ticks
from flows.tear_sheet.text import day, money, number, percent, tag

_WIDTH, _LEFT, _RIGHT = 960.0, 8.0, 70.0
_TOP, _EQUITY, _GAP, _DRAWDOWN, _BOTTOM = 12.0, 250.0, 26.0, 92.0, 24.0
_HEIGHT = _TOP + _EQUITY + _GAP + _DRAWDOWN + _BOTTOM
_LEVEL = 1e-12  # as the KPIs of drawdowns have it
Floats = npt.NDArray[np.float64]


def curves(daily: pl.DataFrame) -> str:
    """Return the chart of equity, benchmark and drawdown."""
    dates = daily["date"].to_list()
    equity, name = _recorded(daily)
    under = drawdown(daily["r"].fill_null(0.0).to_numpy())
    x = Scale(dates[0].toordinal(), dates[-1].toordinal(), _LEFT, _WIDTH - _RIGHT)
    places = np.array([x(one.toordinal()) for one in dates])
    bench = _benchmark(daily, float(equity[0]))
    parts = [
        _months(dates, x),
        _equity(places, equity, bench, name),
        _flows(daily, places, equity, bench),
        _under(places, under, dates),
    ]
    return tag(
        "svg",
        "".join(parts),
        class_="chart curves",
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        role="img",
        aria_label="Equity and drawdown by day",
    )


def drawdown(r: Floats) -> Floats:
    """Return how far the compounded returns are under their peak, the start being one; <= 0.

    A product that regains its peak misses it by a few last bits; that is level.
    """
    wealth = np.cumprod(1 + r, dtype=np.float64)
    under = wealth / np.maximum(np.maximum.accumulate(wealth), 1.0) - 1
    return np.where(under > -_LEVEL, 0.0, under)


def _recorded(daily: pl.DataFrame) -> tuple[Floats, str]:
    """Return the equity of each day; where none was ever recorded, what 100 has become."""
    if daily["equity"].is_null().all():
        return 100 * np.cumprod(1 + daily["r"].fill_null(0.0).to_numpy()), "Growth of 100"
    filled = daily["equity"].fill_null(strategy="forward").fill_null(strategy="backward")
    return filled.to_numpy().astype(np.float64), "Equity"


def _benchmark(daily: pl.DataFrame, start: float) -> Floats | None:
    if "bench" not in daily.columns or daily["bench"].is_null().all():
        return None
    growth: Floats = np.cumprod(1 + daily["bench"].fill_null(0.0).to_numpy(), dtype=np.float64)
    growth *= start / growth[0]
    return growth


def _span(equity: Floats, bench: Floats | None) -> Scale:
    both = equity if bench is None else np.concatenate((equity, bench))
    low, high = float(both.min()), float(both.max())
    room = 0.06 * (high - low) or 0.01 * abs(high) or 1.0
    return Scale(low - room, high + room, _TOP + _EQUITY, _TOP)


def _path(x: Floats, y: Floats) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _equity(x: Floats, equity: Floats, bench: Floats | None, name: str) -> str:
    scale = _span(equity, bench)
    values = ticks(scale.low, scale.high, 7)
    decimals = 0 if all(v.is_integer() for v in values) else 2
    marks = [_line(scale(v), number(v, decimals)) for v in values]
    y = np.array([scale(v) for v in equity])
    line = _path(x, y)
    floor = _TOP + _EQUITY
    area = f"{line}L{x[-1]:.1f} {floor:.1f}L{x[0]:.1f} {floor:.1f}Z"
    shade = (
        '<defs><linearGradient id="fade" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0" class="fade-top"/><stop offset="1" class="fade-bottom"/>'
        "</linearGradient></defs>"
    )
    parts = [shade, *marks, tag("path", d=area, class_="area")]
    ends = [(y[-1], "equity", name)]
    if bench is not None:
        places = np.array([scale(v) for v in bench])
        parts.append(tag("path", d=_path(x, places), class_="bench"))
        ends.append((places[-1], "bench-label", "Benchmark"))
    parts.append(tag("path", d=line, class_="equity"))
    parts.append(tag("circle", cx=x[-1], cy=y[-1], r=3.5, class_="dot"))
    parts += _labels(ends)
    return "".join(parts)


def _labels(ends: list[tuple[float, str, str]]) -> list[str]:
    """Return the names of the lines at their ends, far enough from one another to be read."""
    ends = sorted(ends)
    places = [place for place, _, _ in ends]
    if len(places) > 1 and places[1] - places[0] < 14:
        middle = sum(places) / 2
        places = [middle - 7, middle + 7]
    return [
        tag("text", name, x=_WIDTH - _RIGHT + 8, y=place + 4, class_=f"end {kind}-text")
        for place, (_, kind, name) in zip(places, ends, strict=True)
    ]


def _line(y: float, label: str) -> str:
    rule = tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
    return rule + tag("text", label, x=_LEFT, y=y - 4, class_="tick")


def _months(dates: Sequence[date], x: Scale) -> str:
    parts = []
    for begin, label in month_ticks(dates, 14):
        at = x(begin.toordinal())
        kind = "grid year" if begin.month == 1 else "grid"
        parts.append(tag("line", x1=at, x2=at, y1=_TOP, y2=_HEIGHT - _BOTTOM, class_=kind))
        if at < _WIDTH - _RIGHT - 8:
            name = "tick strong" if begin.month == 1 else "tick"
            parts.append(tag("text", label, x=at + 3, y=_HEIGHT - 8, class_=name))
    return "".join(parts)


def _flows(daily: pl.DataFrame, x: Floats, equity: Floats, bench: Floats | None) -> str:
    if "flow" not in daily.columns:
        return ""
    scale = _span(equity, bench)
    flow = daily["flow"].fill_null(0.0).to_numpy()
    parts = []
    for i in np.flatnonzero(flow):
        up, at, y = flow[i] > 0, x[i], scale(equity[i])
        tip, base = (y + 7, y + 15) if up else (y - 7, y - 15)
        shape = f"M{at:.1f} {tip:.1f}L{at - 4.5:.1f} {base:.1f}L{at + 4.5:.1f} {base:.1f}Z"
        what = "Deposit" if up else "Withdrawal"
        title = tag("title", f"{what} of {money(abs(flow[i]))} on {day(daily['date'][int(i)])}")
        parts.append(tag("path", title, d=shape, class_="flow"))
    return "".join(parts)


def _under(x: Floats, under: Floats, dates: Sequence[date]) -> str:
    top = _TOP + _EQUITY + _GAP
    low = min(float(under.min()) * 1.08, -0.005)
    scale = Scale(low, 0.0, top + _DRAWDOWN, top)
    y = np.array([scale(v) for v in under])
    line = _path(x, y)
    area = f"M{x[0]:.1f} {top:.1f}L{line[1:]}L{x[-1]:.1f} {top:.1f}Z"
    marks = [_line(scale(v), percent(v, _decimals(low))) for v in ticks(low, 0.0, 3) if v < 0]
    deepest = int(under.argmin())
    parts = [
        tag("text", "Drawdown", x=_LEFT, y=top - 8, class_="panel"),
        tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=top, y2=top, class_="axis"),
        *marks,
        tag("path", d=area, class_="under"),
        tag("path", d=line, class_="under-line"),
    ]
    if under[deepest] < 0:
        title = tag("title", f"{percent(under[deepest])} on {day(dates[deepest])}")
        parts.append(tag("circle", title, cx=x[deepest], cy=y[deepest], r=3.5, class_="deep"))
        after = x[deepest] < _WIDTH - _RIGHT - 70
        place = x[deepest] + (8 if after else -8)
        anchor = None if after else "end"
        text = percent(under[deepest])
        at = y[deepest] + 2
        parts.append(tag("text", text, x=place, y=at, text_anchor=anchor, class_="deep-text"))
    return "".join(parts)


def _decimals(low: float) -> int:
    return 0 if low < -0.03 else 1
