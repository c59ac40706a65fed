"""What a process prints, in a file that does not grow for ever."""

import os
from pathlib import Path

LIMIT = 10_000_000  # bytes; as much again is kept of what was before


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
    aside = path.with_name(f"{path.name}.1")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(kept)
    os.truncate(path, 0)
    return True
