"""Timing, and what a measurement says."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        group: what was run.
        what: was measured.
        value: figure, with its unit.
        target: of the design, as a text; empty for none.
        held: whether it was reached; None where there is none.
        ratio: against what stands beside it in the same run.
        against: what that is.
    """

    group: str
    what: str
    value: str
    target: str = ""
    held: bool | None = None
    ratio: str = ""
    against: str = ""

    def as_json(self) -> dict[str, Any]:
        """The row for machines."""
        return asdict(self)


def seconds_of(run: Callable[[], object], repeat: int, warm_up: int = 1) -> list[float]:
    """Time a function `repeat` times, after some that do not count."""
    for _ in range(warm_up):
        run()
    return [timed(run) for _ in range(repeat)]


def timed(run: Callable[[], object]) -> float:
    """Time a function once, in seconds."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def p50(values: Sequence[float]) -> float:
    """The median."""
    return float(np.median(values))


def p99(values: Sequence[float]) -> float:
    """What 99 of 100 are below."""
    return float(np.quantile(values, 0.99))


def milliseconds(*seconds: float) -> str:
    """Seconds as `1.2 / 3.4 ms`."""
    return " / ".join(f"{value * 1000:.3g}" for value in seconds) + " ms"
