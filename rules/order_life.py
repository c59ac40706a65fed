"""The life of an order leg: which report may follow which state, and what a pair makes of its legs.

Outcomes only rise (design, law 1): none < unresolved < not executed < executed. A broker's
ticket outranks any word of ours, whatever the order of arrival.
"""

import numpy as np
from numpy.typing import NDArray

from rules.tables import Fields
from schema.codes import OUTCOME_RANK, WORST_FIRST
from schema.enums import OrderState, Outcome
from schema.wire import Records

RANK: NDArray[np.uint8] = np.array([OUTCOME_RANK[o] for o in Outcome], dtype=np.uint8)
EXECUTED = OUTCOME_RANK[Outcome.FILLED]
_BADNESS: NDArray[np.uint8] = np.array([WORST_FIRST.index(o) for o in Outcome], dtype=np.uint8)
_BY_BADNESS: NDArray[np.uint8] = np.array(WORST_FIRST, dtype=np.uint8)
_NO_CONCERN = len(WORST_FIRST) - 1


def accepts(orders: Fields, reports: Records) -> NDArray[np.bool_]:
    """Return which reports say something new about their order (aligned arrays)."""
    old, new = RANK[orders["outcome"]], RANK[reports["outcome"]]
    rises = new > old
    fills_more = (new == EXECUTED) & (old == EXECUTED) & (reports["filled"] > orders["filled"])
    moves_on = (new == 0) & (old == 0) & (reports["state"] > orders["state"])
    return np.asarray(rises | fills_more | moves_on)


def worst(outcomes: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the worst outcome of each group of legs; groups begin at `starts`, none is empty."""
    return _BY_BADNESS[np.minimum.reduceat(_BADNESS[outcomes], starts)]


def worse(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the worse of two outcomes, element by element; NONE on the right is no concern."""
    other = np.where(right == Outcome.NONE, _NO_CONCERN, _BADNESS[right])
    return _BY_BADNESS[np.minimum(_BADNESS[left], other)]


def is_final(state: NDArray[np.uint8], outcome: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which orders need no more watching: an outcome above unresolved."""
    return np.asarray((state == OrderState.FINAL) & (RANK[outcome] > RANK[Outcome.UNRESOLVED]))
