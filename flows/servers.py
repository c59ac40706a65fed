"""The embedded servers that the settings ask for, and the ports of this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedded.clickhouse.process import ClickHouse
from embedded.errors import PortBusy
from embedded.lock import holder
from embedded.ports import check_port_free, free_port
from embedded.valkey import Valkey
from flows.addresses import METRICS
from flows.context import CLICKHOUSE, VALKEY
from flows.parts import ServerPart
from flows.process import say, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.server import Server
    from flows.context import System
    from flows.supervisor import Supervisor


# Its data are read meanwhile, or the machine is busy.
_START_SECONDS = 30.0
# What is left of a system that was killed ends by itself, and writes its last pages before.
_END_SECONDS = 15.0
_POLL_SECONDS = 0.1


def start(
    system: System,
    supervisor: Supervisor,
    stage: int,
    stopped: Callable[[], bool],
    patience: float = _END_SECONDS,
) -> dict[str, int]:
    """Start the servers, and wait for the one that trading needs.

    Args:
        system: whose.
        supervisor: keeps them running from now on.
        stage: of the supervisor, for them.
        stopped: whether to wait no longer.
        patience: seconds that those of a system before this one have to end.

    Returns:
        Their ports, and that of metrics, by name.

    Raises:
        Busy: another process has the data of Redis, and keeps them.
        PortBusy: a port of the settings is taken.
        ServerFailed: Redis does not come up.
    """
    _wait_for_the_last(system, stopped, time.monotonic() + patience)
    ports = choose_ports(system)
    made = embedded(system, ports)
    for server in made:
        if server.name == VALKEY:
            # Before it is kept running: what is wrong at the start is for the user to mend.
            server.start()
        supervisor.add(ServerPart(server, stage))
    for server in made:
        if server.name == VALKEY:
            server.wait_ready(_START_SECONDS, stopped)
    write_json(system.ports_file, ports)
    return ports


def comes_up(
    part: ServerPart, watch: Callable[[Callable[[], bool]], None], stopped: Callable[[], bool]
) -> bool:
    """Wait until a server answers, while all that runs is watched.

    Args:
        part: the server.
        watch: looks after what runs until a condition holds.
        stopped: whether to wait no longer.

    Returns:
        False if it has ended once, or takes too long.
    """
    until = time.monotonic() + _START_SECONDS
    answered = False

    def over() -> bool:
        nonlocal answered
        answered = part.server.ready()
        return answered or bool(part.restarts) or time.monotonic() > until or stopped()

    watch(over)
    return answered or stopped()


def choose_ports(system: System) -> dict[str, int]:
    """Return a port for each embedded server, and for metrics, by name.

    It is the port of the settings, else the one it had before, else a free one.

    Raises:
        PortBusy: a port of the settings is taken.
    """
    settings = system.settings
    wanted: dict[str, int] = {}
    if not settings.redis.url:
        wanted[VALKEY] = settings.redis.port
    if not settings.clickhouse.url:
        wanted[CLICKHOUSE] = settings.clickhouse.port
    if settings.metrics.enabled:
        wanted[METRICS] = settings.metrics.port
    before = system.remembered_ports()
    return {name: _port(name, port, before.get(name, 0)) for name, port in wanted.items()}


def _wait_for_the_last(system: System, stopped: Callable[[], bool], until: float) -> None:
    """Wait while the servers of a system that was killed end: they have its ports, and the data."""
    told = False
    for directory in (system.home.valkey_dir, system.home.clickhouse_dir):
        while holder(directory) is not None and time.monotonic() < until and not stopped():
            if not told:
                say("waiting for the servers of the system before this one to end")
                told = True
            time.sleep(_POLL_SECONDS)


def _port(name: str, wanted: int, before: int) -> int:
    port = wanted or before
    try:
        if port:
            check_port_free(port, user=name)
    except PortBusy:
        if wanted:
            raise
        port = 0
    return port or free_port()


def embedded(system: System, ports: dict[str, int]) -> list[Server]:
    """Return the servers that run on this machine; they are not started yet.

    Args:
        system: whose.
        ports: of its servers, by name.
    """
    settings, home = system.settings, system.home
    made: list[Server] = []
    if VALKEY in ports:
        made.append(
            Valkey(
                home.valkey_dir,
                password=home.password(VALKEY),
                port=ports[VALKEY],
                run_dir=home.run_dir,
                log=home.log_dir / "valkey.log",
                fsync="always" if settings.redis.durability == "always" else "everysec",
                maxmemory=settings.redis.maxmemory_mb << 20,
                die_with_parent=True,
            )
        )
    if CLICKHOUSE in ports:
        made.append(
            ClickHouse(
                home.clickhouse_dir,
                password=home.password(CLICKHOUSE),
                host=settings.clickhouse.host,
                port=ports[CLICKHOUSE],
                log=home.log_dir / "clickhouse.log",
                limits={"memory": settings.clickhouse.memory_mb << 20},
                die_with_parent=True,
            )
        )
    return made
