"""Where a signal's time goes: what the trade process says of its own steps, between two looks."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.measure import Row, milliseconds, p50

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_STEPS = "tradecast_trade_step_seconds"


class Stages:
    """The steps of a trade process, by its metrics.

    Args:
        run_file: Where the process says which port serves them.
    """

    def __init__(self, run_file: Path) -> None:
        self._run_file = run_file
        self._before: dict[str, tuple[float, float]] = {}

    def look(self) -> None:
        """Begin to count."""
        self._before = self._read()

    def since_look(self) -> dict[str, float]:
        """Return the mean seconds of each step in a round with signals, since the last look."""
        out = {}
        for step, (seconds, rounds) in self._read().items():
            before = self._before.get(step, (0.0, 0.0))
            out[step] = (seconds - before[0]) / max(1.0, rounds - before[1])
        return out

    def _read(self) -> dict[str, tuple[float, float]]:
        port = json.loads(self._run_file.read_text())["metrics_port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
            text = reply.read().decode()
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            if family.name == _STEPS:
                for sample in family.samples:
                    kind = sample.name.removeprefix(f"{_STEPS}_")
                    found.setdefault(sample.labels["step"], {})[kind] = sample.value
        return {step: (each["sum"], each["count"]) for step, each in found.items()}


def stage_row(
    group: str, what: str, latencies: Sequence[float], seconds: Mapping[str, float]
) -> Row:
    """Return the steps before an order is out, and what of the latency they are not."""
    before = {step: took for step, took in seconds.items() if step != "results"}
    inside = sum(before.values())
    return Row(
        group=group,
        what=f"{what}, mean of {', '.join(before)}, then results",
        value=milliseconds(*before.values(), seconds.get("results", 0.0)),
        ratio=f"{inside / p50(latencies):.2f}",
        against="of the p50 the steps take; the rest is reading, waiting and the links",
    )
