"""Where the fuzzer begins: the fixed corpus."""

import json
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1] / "corpus"
LARGEST = 4000


def cases() -> list[dict[str, Any]]:
    """The manifest of the corpus."""
    found: list[dict[str, Any]] = json.loads((CORPUS / "manifest.json").read_bytes())
    return found


def data_of(case: dict[str, Any]) -> bytes:
    """The bytes of a file, or of parts that are repeated: (text, times)."""
    if "file" in case:
        return (CORPUS / case["file"]).read_bytes()
    return "".join(text * times for text, times in case["parts"]).encode()


def corpus() -> list[tuple[bytes, bytes]]:
    """Field and data of all but the largest entries, which would only be slow to change."""
    made = [(case["field"].encode(), data_of(case)) for case in cases()]
    return [(name, data) for name, data in made if len(data) <= LARGEST]
