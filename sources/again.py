"""Pauses before what failed is tried again by a source."""

import random
import time

from sinks.retry import Backoff
from sources.stop import Stop

_STEP = 0.1  # seconds: how late a stop may be noticed
_CALM = 5.0  # seconds: what has held for so long has not failed
_PAUSES = Backoff(first=0.2, longest=2.0)


class Again:
    """How often in a row something was tried and failed.

    The first time it is tried again at once: most failures are over when they are seen.

    Args:
        stop: ends a pause.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._tries = 0
        self._tried_at = 0.0

    def tried(self) -> None:
        """Take note that it was tried, and seems to hold."""
        self._tries += 1
        self._tried_at = time.monotonic()

    def wait(self) -> bool:
        """Wait as long as is due before it is tried; return whether it is to stop instead."""
        if time.monotonic() - self._tried_at > _CALM:
            self._tries = 0
        if not self._tries:
            return False
        pause = _PAUSES.pause(self._tries, random.random())  # noqa: S311 - a share of a pause
        until = time.monotonic() + pause
        while time.monotonic() < until and not self._stop.requested:
            time.sleep(_STEP)
        return self._stop.requested
