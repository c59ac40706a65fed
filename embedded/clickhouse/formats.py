"""Output formats: what they are called in HTTP, and which may be cut into blocks."""

from __future__ import annotations

import re
from typing import Final

from embedded.clickhouse.errors import UNKNOWN_FORMAT, QueryError

DEFAULT: Final = "TabSeparated"

# Formats without a header, footer or separator of the whole result: the engine's output of two
# blocks, one after the other, is its output of both. All others are written as one stream.
BLOCKWISE: Final = frozenset(
    (
        "Native",
        "TabSeparated",
        "TSV",
        "TabSeparatedRaw",
        "TSVRaw",
        "CSV",
        "RowBinary",
        "JSONEachRow",
        "JSONCompactEachRow",
        "JSONStringsEachRow",
        "TSKV",
    )
)

_JSON = "application/json; charset=UTF-8"
_TYPES: Final = (
    ("JSONEachRow", "application/x-ndjson; charset=UTF-8"),
    ("JSON", _JSON),
    ("CSVWithNames", "text/csv; charset=UTF-8; header=present"),
    ("CSV", "text/csv; charset=UTF-8; header=absent"),
    ("TabSeparated", "text/tab-separated-values; charset=UTF-8"),
    ("TSV", "text/tab-separated-values; charset=UTF-8"),
    ("TSKV", "text/tab-separated-values; charset=UTF-8"),
    ("XML", "application/xml; charset=UTF-8"),
    ("ArrowStream", "application/vnd.apache.arrow.stream"),
    ("Arrow", "application/vnd.apache.arrow.file"),
    ("Parquet", "application/vnd.apache.parquet"),
    ("Native", "application/octet-stream"),
    ("RowBinary", "application/octet-stream"),
)

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


def check_name(name: str) -> None:
    """Check that a format that the client named apart from its statement is one word.

    It becomes a part of the statement. Whether there is such a format, the engine says.

    Raises:
        QueryError: it is none.
    """
    if not _NAME.match(name):
        raise QueryError.of(UNKNOWN_FORMAT, f"Unknown format {name[:100]!r}", "UNKNOWN_FORMAT")


def content_type(name: str) -> str:
    """The media type of a format's output."""
    for prefix, media_type in _TYPES:
        if name.startswith(prefix):
            return media_type
    return "text/plain; charset=UTF-8"
