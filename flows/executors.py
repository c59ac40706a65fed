"""The executors that `up` keeps running, as the configuration's instances want them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from flows.launch import process_name
from flows.parts import ProcessPart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

LOG = logging.getLogger("tradecast.up")

DRIVEN = "simulated"
# By then the configuration that an executor has seen is seen here as well.
_PAUSE = 3.0


class ExecutorPart(ProcessPart):
    """An executor; it ends with 0, unasked, when its instance has left the configuration."""

    @override
    def look(self, now: float) -> None:
        """Start it again when it has ended, and its instance is still wanted later on."""
        if self._up and self.returncode == 0:
            LOG.info("%s has ended: its instance is not in the configuration", self.name)
            self._up = False
            self.next_start = now + _PAUSE
            return
        super().look(now)


class Executors:
    """Starts and stops executors as the instances of the configuration come and go.

    Args:
        start: has one run from now on, by its instance.
        stop: ends one for good, by the name of its process.

    Attributes:
        undriven: see `undriven`.
    """

    def __init__(self, start: Callable[[str], None], stop: Callable[[str], None]) -> None:
        self._start = start
        self._stop = stop
        self._running: dict[str, tuple[str, str]] = {}
        self.undriven: list[dict[str, Any]] = []

    def follow(self, tables: Mapping[str, pa.Table]) -> None:
        """Have run what a configuration wants, and nothing else.

        Args:
            tables: the configuration.
        """
        self.undriven = undriven(tables)
        found = wanted(tables)
        for name in [name for name, one in self._running.items() if one != found.get(name)]:
            # Gone, or of another kind now: a terminal knows its symbols from its start.
            del self._running[name]
            self._stop(name)
        for name, one in found.items():
            if name not in self._running:
                self._running[name] = one
                self._start(one[0])


def wanted(tables: Mapping[str, pa.Table]) -> dict[str, tuple[str, str]]:
    """Processes of the simulated terminals: the instance of each, and what its symbols are."""
    listed: dict[bytes, list[dict[str, Any]]] = {}
    for row in tables["instruments"].to_pylist():
        listed.setdefault(row["broker_id"], []).append(row)
    return {
        process_name("execute", row["key"]): (row["key"], repr(listed.get(row["broker_id"])))
        for row in tables["instances"].to_pylist()
        if row["driver"] == DRIVEN
    }


def undriven(tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    """Return what `status` shows of active instances that have no executor, with the reason."""
    return [
        {
            "name": process_name("execute", row["key"]),
            "pid": None,
            "state": "not running",
            "started_at": 0,
            "restarts": 0,
            "error": f"instance {row['key']} is of the kind {row['driver']};"
            f" this release drives {DRIVEN} ones",
        }
        for row in tables["instances"].to_pylist()
        if row["driver"] != DRIVEN and row["status"] == "active" and row["deleted_at"] is None
    ]
