"""The list of mutants."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("mutants.toml")


@dataclass(frozen=True)
class Mutant:
    """One deliberate break.

    Attributes:
        law: number of the law that it breaks, or the promise: `audit` or `isolation`.
        name: what it does.
        file: path of the file that it changes.
        before: text that stands there once.
        after: what takes its place.
        tests: that must fail.
    """

    law: int | str
    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """Return a file's text with the break in it.

        Raises:
            ValueError: the text does not stand there exactly once: the list is out of date.
        """
        if text.count(self.before) != 1:
            raise ValueError(f"{self.file} has {self.before!r} {text.count(self.before)} times")
        return text.replace(self.before, self.after)


def read() -> list[Mutant]:
    """Return all mutants, by law."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["mutants"]
    mutants = [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]
    return sorted(mutants, key=lambda one: str(one.law))
