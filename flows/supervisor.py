"""Keep a set of processes running: start, restart with backoff, stop in order, leave nothing.

One thread, one loop, no signals but the two that ask for a stop.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from flows.parts import Part

LOG = logging.getLogger("tradecast.up")

# A flow drains in under 5 s; a server writes its last pages.
GRACE_SECONDS = 10.0
_TICK = 0.05


class Supervisor:
    """Keeps parts running until it is told to stop."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}

    def add(self, part: Part) -> None:
        """Start a part, and keep it running from now on."""
        self.parts[part.name] = part
        LOG.info("starting %s", part.name)
        part.start(time.monotonic())

    def remove(self, name: str) -> None:
        """Stop a part for good."""
        self._stop([self.parts.pop(name)])

    def tick(self) -> None:
        """Look at every part once."""
        now = time.monotonic()
        for part in self.parts.values():
            part.look(now)

    def watch(self, until: Callable[[], bool], also: Callable[[], None], every: float) -> None:
        """Look at the parts until a condition holds.

        Args:
            until: asked at every turn, some twenty times a second.
            also: called every `every` seconds; what it raises ends the watch.
            every: seconds.
        """
        due = 0.0
        while not until():
            self.tick()
            if time.monotonic() >= due:
                for part in self.parts.values():
                    part.bound_output()
                also()
                due = time.monotonic() + every
            time.sleep(_TICK)

    def facts(self) -> list[dict[str, Any]]:
        """What `status` shows of the parts, stage by stage."""
        return [part.facts() for part in sorted(self.parts.values(), key=lambda part: part.stage)]

    def stop(self, stages: Iterable[int]) -> None:
        """Stop the parts, stage by stage, those of one stage at once."""
        for stage in stages:
            parts = [part for part in self.parts.values() if part.stage == stage]
            self._stop(parts)
            for part in parts:
                del self.parts[part.name]

    def _stop(self, parts: Sequence[Part]) -> None:
        for part in parts:
            LOG.info("stopping %s", part.name)
            part.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(part.pid is not None for part in parts) and time.monotonic() < deadline:
            time.sleep(_TICK / 5)
        for part in parts:
            if part.pid is not None:
                LOG.error("%s did not stop within %g s: killed", part.name, GRACE_SECONDS)
            part.kill()


def flow_command(arguments: Sequence[str], home: Path, config: Path | None) -> list[str]:
    """The command line of a flow process of this installation."""
    return command("run", *arguments, home=home, config=config)


def command(*arguments: str, home: Path, config: Path | None) -> list[str]:
    """The command line of a verb of this installation."""
    where = ["--home", str(home)]
    if config is not None:
        where += ["--config", str(config)]
    # -P: a directory called flows where the user stands must not be taken for ours.
    return [sys.executable, "-P", "-m", "flows", *arguments, *where]
