"""Which tests run in one process, one behind the other; see the hook in `conftest`.

Marks of groups are not used: with this pytest, pytest-xdist does not see them.
"""

from __future__ import annotations

from xdist.scheduler.loadscope import LoadScopeScheduling


class ByServers(LoadScopeScheduling):
    """Whole systems do not run beside each other; tests of a module that share servers stay together."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        for together in ("tests/acceptance/", "tests/integration/schema/"):
            if module.startswith(together):
                return together
        return module if module.startswith("tests/integration/") else nodeid
