"""Growing tables of records, found by key: what the state of a shard is made of."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schema.wire import Records

Rows = NDArray[np.int64]
_MISSING = -1


class RecordTable:
    """Records of one type in one array that doubles when full, and an index from key to row."""

    def __init__(self, dtype: np.dtype[np.void], key: tuple[str, ...]) -> None:
        self.dtype = dtype
        self.key = key
        self.count = 0
        self._data: Records = np.zeros(64, dtype=dtype)
        self._index: dict[bytes, int] = {}

    @property
    def rows(self) -> Records:
        """All records, as a view: assignments to its fields change the table."""
        return self._data[: self.count]

    def keys(self, records: Records) -> list[bytes]:
        """Return the key of each record, as the index knows it."""
        if len(self.key) == 1:
            return list(records[self.key[0]].tolist())
        joined = np.empty(len(records), dtype=[(name, records.dtype[name]) for name in self.key])
        for name in self.key:
            joined[name] = records[name]
        return list(raw(joined).tolist())

    def append(self, records: Records) -> Rows:
        """Add records of this type and return their rows; keys must be new."""
        start, end = self.count, self.count + len(records)
        if end > len(self._data):
            grown = np.zeros(max(end, 2 * len(self._data)), dtype=self.dtype)
            raw(grown)[:start] = raw(self._data)[:start]
            self._data = grown
        raw(self._data)[start:end] = raw(records)
        self.count = end
        self._index.update(zip(self.keys(records), range(start, end), strict=True))
        return np.arange(start, end)

    def find(self, keys: Sequence[bytes]) -> Rows:
        """Return the row of each key, -1 where there is none."""
        found = map(self._index.get, keys, repeat(_MISSING))
        return np.fromiter(found, dtype=np.int64, count=len(keys))

    def unknown(self, keys: Sequence[bytes]) -> NDArray[np.bool_]:
        """Return which keys have no record."""
        there = map(self._index.__contains__, keys)
        return ~np.fromiter(there, dtype=np.bool_, count=len(keys))

    def __contains__(self, key: bytes) -> bool:
        return key in self._index

    def keep(self, mask: NDArray[np.bool_]) -> Rows:
        """Drop all records outside `mask`; return the new row of each old one, -1 if dropped."""
        moved = np.where(mask, np.cumsum(mask) - 1, _MISSING)
        self._data = self._data[: self.count][mask].copy()
        self.count = len(self._data)
        self._index = {key: row for row, key in enumerate(self.keys(self._data))}
        return moved

    def clear(self) -> None:
        """Drop everything."""
        self.count = 0
        self._index = {}


def raw(records: Records) -> Records:
    """Return records as bytes of one length each: NumPy copies these whole, not field by field."""
    return records.view(f"V{records.dtype.itemsize}")


def widened(records: Records, dtype: np.dtype[Any]) -> Records:
    """Return records of a type that begins with the fields of theirs; the rest is zero."""
    out = np.zeros(len(records), dtype=dtype)
    size = records.dtype.itemsize
    wide = out.view(np.uint8).reshape(len(out), dtype.itemsize)
    wide[:, :size] = np.ascontiguousarray(records).view(np.uint8).reshape(len(records), size)
    return out


def taken(records: Records, rows: NDArray[Any]) -> Records:
    """Return some records, by row or by mask."""
    chosen: Records = raw(records)[rows].view(records.dtype)
    return chosen
