"""`multipart/form-data`: long parameters, and the files of external data."""

from __future__ import annotations

import re
from typing import Final

from embedded.clickhouse.errors import BAD_ARGUMENTS, QueryError

_BOUNDARY: Final = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_NAME: Final = re.compile(rb'(?<!file)name="([^"]*)"|(?<!file)name=([^;\s"]+)', re.IGNORECASE)
_FILE: Final = re.compile(rb"filename\*?=", re.IGNORECASE)


def parse(content_type: str, body: bytes) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """Take a form apart.

    Args:
        content_type: header of the request, with the boundary.
        body: all of it.

    Returns:
        Fields, and the content of files by the name of their field.

    Raises:
        QueryError: it is not a form.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _malformed("no boundary")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary[1].strip().encode("latin-1"))
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise _malformed("it ends too early")
    fields: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    for part in parts[1:-1]:
        head, found, content = part.partition(b"\r\n\r\n")
        called = _NAME.search(head)
        if not found or called is None:
            raise _malformed("a part without a name")
        name = _text(called[1] or called[2] or b"")
        if _FILE.search(head):
            files[name] = content
        else:
            fields.append((name, _text(content)))
    return fields, files


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _malformed("a field that is no text") from error


def _malformed(why: str) -> QueryError:
    return QueryError.of(
        BAD_ARGUMENTS, f"The form in the body is malformed: {why}", "BAD_ARGUMENTS"
    )
