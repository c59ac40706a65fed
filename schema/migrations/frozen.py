"""The statements of a released migration, kept as text: the registry goes on, they do not.

A database remembers the checksum of what made it, so a released file never changes.
"""

from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
# A line of its own, which no statement has.
_BETWEEN = "\n;\n"


# What a draft cannot do stands in it as such a line, and nothing of it runs.
CANNOT = "-- CANNOT:"


class MigrationUnfinished(RuntimeError):
    """A draft was taken for a migration before a person had finished it."""


def read(migration: str, store: str) -> list[str]:
    """Return the statements of a migration in a store, in order; none if it has none there.

    Raises:
        MigrationUnfinished: If it holds what the draft could not do.
    """
    file = _file(migration, store)
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith(CANNOT):
            raise MigrationUnfinished(f"{file.name} is unfinished: {line.removeprefix('-- ')}")
    return split(text)


def split(text: str) -> list[str]:
    """Return the statements of a migration's text."""
    return text.removesuffix("\n").split(_BETWEEN)


def text(statements: Sequence[str]) -> str:
    """Return statements as the text of a migration."""
    return _BETWEEN.join(statements) + "\n"


def write(migration: str, store: str, statements: Sequence[str]) -> None:
    """Keep the statements of a migration that is not released yet.

    Raises:
        ValueError: If a statement could not be told from two.
    """
    if not statements or any(_BETWEEN in each or not each.strip() for each in statements):
        raise ValueError(f"{migration} for {store}: a statement is empty, or looks like two")
    _file(migration, store).write_text(text(statements), encoding="utf-8")


def _file(migration: str, store: str) -> Path:
    return HERE / f"{migration}_{store}.sql"
