"""From entries of a signal stream to columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.measure import Row, milliseconds, p50, seconds_of
from rules.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "validate"
_COUNT = 1000


def run() -> Iterator[Row]:
    """Measure one alert and a thousand, against reading their JSON alone."""
    entries = [_entry(number) for number in range(_COUNT)]
    bodies = [fields[b"json"] for _, _, fields in entries]
    many = p50(seconds_of(lambda: validate(entries), 20))
    one = p50(seconds_of(lambda: validate(entries[:1]), 200))
    raw = p50(seconds_of(lambda: [json.loads(body) for body in bodies], 20))
    yield Row(group=NAME, what="one alert", value=milliseconds(one))
    yield Row(
        group=NAME,
        what="1,000 alerts",
        value=f"{milliseconds(many)}, {_COUNT / many / 1000:.0f} k/s",
        ratio=f"{raw / many:.2f}",
        against="the standard library's json alone",
    )


def _entry(number: int) -> tuple[str, str, dict[bytes, bytes]]:
    body = {
        "strategy": "london",
        "symbol": "EURUSD",
        "action": "buy",
        "signal_id": f"s{number}",
        "stop_loss": 1.07,
        "take_profit": "1.09",
        "fired_at": "2026-11-21T09:30:00Z",
    }
    return "signals:0", f"1795253400000-{number}", {b"json": json.dumps(body).encode()}
