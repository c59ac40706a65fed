"""The verbs of the command line, one module each.

A module has NAME, HELP, DESCRIPTION, EXAMPLES, `add_arguments` and `run`, which returns the exit
code. What takes time to import is imported inside `run`: `tradecast --help` must not wait for it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

FORMATS = ("table", "plain", "json", "csv", "arrow")


class Command(Protocol):
    """What a verb's module has."""

    NAME: str
    HELP: str
    DESCRIPTION: str
    EXAMPLES: str

    @property
    def add_arguments(self) -> Callable[[argparse.ArgumentParser], None]:
        """Declares the verb's arguments."""
        ...

    @property
    def run(self) -> Callable[[argparse.Namespace], int]:
        """Does the work and returns the exit code."""
        ...


def home_path(given: Path | None) -> Path:
    """The home that a command means: `--home`, else $TRADECAST_HOME, else ~/.tradecast."""
    named = given or os.environ.get("TRADECAST_HOME") or "~/.tradecast"
    return Path(named).expanduser().absolute()


def add_where(parser: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    """Declare `--home` and `--config`."""
    group = parser.add_argument_group("where")
    group.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        default=default,
        help="the system's directory (default: $TRADECAST_HOME, else ~/.tradecast)",
    )
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE.toml",
        default=default,
        help="settings of the process (default: tradecast.toml in the home, if it is there);"
        " TRADECAST__SECTION__KEY in the environment overrides them",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Declare `--format`."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="how to write the rows (default: a table on a terminal, plain columns with tabs"
        " elsewhere)",
    )


def add_user(parser: argparse.ArgumentParser) -> None:
    """Declare `--as`."""
    parser.add_argument(
        "--as",
        dest="user",
        metavar="USER",
        help="see the rows of one user alone, named by id, user name or e-mail address",
    )


def positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    """A number above zero, as an argument's type."""

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = -1
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a number above 0, was {text!r}")
        return number

    return parse
