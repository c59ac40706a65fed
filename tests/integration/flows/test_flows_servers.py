"""The embedded servers as `up` starts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.settings import Settings
from embedded.errors import Busy
from embedded.home import open_home
from embedded.lock import DirectoryLock
from embedded.server import make_private
from flows import servers
from flows.context import CLICKHOUSE, VALKEY, System
from flows.supervisor import Supervisor
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop((0,))


def start(system: System, supervisor: Supervisor) -> dict[str, int]:
    return servers.start(system, supervisor, 0, lambda: False, patience=0.2)


def test_only_redis_keeps_a_system_from_starting(tmp_path: Path, supervisor: Supervisor) -> None:
    home = open_home(tmp_path / "home")
    system = System(home, Settings())
    for directory in (home.valkey_dir, home.clickhouse_dir):
        make_private(directory)
    with DirectoryLock(home.clickhouse_dir):
        with DirectoryLock(home.valkey_dir), pytest.raises(Busy, match="valkey is in use"):
            start(system, supervisor)
        ports = start(system, supervisor)
    assert supervisor.parts[VALKEY].pid is not None
    late = supervisor.parts[CLICKHOUSE]
    assert (late.pid, "in use by process" in late.error) == (None, True)

    def runs() -> bool:
        supervisor.tick()
        return late.pid is not None

    eventually(runs, what="ClickHouse, when its data are let go")
    assert system.remembered_ports() == ports
