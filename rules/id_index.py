"""Rows by id: a hash table in one NumPy array, filled and searched for many ids at a time.

Linear probing at most half full; it holds row numbers only, and the ids stay in their table.
A dictionary of as many ids takes ten times the memory, and an object for each of them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]  # [number, words of the key]
Rows = NDArray[np.int64]
_EMPTY = -1
_LEAST_BITS = 6
# Odd constants of SplitMix64 (Steele, Lea, Flood 2014), which spread ids that are not random.
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_HALF = np.uint64(32)


def words_of(*columns: NDArray[np.void]) -> Words:
    """Return aligned columns of 16-byte ids as rows of words."""
    if len(columns) == 1:
        return np.ascontiguousarray(columns[0]).view(np.uint64).reshape(-1, 2)
    out = np.empty((len(columns[0]), 2 * len(columns)), np.uint64)
    for place, column in enumerate(columns):
        out[:, 2 * place : 2 * place + 2] = words_of(column)
    return out


class IdIndex:
    """Finds the rows of ids.

    Args:
        key: Returns the words of some rows of the table.
    """

    def __init__(self, key: Callable[[Rows], Words]) -> None:
        self._key = key
        self._bits = _LEAST_BITS
        self._slots = np.full(1 << self._bits, _EMPTY, np.int64)
        self._count = 0

    def clear(self) -> None:
        """Forget all rows."""
        self.__init__(self._key)  # type: ignore[misc]

    def reach(self, count: int) -> None:
        """Take in the rows of the table up to `count`; their keys must be new."""
        if count == self._count:
            return
        if 2 * count > len(self._slots):
            self._bits = (2 * count).bit_length()
            self._slots = np.full(1 << self._bits, _EMPTY, np.int64)
            self._count = 0
        rows = np.arange(self._count, count)
        self._count = count
        place = self._place(self._key(rows))
        while len(rows):
            free = self._slots[place] == _EMPTY
            self._slots[place[free]] = rows[free]
            # Of several rows at one place the last has won; the others go on.
            left = self._slots[place] != rows
            rows, place = rows[left], self._next(place[left])

    def find(self, words: Words) -> Rows:
        """Return the row of each key, -1 where there is none."""
        out = np.full(len(words), _EMPTY, np.int64)
        if not self._count:
            return out
        asked, place = np.arange(len(words)), self._place(words)
        while len(asked):
            rows = self._slots[place]
            there = rows != _EMPTY
            if not there.all():
                asked, place, rows = asked[there], place[there], rows[there]
            same = (self._key(rows) == words[asked]).all(axis=1)
            out[asked[same]] = rows[same]
            other = ~same
            asked, place = asked[other], self._next(place[other])
        return out

    def _place(self, words: Words) -> Rows:
        mixed = words[:, 0].copy()
        for column in range(1, words.shape[1]):
            mixed ^= mixed >> _HALF
            mixed *= _MIX[column & 1]
            mixed ^= words[:, column]
        mixed ^= mixed >> _HALF
        mixed *= _MIX[0]
        return (mixed >> np.uint64(64 - self._bits)).astype(np.int64)

    def _next(self, place: Rows) -> Rows:
        return (place + 1) & (len(self._slots) - 1)
