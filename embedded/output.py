"""What a process prints, in a file that does not grow for ever."""

import os
from pathlib import Path

LIMIT = 10_000_000  # bytes; as much again is kept of what was before
_TAIL = 64_000  # bytes in which the last line is looked for


def keep_small(path: Path, limit: int = LIMIT) -> bool:
    """Put what was printed aside as `<name>.1` once it is too much; tell whether it was.

    The process goes on writing to the same file, which must be open for appending: what it
    prints in that very moment may be lost.

    Args:
        path: Of the file; it may be missing.
        limit: Bytes from which it is put aside; only the last of them are kept.

    Raises:
        OSError: The disk is full or failed; the file is as it was.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return False
    if size <= limit:
        return False
    with path.open("rb") as file:
        file.seek(size - limit)
        kept = file.read(limit)
    aside = _aside(path)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(kept)
    os.truncate(path, 0)
    return True


def last_line(path: Path) -> str:
    """Return the last line that was printed, and not only spaces; of what is aside if need be."""
    for one in (path, _aside(path)):
        try:
            with one.open("rb") as file:
                file.seek(max(file.seek(0, os.SEEK_END) - _TAIL, 0))
                lines = file.read().decode("utf-8", "replace").strip().splitlines()
        except OSError:
            continue
        if lines:
            return lines[-1].strip()
    return ""


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")
