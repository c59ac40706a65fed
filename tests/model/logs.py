"""Streams and blobs in memory: as much of Redis as a shard's memory and its upkeep ask for."""

from typing import Any, Self

from sinks.snapshots import SNAPSHOT

Fields = dict[bytes, bytes]
Id = tuple[int, int]
NEVER_ENDS = (1 << 63, 0)


def place(entry_id: str) -> Id:
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq or 0)


class Logs:
    """Entries in order, by stream; time stands still between two of them unless it is told to go."""

    def __init__(self) -> None:
        self.streams: dict[str, list[tuple[str, Fields]]] = {}
        self.last: dict[str, Id] = {}
        self.added: dict[str, int] = {}
        self.blobs: dict[str, bytes] = {}
        self.ms = 1_700_000_000_000

    def add(self, stream: str, fields: Fields) -> str:
        ms, seq = self.last.get(stream, (0, 0))
        at = (ms, seq + 1) if ms >= self.ms else (self.ms, 0)
        self.last[stream] = at
        self.added[stream] = self.added.get(stream, 0) + 1
        entry_id = f"{at[0]}-{at[1]}"
        self.streams.setdefault(stream, []).append((entry_id, fields))
        return entry_id

    def after(self, stream: str, position: str) -> list[tuple[str, Fields]]:
        return [e for e in self.streams.get(stream, []) if place(e[0]) > place(position)]

    def xrange(self, stream: str, start: str, end: str, count: int | None = None) -> list[Any]:
        beyond, start = start.startswith("("), start.removeprefix("(")
        before, end = end.startswith("("), end.removeprefix("(")
        low = (0, 0) if start == "-" else place(start)
        high = NEVER_ENDS if end == "+" else place(end)
        found = [
            (entry_id.encode(), fields)
            for entry_id, fields in self.streams.get(stream, [])
            if (low < place(entry_id) if beyond else low <= place(entry_id))
            and (place(entry_id) < high if before else place(entry_id) <= high)
        ]
        return found[:count]

    def xrevrange(self, stream: str, count: int) -> list[Any]:
        return self.xrange(stream, "-", "+")[::-1][:count]

    def xtrim(self, stream: str, *, minid: str, approximate: bool) -> None:
        assert not approximate
        kept = [e for e in self.streams.get(stream, []) if place(e[0]) >= place(minid)]
        self.streams[stream] = kept

    def execute_command(self, *command: Any) -> Any:
        """One of two scripts: a snapshot, or operators.gaps' look at a stream from a position."""
        if command[1] == SNAPSHOT.digest:
            *_, log, key, decision, blob = command
            if (last := self.streams[log][-1][0]) == decision:
                self.set(key, blob)
            return int(last == decision)
        *_, stream, position, behind = command
        if stream not in self.last:
            return []
        found = self.streams[stream]
        ends = [[found[place][0]] if found else None for place in (0, -1)]
        ms, seq = self.last[stream]
        info = {
            "length": len(found),
            "entries-added": self.added[stream],
            "first-entry": ends[0],
            "last-entry": ends[1],
            "last-generated-id": f"{ms}-{seq}",
            "max-deleted-entry-id": "0-0",
        }
        here = sum(1 for entry_id, _ in found if entry_id == position)
        after = len(self.after(stream, position)[: int(behind)])
        return [here, after, [part for item in info.items() for part in item]]

    def get(self, key: str) -> bytes | None:
        return self.blobs.get(key)

    def set(self, key: str, value: bytes) -> None:
        self.blobs[key] = value

    def hget(self, *_: str) -> None:
        return None

    def pipeline(self, *, transaction: bool) -> "Pipeline":
        assert not transaction
        return Pipeline(self)


class Pipeline:
    """Commands that are done one after the other when they are asked for."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self._calls.append((name, args, kwargs))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.clear()

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        del raise_on_error  # nothing fails
        calls, self._calls = self._calls, []
        return [getattr(self._logs, name)(*args, **kwargs) for name, args, kwargs in calls]
