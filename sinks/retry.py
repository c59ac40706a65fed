"""How long to wait before a store is asked again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Pauses that double, each with a random share so that many clients do not come at once.

    Attributes:
        first: seconds before the second attempt.
        longest: seconds that no pause exceeds.
    """

    first: float = 0.1
    longest: float = 15.0

    def pause(self, failures: int, chance: float) -> float:
        """Return the seconds to wait after so many failures in a row.

        Args:
            failures: at least 1.
            chance: from 0 to 1; the pause lies between half of its bound and the whole.
        """
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, 32))
        return bound * (0.5 + 0.5 * chance)
