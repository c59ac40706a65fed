"""Where the demo is: its steps, and bars of what the stores have, on a terminal."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import redis

from embedded.errors import EmbeddedError
from flows import audit, lag
from flows.errors import CommandError
from flows.stores import STORES, open_store, values
from rules.errors import TradecastError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from flows.context import System
    from flows.stores import StoreName

_LOOK_SECONDS = 2.0
# A store that is being started again; the next look will see it.
_AWAY = (CommandError, EmbeddedError, TradecastError, OSError)
_COUNT = """\
SELECT (SELECT count(*) FROM trade_signal) + (SELECT count(*) FROM signal_rejection)
         + (SELECT count(*) FROM signal_resend) AS entries,
       (SELECT count(*) FROM orders) AS orders,
       (SELECT count(*) FROM orders WHERE outcome = 'none' AND state <> 'working') AS open
"""


@contextmanager
def step(what: str, *, show: bool) -> Iterator[None]:
    """Say what the demo is busy with, for as long as it is.

    Args:
        what: it does.
        show: say it on standard error if that is a terminal.
    """
    if not (show and sys.stderr.isatty()):
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - takes a tenth of a second
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415

    line = Spinner("dots", f" {what}")
    # What is printed meanwhile goes where it was meant to go.
    with Live(line, console=Console(stderr=True), transient=True, redirect_stdout=False):
        yield


@dataclass(frozen=True)
class Counts:
    """What one store has: entries, orders, orders that wait for their outcome."""

    entries: int
    orders: int
    open: int


class Watch:
    """Looks at both stores now and then, and shows how far the demo is.

    Args:
        system: of the demo.
        client: of its Redis.
        total: number of alerts.
        show: draw bars on standard error if that is a terminal.
    """

    def __init__(self, system: System, client: redis.Redis, total: int, *, show: bool) -> None:
        self._system = system
        self._client = client
        self._total = total
        self._due = 0.0
        self._show = show and sys.stderr.isatty()
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}
        self.counts: dict[StoreName, Counts] = {}

    def __enter__(self) -> Self:
        if self._show:
            from rich.console import Console  # noqa: PLC0415 - takes a tenth of a second
            from rich.progress import BarColumn, MofNCompleteColumn, Progress  # noqa: PLC0415

            self._progress = Progress(
                "{task.description:9}",
                BarColumn(),
                MofNCompleteColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
            for name in ("sent", "decided", "executed", "stored"):
                self._bars[name] = self._progress.add_task(name, total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def look(self, sent: int, *, now: bool = False) -> None:
        """Look, if it is time to, and draw."""
        if self._progress is not None:
            self._progress.update(self._bars["sent"], completed=sent)
        if not now and time.monotonic() < self._due:
            return
        # A demo measures itself; what it asks must not weigh.
        if self._progress is not None or now:
            for name in STORES if now else STORES[:1]:
                self._count(name)
            self._draw()
        self._due = time.monotonic() + _LOOK_SECONDS

    def done(self, sent: int) -> bool:
        """Whether everything that was sent has an outcome in both stores."""
        self.look(sent, now=True)
        arrived = len(self.counts) == len(STORES) and all(
            one.entries >= sent and not one.open for one in self.counts.values()
        )
        if not arrived or len({one.orders for one in self.counts.values()}) != 1:
            return False
        # Rows that wait in a spool may be changes of rows that the counts have already.
        if any(self._system.home.spool_dir.glob("*/*.spool")):
            return False
        try:
            for name in STORES:
                with open_store(self._system, name) as store:
                    if audit.unaccounted(store, name):
                        return False
            return lag.all_stored(self._client, self._system.settings.signals.streams)
        except (redis.ConnectionError, redis.TimeoutError, *_AWAY):
            return False

    def _count(self, name: StoreName) -> None:
        try:
            with open_store(self._system, name) as store:
                self.counts[name] = Counts(*(int(value) for value in values(store, _COUNT)[0]))
        except _AWAY:
            self.counts.pop(name, None)

    def _draw(self) -> None:
        known = self.counts.get("duckdb")
        if self._progress is None or known is None:
            return
        stored = min(one.orders for one in self.counts.values())
        draw = self._progress.update
        draw(self._bars["decided"], completed=known.entries)
        draw(self._bars["executed"], completed=known.orders - known.open, total=known.orders)
        draw(self._bars["stored"], completed=stored, total=known.orders)
