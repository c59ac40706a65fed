"""Fault points: named steps at which a process can be made to die, hang or fail on purpose.

`TRADECAST_FAULTS` arms them, for any process: `execute.sending=kill@3,trade.rows=hang:2` kills
the executor when it passes `execute.sending` for the third time, and has the shard wait for two
seconds where its rows are due. With `TRADECAST_FAULTS_DIR` a fault strikes once for all processes
and restarts that share the directory; without, once in each process. Nothing is armed by default,
and a point then costs one look at an empty dictionary.
"""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.errors import Fatal

VARIABLE = "TRADECAST_FAULTS"
DIRECTORY = "TRADECAST_FAULTS_DIR"

POINTS: dict[str, str] = {
    "trade.registered": (
        "Identities are registered, nothing is decided: the entries are read again as originals."
    ),
    "trade.deciding": "Decided in memory, before the dispatch script: nothing was decided.",
    "trade.dispatched": (
        "The dispatch script ran and its reply is lost: the decision stands, and is not made twice."
    ),
    "trade.rows": "Decided and dispatched, rows not written: the log is folded and they are.",
    "trade.signal_rows": "Rows of signals written, rows of orders not: both are there in the end.",
    "trade.snapshot": "A snapshot is stored, nothing trimmed under it.",
    "trade.trimming": "Events are trimmed under a snapshot, decisions not yet.",
    "trade.forgetting": "Decisions are trimmed, their claims still there.",
    "execute.claimed": "Claimed and durable, nothing in the journal: never sent, and said so.",
    "execute.sending": "`sending` is in the journal, the broker was not asked: unresolved.",
    "execute.acted": "The broker acted, its answer is not in the journal: found by its ticket.",
    "execute.answered": "The answer is in the journal, no event: published after the restart.",
    "execute.published": (
        "The event is there, the journal does not know: published twice, told once."
    ),
    "execute.closing": "About to say `not sent` by the closing script.",
    "execute.closed": "The closing script ran and its reply is lost.",
    "execute.compacting": "The compacted journal has taken the old one's place.",
    "archive.taken": "Rows were read in the middle of an epoch: read again.",
    "archive.rows": "Rows are in ClickHouse, their marks are not: inserted twice, shown once.",
    "archive.committing": (
        "Rows and marks of a DuckDB transaction before its commit: neither stays."
    ),
    "archive.stored": "Rows and marks are stored, Redis was not told.",
    "archive.spooling": "A spool file is written and does not have its name: it never was.",
    "archive.spooled": "A spool file stands, Redis was not told.",
    "archive.drained": "Rows of the spool are in the store, their file still there.",
    "migrate.statement": "Before a statement of a migration: run again from the first.",
    "migrate.record": "A migration ran and is not recorded: run again.",
    "process.stopping": "All was drained, before files and connections are closed.",
}

_Error = type[Exception]


class FaultStruck(Exception):
    """What a point raises that has no error of its own."""


@dataclass(frozen=True)
class Fault:
    """What is to happen at a point.

    Attributes:
        action: `kill` (SIGKILL to this process), `hang` (wait) or `error` (raise).
        seconds: that it hangs.
        at: the pass that strikes, from 1.
    """

    action: str
    seconds: float = 0.0
    at: int = 1


def parse(text: str) -> dict[str, Fault]:
    """Return the faults of a `TRADECAST_FAULTS`.

    Raises:
        Fatal: A name, action or number is wrong.
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, what = part.partition("=")
        action, _, at = what.partition("@")
        action, _, seconds = action.partition(":")
        if name not in POINTS:
            raise Fatal(f"{VARIABLE}: there is no fault point {name!r}")
        if action not in ("kill", "hang", "error"):
            raise Fatal(f"{VARIABLE}: {part!r} is none of kill, hang:SECONDS and error")
        try:
            found[name] = Fault(action, float(seconds or 0), int(at or 1))
        except ValueError:
            raise Fatal(f"{VARIABLE}: {part!r} has a number that is none") from None
    return found


class Faults:
    """Armed faults, and which of them have struck.

    Args:
        armed: by point.
        directory: keeps what has struck beyond this process; None: nowhere.
    """

    def __init__(self, armed: Mapping[str, Fault], directory: Path | None = None) -> None:
        self.armed = dict(armed)
        self._directory = directory
        self._passed: dict[str, int] = {}

    def passed(self, name: str, error: _Error) -> None:
        """Count a pass, and strike if it is the one."""
        fault = self.armed.get(name)
        if fault is None:
            return
        self._passed[name] = self._passed.get(name, 0) + 1
        if self._passed[name] < fault.at or not self._first(name):
            return
        del self.armed[name]
        if fault.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.action == "hang":
            time.sleep(fault.seconds)
        else:
            raise error(f"fault point {name}")

    def _first(self, name: str) -> bool:
        if self._directory is None:
            return True
        try:
            (self._directory / name).touch(exist_ok=False)
        except FileExistsError:
            del self.armed[name]
            return False
        return True


def _from_environment() -> Faults:
    directory = os.environ.get(DIRECTORY)
    return Faults(parse(os.environ.get(VARIABLE, "")), Path(directory) if directory else None)


_faults = _from_environment()


def point(name: str, error: _Error = FaultStruck) -> None:
    """Pass a fault point.

    Args:
        name: one of POINTS.
        error: what an `error` raises here: what this step raises when its part fails.
    """
    if _faults.armed:
        _faults.passed(name, error)
