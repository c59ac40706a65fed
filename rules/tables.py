"""Growing tables of columns, found by id: what the state of a shard is made of.

What came over the wire is kept as it came, whole records in one array; what a fold adds to it
are columns of their own. A new row is zeros, which cost nothing until they are written.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from rules.id_index import IdIndex, words_of
from schema.ids import Ids
from schema.wire import Records

Rows = NDArray[np.int64]
_MISSING = -1
_ROOM = 1024  # rows of an empty table; they cost nothing until they are written


class RecordTable:
    """Records of one type by column.

    Args:
        dtype: Of a whole record.
        key: Names of its id columns; together they are unique.
        head: Type of the records whose fields `dtype` begins with, if they are kept whole.
    """

    def __init__(
        self,
        dtype: np.dtype[np.void],
        key: tuple[str, ...],
        head: np.dtype[np.void] | None = None,
    ) -> None:
        self.dtype = dtype
        self.key = key
        self.count = 0
        self._head_dtype = head
        self._own = [name for name in dtype.names or () if not head or name not in head.fields]  # type: ignore[operator]
        self._columns: dict[str, Any] = {}
        self._head: Records = np.zeros(0, head or dtype)
        self._allocate(_ROOM)
        self._index = IdIndex(lambda rows: words_of(*(self[name][rows] for name in self.key)))

    def _allocate(self, capacity: int) -> None:
        """Make the table larger; rows behind `count` are zeros."""
        before, kept = self._columns, self.count
        self.capacity = capacity
        self._columns = {name: np.zeros(capacity, self.dtype[name]) for name in self._own}
        for name, column in self._columns.items():
            if kept:
                column[:kept] = before[name][:kept]
        if self._head_dtype is not None:
            head = np.zeros(capacity, self._head_dtype)
            if kept:
                raw(head)[:kept] = raw(self._head[:kept])
            self._head = head
            self._columns |= {name: head[name] for name in self._head_dtype.names or ()}

    @property
    def rows(self) -> "RecordTable":
        """All records: a field by its name is a view, and assigning to it changes the table."""
        return self

    @property
    def head(self) -> Records:
        """The records as they came over the wire, as a view."""
        return self._head[: self.count]

    def __len__(self) -> int:
        return self.count

    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: NDArray[Any] | slice) -> "Part": ...
    def __getitem__(self, key: Any) -> Any:
        """Return a column as a view, or some rows, whose columns are gathered when asked for."""
        if isinstance(key, str):
            return self._columns[key][: self.count]
        if isinstance(key, slice) or key.dtype == np.bool_:
            key = np.arange(self.count)[key]
        return Part(self, key)

    def __setitem__(self, name: str, values: Any) -> None:
        self._columns[name][: self.count] = values

    def records(self, rows: NDArray[Any] | slice = slice(None)) -> Records:
        """Return a copy of some rows as records."""
        chosen = np.arange(self.count)[rows]
        out: Records = np.zeros(len(chosen), self.dtype)
        for name in self.dtype.names or ():
            out[name] = self._columns[name][chosen]
        return out

    def reserve(self, count: int) -> None:
        """Make room for more rows at once."""
        needed = self.count + count
        if needed > self.capacity:
            self._allocate(max(needed, 2 * self.capacity))

    def extend(self, count: int) -> slice:
        """Add rows of zeros; the caller writes them before anyone looks for their ids."""
        start = self.count
        self.reserve(count)
        self.count = start + count
        return slice(start, self.count)

    def append(self, records: Records) -> Rows:
        """Add records of this type and return their rows; keys must be new."""
        added = self.extend(len(records))
        for name in self.dtype.names or ():
            self._columns[name][added] = records[name]
        return np.arange(added.start, added.stop)

    def put(self, rows: Rows, records: Records) -> None:
        """Replace rows by records of the same keys."""
        for name in self.dtype.names or ():
            self._columns[name][rows] = records[name]

    def find(self, *keys: Ids) -> Rows:
        """Return the row of each key, -1 where there is none; one array for each key column."""
        self._index.reach(self.count)
        return self._index.find(words_of(*keys))

    def keep(self, mask: NDArray[np.bool_]) -> Rows:
        """Drop all records outside `mask`; return the new row of each old one, -1 if dropped."""
        moved = np.where(mask, np.cumsum(mask) - 1, _MISSING)
        kept = {name: self[name][mask] for name in self._own}
        head = taken(self.head, mask) if self._head_dtype is not None else None
        self.count = 0
        self._allocate(max(_ROOM, int(mask.sum())))
        self.count = int(mask.sum())
        for name, column in kept.items():
            self[name] = column
        if head is not None:
            raw(self._head)[: self.count] = raw(head)
        self._index.clear()
        return moved


class Part:
    """Some rows of a table, read column by column as the table is at that moment."""

    def __init__(self, table: RecordTable, rows: Rows) -> None:
        self.table = table
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: NDArray[Any]) -> "Part": ...
    def __getitem__(self, key: Any) -> Any:
        """Return a column, or some of the rows."""
        if isinstance(key, str):
            return self.table[key][self.rows]
        return Part(self.table, self.rows[key])


Fields: TypeAlias = Records | RecordTable | Part
"""What has columns by name."""


def raw(records: Records) -> Records:
    """Return records as bytes of one length each: NumPy copies these whole, not field by field."""
    return records.view(f"V{records.dtype.itemsize}")


def taken(records: Records, rows: NDArray[Any]) -> Records:
    """Return some records, by row or by mask."""
    chosen: Records = raw(records)[rows].view(records.dtype)
    return chosen


def copied(records: Records, rows: NDArray[Any], out: Records) -> None:
    """Write some records over others."""
    # Without a mode NumPy would buffer the output, to keep it whole if a row is out of bounds.
    np.take(raw(records), rows, out=raw(out), mode="clip")


def joined(parts: Sequence[Records]) -> Records:
    """Return records of one type, of which there is at least one part, behind each other."""
    whole: Records = np.concatenate([raw(part) for part in parts]).view(parts[0].dtype)
    return whole


def in_turns(keys: list[bytes]) -> list[Rows]:
    """Split positions so that no key comes twice in one turn and each key keeps its order."""
    if len(set(keys)) == len(keys):
        return [np.arange(len(keys))]
    turns: list[list[int]] = []
    count: dict[bytes, int] = {}
    for position, key in enumerate(keys):
        turn = count.get(key, 0)
        count[key] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(position)
    return [np.array(turn, dtype=np.int64) for turn in turns]
