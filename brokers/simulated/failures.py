"""Failures by script: what goes wrong, for which request or call, in which order.

A script is a list. Its failures of whole calls (and its Nones) make one queue, of which each
`submit` takes the next; None lets the call pass. Its failures of single requests are looked
through for each request, and the first that fits is used up.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from brokers.retcodes import Retcode
from schema.enums import LegKind


class FailureKind(StrEnum):
    """What goes wrong."""

    NONE = "none"  # nothing; lets one call pass (for TOML, which has no null)
    # of a whole call
    DISCONNECT = "disconnect"  # Transient, nothing happened
    TIMEOUT_BEFORE = "timeout_before"  # Ambiguous, nothing happened
    TIMEOUT_AFTER = "timeout_after"  # Ambiguous, all of it happened
    REPEAT = "repeat"  # with `on = "poll"`: it tells once more what the poll before it told
    LATE_HISTORY = "late_history"  # poll and history show what the call did `calls` calls late
    # of one request
    REFUSE = "refuse"  # refused with `retcode`: a requote is 10004, a throttle 10024
    LOSE_ANSWER = "lose_answer"  # done, but answered with a timeout
    PARTIAL = "partial"  # only `fraction` of the volume is filled


_OF_CALLS = frozenset(
    {
        FailureKind.NONE,
        FailureKind.DISCONNECT,
        FailureKind.TIMEOUT_BEFORE,
        FailureKind.TIMEOUT_AFTER,
        FailureKind.LATE_HISTORY,
        FailureKind.REPEAT,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One failure of the script.

    `symbol` (the broker's name) and `leg` (open, close, modify, cancel) narrow the requests that
    fit; empty fits all. It lets `after` that fit pass first, then strikes `times` times. A
    failure of calls whose `on` is not submit strikes that query with Transient instead.
    """

    kind: FailureKind
    retcode: int = Retcode.REJECT
    symbol: str = ""
    leg: str = ""
    after: int = 0
    times: int = 1
    fraction: float = 0.5
    calls: int = 1
    on: str = "submit"  # or positions, open_orders, history, account, poll

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Return the failure that a table of TOML or an object of JSON describes.

        Raises:
            ValueError: If a key or word is not known.
        """
        unknown = item.keys() - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"a failure has no key {', '.join(sorted(unknown))}")
        failure = cls(**{**item, "kind": FailureKind(item["kind"])})
        if failure.leg and failure.leg not in LegKind.words():
            raise ValueError(f"a failure's leg is one of {', '.join(LegKind.words())}")
        if not 0 < failure.fraction < 1 or failure.times < 1:
            raise ValueError("a failure's fraction lies between 0 and 1, times is 1 or more")
        return failure


def failures(items: Iterable[Mapping[str, Any] | None]) -> list[Failure | None]:
    """Return the script that a list of tables or objects describes (see `Failure.of`)."""
    return [(item and Failure.of(item)) or None for item in items]


def load_failures(path: Path) -> list[Failure | None]:
    """Read a script from a JSON list, or from the `[[failures]]` of a TOML file."""
    text = path.read_text()
    return failures(tomllib.loads(text)["failures"] if path.suffix == ".toml" else json.loads(text))


class Script:
    """A script on its way: which failures are used up. `memory` outlives the process."""

    def __init__(self, script: Sequence[Failure | None], memory: str = "") -> None:
        passing = Failure(kind=FailureKind.NONE)
        self._steps = [step or passing for step in script]
        self._print = json.dumps([asdict(step) for step in self._steps])
        self._seen = [0] * len(self._steps)
        kept = json.loads(memory) if memory else {}
        if kept.get("script") == self._print:
            self._seen = kept["seen"]

    @property
    def memory(self) -> str:
        """What to remember; another script begins anew."""
        return json.dumps({"script": self._print, "seen": self._seen})

    @property
    def empty(self) -> bool:
        """Whether nothing was scripted at all."""
        return not self._steps

    def call(self, name: str) -> Failure | None:
        """Return the failure of this call of the port, and count it as used."""
        for i, step in enumerate(self._steps):
            if step.kind not in _OF_CALLS or step.on != name:
                continue
            if self._seen[i] < step.after + step.times:
                self._seen[i] += 1
                struck = self._seen[i] > step.after and step.kind is not FailureKind.NONE
                return step if struck else None
        return None

    def request(self, symbol: bytes, leg: int) -> Failure | None:
        """Return the failure of this request, and count it as used."""
        for i, step in enumerate(self._steps):
            fits = (
                step.kind not in _OF_CALLS
                and step.symbol in {"", symbol.decode("latin-1")}
                and step.leg in {"", LegKind(leg).word}
            )
            if fits and self._seen[i] < step.after + step.times:
                self._seen[i] += 1
                if self._seen[i] > step.after:
                    return step
        return None
