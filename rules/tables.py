"""Growing tables of records, found by key: what the state of a shard is made of."""

from collections.abc import Iterable

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
        parts = [records[name].tolist() for name in self.key]
        return [b"".join(values) for values in zip(*parts, strict=True)]

    def append(self, records: Records) -> Rows:
        """Add records of this type and return their rows; keys must be new."""
        start, end = self.count, self.count + len(records)
        if end > len(self._data):
            grown = np.zeros(max(end, 2 * len(self._data)), dtype=self.dtype)
            grown[:start] = self._data[:start]
            self._data = grown
        self._data[start:end] = records
        self.count = end
        self._index.update(zip(self.keys(records), range(start, end), strict=True))
        return np.arange(start, end)

    def find(self, keys: Iterable[bytes]) -> Rows:
        """Return the row of each key, -1 where there is none."""
        get = self._index.get
        return np.array([get(key, _MISSING) for key in keys], dtype=np.int64)

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
