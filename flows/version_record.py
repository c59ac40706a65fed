"""Versions of the configuration on their way to ClickHouse, beside all else that `up` does."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from rules.errors import TradecastError

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("tradecast.up")
AGAIN_SECONDS = 5.0


class VersionRecord:
    """Has versions recorded, one at a time, in a thread of its own.

    ClickHouse may have all its tables to make, or hang: who waited for it would start nothing
    again that died meanwhile.

    Args:
        record: brings to ClickHouse what it lacks; may be repeated.
    """

    def __init__(self, record: Callable[[], None]) -> None:
        self._record = record
        self._recorded: int | None = None
        self._not_before = 0.0
        self._thread: threading.Thread | None = None

    def look(self, version: int | None, now: float) -> None:
        """Begin to record a version, unless that is done, under way, or failed a moment ago.

        Args:
            version: in force; None for none.
            now: seconds, of any clock that only goes on.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        if version == self._recorded or now < self._not_before:
            return
        self._not_before = now + AGAIN_SECONDS
        self._thread = threading.Thread(
            target=self._run, args=(version,), name="version record", daemon=True
        )
        self._thread.start()

    def _run(self, version: int | None) -> None:
        try:
            self._record()
        except TradecastError as error:
            LOG.warning("cannot tell ClickHouse of the configuration yet: %s", error)
        except Exception:
            # A thread's end is silent; what it was to do is tried again.
            LOG.exception("ClickHouse was not told of the configuration")
        else:
            self._recorded = version
