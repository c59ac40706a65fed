"""From values to places on a chart, and the round values that an axis is marked with."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_STEPS = (1, 2, 2.5, 5, 10)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True)
class Scale:
    """A straight line from values to places."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` round values from `low` to `high`."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    size = 10 ** math.floor(math.log10(rough))
    step = size * next(s for s in _STEPS if s * size >= rough)
    first = math.ceil(low / step)
    return [float(i * step) for i in range(first, math.floor(high / step) + 1)]


def month_ticks(dates: Sequence[date], count: int) -> list[tuple[date, str]]:
    """Return about `count` firsts of months within the dates, with their labels."""
    first, last = dates[0], dates[-1]
    months = 12 * (last.year - first.year) + last.month - first.month
    step = next((s for s in _MONTH_STEPS if months / s <= count), _MONTH_STEPS[-1])
    found = []
    for i in range(12 * first.year + first.month - 1, 12 * last.year + last.month):
        begin = date(i // 12, i % 12 + 1, 1)
        if i % step == 0 and begin >= first:
            label = f"{begin.year}" if begin.month == 1 else f"{begin:%b}"
            found.append((begin, label))
    return found
