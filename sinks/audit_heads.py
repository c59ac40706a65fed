"""Where the chain of the audit ended, noted outside of the database that holds it.

Whoever removes the last seals, and the rows under them, leaves a chain that holds; this file,
or a copy of its last line elsewhere, shows that it was longer.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rules.errors import Fatal
from schema.audit_chain import Head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "audit_heads"


class HeadsDamaged(Fatal):
    """The file holds something else."""


def note(file: Path, heads: Sequence[Head]) -> None:
    """Add seals to the file; durable on return. A line that was cut short is taken off first."""
    with file.open("a+b") as opened:
        opened.seek(0)
        opened.truncate(opened.read().rfind(b"\n") + 1)
        opened.writelines(f"{head.number} {head.hash}\n".encode() for head in heads)
        opened.flush()
        os.fsync(opened.fileno())


def read(file: Path) -> list[Head]:
    """Return the seals that were noted; none where nothing was.

    Raises:
        HeadsDamaged: a line is none; a last one that was cut short is passed over.
    """
    try:
        lines = file.read_text(encoding="ascii").split("\n")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise HeadsDamaged(f"{file} is no list of seals") from error
    heads = []
    for line in lines[:-1]:
        number, _, mark = line.partition(" ")
        if not number.isdigit() or len(mark) != 64:
            raise HeadsDamaged(f"{file} is no list of seals: {line[:80]!r}")
        heads.append(Head(int(number), mark))
    return heads
