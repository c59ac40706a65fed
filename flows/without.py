"""Modules that a process does without although they are installed."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


class Without(MetaPathFinder):
    """Lets the import of some modules fail as if they were not installed.

    Args:
        names: of packages that nothing has imported yet.
    """

    def __init__(self, *names: str) -> None:
        self._names = frozenset(names)

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Refuse what is done without, and know nothing of all else.

        Raises:
            ModuleNotFoundError: If it is one of the modules.
        """
        if fullname in self._names:
            raise ModuleNotFoundError(f"{fullname} is not used here", name=fullname)

    def install(self) -> None:
        """Be asked before all other finders, as long as the process lives."""
        sys.meta_path.insert(0, self)
