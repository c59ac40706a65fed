"""What a full Redis, or a full spool, makes a shard do: spool its rows, then stop new exposure.

Rows must never take the memory that a claim or a reduction needs (design, section 4): from 70 %
of Redis' memory on they go to a spool on disk. From 85 % on, or when the spool is full as well,
openings are refused with EXPOSURE_PAUSED; closes, changes and cancels go on. Both end some way
below where they begin, so that a shard does not flicker. Decisions may use 5 % beyond the bound:
only behind them can anything be trimmed.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)
SPOOL_FROM, SPOOL_UNTIL = 0.70, 0.60
PAUSE_FROM, PAUSE_UNTIL = 0.85, 0.75
RESERVE_UNTIL = 1.05
_EVERY = 1_000_000  # microseconds


@dataclass
class Pressure:
    """How full things are, looked at once a second.

    Attributes:
        used: share of Redis' memory bound that is used, 0 where there is none.
        spool_is_full: the spool has refused rows.
        share: what it was at the last look.
        spools: rows go to the spool.
        crowded: Redis has room only for what must be.
        pauses: openings are refused.
    """

    used: Callable[[], float]
    spool_is_full: Callable[[], bool] = lambda: False
    share: float = 0.0
    spools: bool = False
    crowded: bool = False
    pauses: bool = False
    _due: int = 0

    def look(self, now: int) -> None:
        """Look, if it is time to.

        Args:
            now: Microseconds.

        Raises:
            redis.RedisError: Redis cannot be asked; all stays as it was.
        """
        if 0 <= self._due - now <= _EVERY:
            return
        self._due = now + _EVERY
        self.share = self.used()
        self.spools = self.share >= (SPOOL_UNTIL if self.spools else SPOOL_FROM)
        self.crowded = self.share >= (PAUSE_UNTIL if self.crowded else PAUSE_FROM)
        spool_is_full = self.spool_is_full()
        paused = self.crowded or spool_is_full
        if paused != self.pauses:
            log.error(
                "new exposure %s: Redis uses %.0f %% of its memory%s",
                "is paused" if paused else "goes on",
                100 * self.share,
                ", and the spool is full" if spool_is_full else "",
            )
        self.pauses = paused

    @property
    def is_full(self) -> bool:
        """Whether Redis refuses what needs memory."""
        return self.share >= 1

    @property
    def has_reserve(self) -> bool:
        """Whether decisions may still be written although Redis is full."""
        return self.share < RESERVE_UNTIL
