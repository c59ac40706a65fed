"""Whether a price or a balance is fresh enough to decide by."""

from typing import TypeVar

import numpy as np

from rules.signals import Flags, Int64

AHEAD = 60_000_000
"""Microseconds that the clock of a terminal may be ahead of that of Redis, as a publisher's."""

Limit = TypeVar("Limit", int, Int64)


def is_fresh(age: Int64, limit: Limit) -> Flags:
    """Return which ages are within a limit, all in microseconds.

    What seems to come from a time yet to come is as old as nobody knows: the clock went back.
    """
    return np.asarray((age >= -AHEAD) & (age <= limit))
