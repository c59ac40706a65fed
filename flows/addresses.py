"""Where the parts of a running system are: for whoever connects, and for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from embedded.ports import LOOPBACK, reached_at
from flows.context import CLICKHOUSE, UP, VALKEY, System, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METRICS = "metrics"


def of(system: System, ports: Mapping[str, int]) -> dict[str, Any]:
    """Return where the servers are; passwords only as files.

    Args:
        system: whose.
        ports: of its embedded servers, by name.
    """
    home, settings = system.home, system.settings
    addresses: dict[str, Any] = {}
    for name, url in (("redis", settings.redis.url), ("clickhouse", settings.clickhouse.url)):
        if url:
            parts = urlsplit(url)
            addresses[name] = {"url": f"{parts.scheme}://{parts.hostname}:{parts.port}"}
    if "redis" not in addresses:
        addresses["redis"] = {
            "url": f"redis://{LOOPBACK}:{ports[VALKEY]}/0",
            "password_file": str(home.password_file(VALKEY)),
        }
    if "clickhouse" not in addresses:
        addresses["clickhouse"] = {
            "url": f"http://{reached_at(settings.clickhouse.host)}:{ports[CLICKHOUSE]}/",
            "user": "default",
            "password_file": str(home.password_file(CLICKHOUSE)),
        }
    addresses["duckdb"] = {"socket": str(system.duckdb_socket)}
    if METRICS in ports:
        addresses[METRICS] = {"url": f"http://{LOOPBACK}:{ports[METRICS]}/metrics"}
    return addresses


def metrics_ports(system: System, ports: Mapping[str, int], parts: Sequence[str]) -> dict[str, int]:
    """Return the ports at which the processes of this machine tell their metrics, by name.

    Args:
        system: whose.
        ports: of the supervisor and the embedded servers.
        parts: names of the flows' processes.
    """
    found = {UP: ports[METRICS]}
    for name in parts:
        facts = read_json(system.home.run_dir / f"{name}.json")
        if facts is not None and facts.get("metrics_port"):
            found[name] = int(facts["metrics_port"])
    if CLICKHOUSE in ports:
        found[CLICKHOUSE] = ports[CLICKHOUSE]
    return found
