"""Which steps from line to line a call takes through modules of the rules."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import rules

_FOLDER = Path(rules.__file__).parent


def files(*patterns: str) -> frozenset[str]:
    """Return the files of the rules whose names match."""
    return frozenset(str(file) for pattern in patterns for file in _FOLDER.glob(pattern))


READERS = files("parsing*.py", "validation*.py", "identity.py", "rejections.py")
Arc = tuple[str, int, int]


class Arcs:
    """Runs calls and notes the arcs of the watched modules; `steps` counts lines that were run."""

    def __init__(self, watched: frozenset[str] = READERS) -> None:
        self._watched = watched
        self.steps = 0
        self._arcs: set[Arc] = set()

    def of(self, call: Callable[[], Any]) -> set[Arc]:
        """Return the arcs of one call."""
        self.steps, self._arcs = 0, set()
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            call()
        finally:
            sys.settrace(before)
        return self._arcs

    def _enter(self, frame: FrameType, _event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in self._watched:
            return None
        last = -frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "line":
                self.steps += 1
                self._arcs.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            elif event == "exception":
                self._arcs.add((name, last, 0))
            return step

        return step
