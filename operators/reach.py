"""Whether the terminal is worth asking: one that was not reached is left alone for a moment."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from sinks.retry import Backoff

SECOND = 1_000_000  # microseconds, as all times here
_PAUSES = Backoff(first=0.5, longest=4.0)
LONGEST = 60 * SECOND
_A_WHILE = 5 * SECOND


@dataclass
class Reach:
    """Calls in a row that did not reach the terminal.

    Nothing was executed then, so no order has used up an attempt; and as no order has, only the
    pause keeps those that wait from being asked for many times a second.

    Attributes:
        chance: brings a number from 0 to 1, so that many executors do not come at once.
    """

    chance: Callable[[], float] = random.random
    _failures: int = 0
    _since: int = 0
    _until: int = 0

    def failed(self, now: int, *, at_least: float = 0.0) -> None:
        """Take note of a call that did not reach it.

        Args:
            now: microseconds.
            at_least: seconds that the terminal asks to be left alone.
        """
        self._since = min(self._since, now) if self._failures else now
        self._failures += 1
        pause = max(_PAUSES.pause(self._failures, self.chance()), at_least)
        self._until = now + min(round(pause * SECOND), LONGEST)

    def answered(self) -> None:
        """Take note that it was reached."""
        self._failures = self._until = 0

    def waits(self, now: int) -> bool:
        """Return whether it is to be left alone yet; a clock that was set back ends that."""
        return now < self._until <= now + LONGEST

    def is_away(self, now: int) -> bool:
        """Return whether it has not been reached for so long that who waits should be told."""
        return bool(self._failures) and now - self._since >= _A_WHILE
