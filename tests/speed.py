"""How much work a call is, where machines are shared and their speed changes from second to second."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIES = 5


def least(call: Callable[[], object]) -> float:
    """Return the processor's seconds of a call: the least of some, for what disturbs only adds."""
    return min(_seconds(call) for _ in range(_TRIES))


def takes_at_most(call: Callable[[], object], seconds: float) -> bool:
    """Whether one of some calls takes no longer."""
    return any(_seconds(call) <= seconds for _ in range(_TRIES))


def counting(millions: float) -> float:
    """Return the processor's seconds that it takes to count so far: a measure of this machine."""
    return least(lambda: _count(100_000)) * millions * 10


def _count(steps: int) -> None:
    for _ in range(steps):
        pass


def _seconds(call: Callable[[], object]) -> float:
    # Many new objects would have the collector look at all that there are, of other tests too.
    gc.disable()
    try:
        started = time.process_time()
        call()
        return time.process_time() - started
    finally:
        gc.enable()
