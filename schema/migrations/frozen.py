"""The statements of a released migration, kept as text: the registry goes on, they do not.

A database remembers the checksum of what made it, so a released file never changes.
"""

from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
# A line of its own, which no statement has.
_BETWEEN = "\n;\n"


def read(migration: str, store: str) -> list[str]:
    """Return the statements of a migration in a store, in order."""
    return _file(migration, store).read_text(encoding="utf-8").removesuffix("\n").split(_BETWEEN)


def write(migration: str, store: str, statements: Sequence[str]) -> None:
    """Keep the statements of a migration that is not released yet.

    Raises:
        ValueError: If a statement could not be told from two.
    """
    if not statements or any(_BETWEEN in each or not each.strip() for each in statements):
        raise ValueError(f"{migration} for {store}: a statement is empty, or looks like two")
    _file(migration, store).write_text(_BETWEEN.join(statements) + "\n", encoding="utf-8")


def _file(migration: str, store: str) -> Path:
    return HERE / f"{migration}_{store}.sql"
