"""The embedded servers that the settings ask for, and the ports of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded.clickhouse.process import ClickHouse
from embedded.errors import PortBusy
from embedded.ports import check_port_free, free_port
from embedded.valkey import Valkey
from flows.addresses import METRICS
from flows.context import CLICKHOUSE, VALKEY

if TYPE_CHECKING:
    from embedded.server import Server
    from flows.context import System


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
