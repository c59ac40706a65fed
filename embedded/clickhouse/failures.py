"""The engine's own record of errors: what it does not tell an insert that it loses rows of.

An insert that takes its rows in pieces ends well in this engine although its last block could
not be stored, for want of space on the disk for example. `system.errors` counts every error; so
one of the insert's own, or one of writing that was added while it ran, by whomever, fails it: a
row that is told to be stored must be, and one that is sent twice does no harm.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embedded.clickhouse.errors import QueryError

if TYPE_CHECKING:
    from embedded.clickhouse.connection import Connection

# What the engine says to itself while it reads rows: one format after another is tried.
_HARMLESS: Final = (6, 26, 27, 32, 33, 38, 41, 53, 62, 69, 70, 72, 115, 117, 131, 344, 386, 389)
# What keeps a part from being written, by whomever it was met: full or broken disks, no memory,
# files and parts that are not as they should be, an engine that contradicts itself.
_OF_WRITING: Final = (
    *(24, 40, 49, 71, 74, 75, 76, 77, 83, 84, 87, 88, 91, 172, 173, 204, 226, 227, 228, 232, 233),
    *(235, 241, 243, 246, 248, 252, 275, 286, 294, 362, 424, 521, 586, 641, 734, 740),
    *(777, 778, 1020),
)
# Looked at first, in a third of the time that the whole takes, which is that of a small insert.
_NUMBERS: Final = "SELECT code, value FROM system.errors"
# Of one code only the last error is told in full, so a count that has risen of late counts as well.
_COUNTED: Final = (
    "SELECT code, name, value, last_error_message, query_id = queryID(),"  # noqa: S608 - numbers
    f" code IN ({', '.join(map(str, _OF_WRITING))}), toUnixTimestamp(last_error_time)"
    " FROM system.errors"
    f" WHERE NOT remote AND code NOT IN ({', '.join(map(str, _HARMLESS))})"
)


class Failures:
    """What has gone wrong in the engine, by code, as it was looked at last."""

    def __init__(self) -> None:
        self._known = Look(b"", {})
        self._lock = threading.Lock()

    def watch(self) -> Watch:
        """Return a watch over an insert that is about to begin."""
        with self._lock:
            return Watch(self, self._known, int(time.time()) - 1)

    def seen(self, look: Look) -> None:
        """Take note of what was counted."""
        with self._lock:
            self._known = look


@dataclass(frozen=True)
class Look:
    """What was counted, by code; and before that, in the engine's bytes, of all codes."""

    raw: bytes
    counts: dict[int, int]


@dataclass(frozen=True)
class Watch:
    """One insert: what was counted before it, and when it began (seconds since 1970)."""

    failures: Failures
    before: Look
    since: int

    def check(self, connection: Connection) -> None:
        """Fail the insert, which was the last statement of its connection, if it may lack rows.

        Raises:
            QueryError: rows may be missing.
        """
        # Numbers only rise: where none has, nothing has failed since, here or elsewhere.
        raw = connection.query(_NUMBERS, "RowBinary").bytes()
        if raw == self.before.raw:
            return
        lines = connection.query(_COUNTED, "JSONCompactEachRow").bytes().splitlines()
        # A message may quote a statement that is no UTF-8.
        rows = [json.loads(line.decode(errors="replace")) for line in lines]
        self.failures.seen(Look(raw, {int(code): int(value) for code, _, value, *_ in rows}))
        for code, name, value, message, own, of_writing, at in rows:
            of_late = int(value) > self.before.counts.get(int(code), 0) and int(at) >= self.since
            if int(own) or (of_late and int(of_writing)):
                told = f"the engine failed while it wrote, rows may be missing: {message}"
                raise QueryError.of(int(code), told, name, status=500)
