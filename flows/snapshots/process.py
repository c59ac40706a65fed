"""The long-running process: after each midnight (UTC) it has the day that is over built.

Each round is a process of its own, `tradecast snapshot`: between two of them nothing but this
loop is in memory, and a round that is killed is begun again.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from embedded import launch
from flows.supervisor import command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flows.context import System
    from flows.process import Process

_LOOK_SECONDS = 0.5
_GRACE_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a round is due.

    Attributes:
        delay: after midnight.
        retry: after a round that failed.
    """

    delay: timedelta
    retry: timedelta

    def after(self, ended: datetime, *, well: bool) -> datetime:
        """Return when the next round begins, after one that ended.

        What was built until a moment is complete up to the midnight before it, less the delay.
        """
        if not well:
            return ended + self.retry
        day = (ended.astimezone(UTC) - self.delay).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        return midnight + self.delay


def run_snapshots(system: System, part: tuple[int, int], frame: Process) -> None:
    """Have days built until a stop is requested: at the start, and after each midnight."""
    wanted = system.settings.snapshots
    schedule = Schedule(
        delay=timedelta(seconds=wanted.delay_seconds), retry=timedelta(seconds=wanted.retry_seconds)
    )
    argv = command(
        "snapshot", "--part", f"{part[0]}/{part[1]}", home=system.home.path, config=system.config
    )
    rounds(argv, schedule, frame, lambda: datetime.now(UTC))


def rounds(
    argv: Sequence[str], schedule: Schedule, frame: Process, clock: Callable[[], datetime]
) -> None:
    """Run a command when it is due, until a stop is requested.

    Args:
        argv: of a round; its exit code 0 says that all is built.
        schedule: when it is due.
        frame: of this process.
        clock: the present. It is asked again and again, for it may be set.
    """
    # Not at once: while everything else starts, nothing waits for days.
    began = clock()
    due = began + schedule.delay
    while not frame.stop.requested:
        now = clock()
        # A clock that was set back by more than a day would let it wait for days.
        if now < began - timedelta(days=1):
            due = began = now
        if now < due:
            time.sleep(_LOOK_SECONDS)
            continue
        began = now
        code = _round(argv, frame)
        if frame.stop.requested:
            return
        if code:
            frame.log.error("a round ended with code %d; it is begun again", code)
        else:
            frame.log.info("all days that are over are built")
        # From its beginning: a midnight that passed meanwhile is not in it.
        due = schedule.after(began if code == 0 else clock(), well=code == 0)


def _round(argv: Sequence[str], frame: Process) -> int:
    frame.log.info("a round begins")
    with subprocess.Popen(
        launch.bound(argv), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=None
    ) as child:
        while child.poll() is None:
            if frame.stop.requested:
                child.terminate()
                try:
                    child.wait(_GRACE_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()
                break
            time.sleep(_LOOK_SECONDS / 5)
    return child.returncode
