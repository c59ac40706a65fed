"""Signals that wait for their turn: a round decides a bounded number of pairs.

Who comes back after an hour, or is sent thousands of signals at once, may find millions of pairs
to decide. One round of all of them would need as much memory, and as large a transaction on Redis,
and fold no event meanwhile.
"""

from collections.abc import Mapping

import numpy as np

from rules.book import Book
from rules.routing import number_of_pairs
from rules.signals import Intents, Signals

MOST, LEAST = 65_536, 1_024  # pairs of a round: some tenths of a second, some 20 MB on Redis


class Backlog:
    """Signals that were admitted and are not routed yet, in their order.

    Attributes:
        most: Pairs of a round, as far as whole signals allow.
    """

    def __init__(self) -> None:
        self.most = MOST
        self._waiting: tuple[Signals, Intents] | None = None
        self._marks: Mapping[str, str] = {}

    def __bool__(self) -> bool:
        return self._waiting is not None

    def put(self, signals: Signals, intents: Intents, marks: Mapping[str, str]) -> None:
        """Take the signals of a read. Call it when none waits.

        Args:
            signals: Of the read, those that are to be routed.
            intents: Aligned to them.
            marks: Last entry that was read, by stream: they hold once all of it is decided.
        """
        assert self._waiting is None
        self._waiting, self._marks = (signals, intents), marks

    def take(self, book: Book) -> tuple[Signals, Intents, Mapping[str, str]]:
        """Return the signals of the next round, at least one if any wait, and the marks behind it.

        There are no marks while others wait behind them: what a read brought counts as decided
        when the last of it is, and till then a fold begins before the first.
        """
        assert self._waiting is not None
        signals, intents = self._waiting
        pairs = number_of_pairs(book, signals)
        count = max(1, int(np.searchsorted(np.cumsum(pairs), self.most, side="right")))
        if count >= len(signals):
            marks, self._waiting, self._marks = self._marks, None, {}
            return signals, intents, marks
        now, later = np.arange(count), np.arange(count, len(signals))
        self._waiting = signals.take(later), intents.take(later)
        return signals.take(now), intents.take(now), {}

    def clear(self) -> None:
        """Forget what waits: it is read again."""
        self._waiting, self._marks = None, {}

    def went_well(self) -> None:
        """Take note that a round was decided."""
        self.most = min(MOST, 2 * self.most)

    def failed(self) -> None:
        """Take note that the link broke in a round: it may have been too large for Redis."""
        self.most = max(LEAST, self.most // 4)
