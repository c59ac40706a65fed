"""How daily returns are distributed, against a normal distribution of the same spread."""

import math

import numpy as np
import numpy.typing as npt

from flows.tear_sheet.scale import Scale, ticks
from flows.tear_sheet.text import percent, tag

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 470.0, 250.0, 6.0, 6.0, 34.0, 24.0
_LABEL = 100.0  # width of the longest label
_MOST_BINS, _LEAST_BINS = 41, 11
Floats = npt.NDArray[np.float64]


def histogram(r: Floats) -> str:
    """Return the histogram of the days that moved; the outermost bars hold all that lies beyond.

    Days without a trade would be one bar as high as all others together, so they are left out,
    of the bars and of the normal curve; the marked mean and quantile are those of all days.
    """
    mean, worst = float(r.mean()) if len(r) else 0.0, float(np.quantile(r, 0.05)) if len(r) else 0.0
    r = r[r != 0]
    if len(r) < 2 or r.max() == r.min():
        return tag("p", "Too few different returns for a distribution.", class_="none")
    reach = float(max(abs(np.quantile(r, 0.004)), abs(np.quantile(r, 0.996)))) or float(
        np.abs(r).max()
    )
    edges = np.linspace(-reach, reach, _bins(len(r)) + 1)
    counts = np.histogram(np.clip(r, -reach, reach), edges)[0]
    x = Scale(-reach, reach, _LEFT, _WIDTH - _RIGHT)
    normal = _normal(r, edges)
    y = Scale(0.0, max(float(counts.max()), float(normal.max())), _HEIGHT - _BOTTOM, _TOP)
    parts = [_bars(counts, edges, x, y), _curve(normal, edges, x, y)]
    parts.append(_axis(reach, x))
    parts.append(_mark(worst, "VaR 95", x, 0))
    parts.append(_mark(mean, "mean", x, 1))
    return tag(
        "svg",
        "".join(parts),
        class_="chart",
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        role="img",
        aria_label="Distribution of daily returns",
    )


def _bins(days: int) -> int:
    """Return an odd number of bins, so that one has zero in its middle."""
    return max(_LEAST_BINS, min(_MOST_BINS, 2 * round(math.sqrt(days)) + 1))


def _normal(r: Floats, edges: Floats) -> Floats:
    """Return how many days a normal distribution would have in each bin."""
    mean, spread = float(r.mean()), float(r.std(ddof=1))
    below = np.array([0.5 * math.erfc((mean - e) / spread / math.sqrt(2)) for e in edges])
    return len(r) * np.diff(below)


def _bars(counts: npt.NDArray[np.int64], edges: Floats, x: Scale, y: Scale) -> str:
    parts = []
    for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            kind = "loss-bar" if right <= 0 else "gain-bar" if left >= 0 else "even-bar"
            title = f"{count} days from {percent(left)} to {percent(right)}"
            at, high = x(left) + 0.75, y(float(count))
            width = x(right) - x(left) - 1.5
            size = {"width": width, "height": y.start - high, "rx": 1.5}
            parts.append(tag("rect", tag("title", title), x=at, y=high, class_=kind, **size))
    return "".join(parts)


def _curve(normal: Floats, edges: Floats, x: Scale, y: Scale) -> str:
    middle = (edges[:-1] + edges[1:]) / 2
    points = (f"{x(m):.1f} {y(v):.1f}" for m, v in zip(middle, normal, strict=True))
    return tag("path", d="M" + "L".join(points), class_="normal")


def _axis(reach: float, x: Scale) -> str:
    floor = _HEIGHT - _BOTTOM
    parts = [tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=floor, y2=floor, class_="axis")]
    for value in ticks(-0.92 * reach, 0.92 * reach, 6):
        text = percent(value, 1 if reach < 0.05 else 0)
        parts.append(
            tag("text", text, x=x(value), y=floor + 16, text_anchor="middle", class_="tick")
        )
    return "".join(parts)


def _mark(value: float, name: str, x: Scale, row: int) -> str:
    """Return a line at a value, its name beside it on the side that has room."""
    at, y = x(value), 9.0 + 13 * row
    line = tag("line", x1=at, x2=at, y1=y + 4, y2=_HEIGHT - _BOTTOM, class_="mark")
    left = at > _WIDTH / 2 if row else at > _LABEL
    place, anchor = (at - 5, "end") if left else (at + 5, "start")
    label = f"{name} {percent(value)}"
    return line + tag("text", label, x=place, y=y, text_anchor=anchor, class_="tick strong")
