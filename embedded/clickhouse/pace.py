"""How slow a client may be: what it holds up meanwhile is a place that others wait for."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes per second that a client must take or give once its patience is used up.
_RATE: Final = 1 << 14


class TooSlow(TimeoutError):
    """The client took or gave its bytes too slowly."""


class Pace:
    """The time that one request has waited for its client.

    Args:
        patience: seconds that it may wait on top of what the bytes may take.
    """

    def __init__(self, patience: float) -> None:
        self._left = patience

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time within as spent on the client.

        Raises:
            TooSlow: that was too much, or the socket's own time is up.
        """
        started = time.monotonic()
        try:
            yield
        except TimeoutError as error:
            raise TooSlow("the client did not go on") from error
        self._left -= time.monotonic() - started
        if self._left < 0:
            raise TooSlow("the client is too slow")

    def moved(self, size: int) -> None:
        """Give credit for bytes that went through."""
        self._left += size / _RATE
