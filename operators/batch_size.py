"""How many orders an executor takes on at once."""

from dataclasses import dataclass

MOST = 256


@dataclass
class BatchSize:
    """As many orders as the terminal has lately done in a short time.

    Orders that are claimed, and not answered when their process dies, are never sent again: those
    are one batch at most, however many wait. Leases, prices and a stop wait for a batch too. So it
    begins small, behind each start, and grows while the terminal is quick.

    Attributes:
        within: microseconds that the terminal may take for a batch.
        size: orders of the next batch, at most.
    """

    within: int
    size: int = 16

    def took(self, orders: int, microseconds: int) -> None:
        """Learn from a batch that the terminal was asked for."""
        if microseconds > self.within:
            self.size = max(orders // 2, 1)
        elif orders >= self.size and 2 * microseconds <= self.within:
            self.size = min(self.size * 2, MOST)
