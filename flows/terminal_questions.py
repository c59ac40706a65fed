"""What a terminal is asked besides orders: what it does not answer is left alone for a moment."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from operators.reach import Reach
from rules.errors import Ambiguous, Throttled, Transient

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
_TELL_EVERY = 60_000_000  # microseconds between words about one question
_Answer = TypeVar("_Answer")


class TerminalQuestions:
    """Questions to a terminal, none of which keeps the others from being asked.

    Args:
        unanswered: called for each that failed.
    """

    def __init__(self, unanswered: Callable[[], None]) -> None:
        self._unanswered = unanswered
        self._reach: dict[str, Reach] = defaultdict(Reach)
        self._told: dict[str, int] = {}

    def ask(self, name: str, now: int, ask: Callable[[], _Answer], nothing: _Answer) -> _Answer:
        """Return what a question brought.

        Args:
            name: of the question.
            now: microseconds.
            ask: the question; it raises Transient or Ambiguous where there is no answer.
            nothing: what is returned then, and for as long as the question is not put again.
        """
        reach = self._reach[name]
        if reach.waits(now):
            return nothing
        try:
            told = ask()
        except (Transient, Ambiguous) as error:
            reach.failed(now, at_least=error.retry_after if isinstance(error, Throttled) else 0.0)
            self._unanswered()
            self._tell(name, now, error)
            return nothing
        reach.answered()
        if self._told.pop(name, None) is not None:
            log.info("the terminal tells %s again", name)
        return told

    def _tell(self, name: str, now: int, error: Exception) -> None:
        last = self._told.get(name)
        if last is None or not 0 <= now - last < _TELL_EVERY:
            log.warning("the terminal does not tell %s: %s", name, error)
            self._told[name] = now
