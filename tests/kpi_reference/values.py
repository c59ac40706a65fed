"""The libraries' values as they were committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("values.json")


@dataclass(frozen=True)
class Value:
    """What a library's function says of one KPI, by account; dates are in ISO format."""

    kpi: str
    library: str
    function: str
    values: dict[str, float | str | None]
    cause: str = ""  # why it is not the KPI's value, where the library means something else


def committed() -> Iterator[Value]:
    """Yield every committed value."""
    for row in _read()["rows"]:
        yield Value(**row)


def digests() -> dict[str, str]:
    """Return the digest of each account that the libraries were asked about."""
    return _read()["accounts"]


def versions() -> dict[str, str]:
    """Return the version of each library."""
    return _read()["versions"]


def _read() -> dict:
    return json.loads(PATH.read_text(encoding="utf-8"))
