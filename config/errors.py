"""What is wrong with a file of the user: all of it at once, one clear line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence


class ConfigError(Rejected):
    """A file that cannot be used as it stands; `problems` has one line for each thing to fix."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class SettingsError(ConfigError):
    """The settings of the process."""


class WorldError(ConfigError):
    """The trading configuration of `tradecast apply`."""
