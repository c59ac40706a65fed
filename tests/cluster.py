"""A Redis Cluster of three embedded Valkeys, for the tests."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import redis
from typing_extensions import override

from embedded.ports import LOOPBACK, free_port
from embedded.valkey import Valkey
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

SLOTS = 16384
_NODES = 3


class Node(Valkey):
    """A Valkey in cluster mode."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, password="cluster", die_with_parent=True)
        # Without it the bus is 10,000 above the port, whoever listens there.
        self.bus = free_port()

    @override
    def _settings(self) -> str:
        own = f"cluster-enabled yes\ncluster-node-timeout 5000\ncluster-port {self.bus}\n"
        return super()._settings() + own

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=self.password)


class Cluster:
    """Three nodes that share the slots.

    Args:
        directory: takes their data.
    """

    def __init__(self, directory: Path) -> None:
        self.nodes: list[Node] = []
        self._directory = directory
        self._stack = ExitStack()

    @property
    def url(self) -> str:
        """Of a node."""
        return self.nodes[0].url

    def client(self) -> redis.RedisCluster:
        return redis.RedisCluster.from_url(self.url)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for number in range(_NODES):
                # Its ports are chosen when it starts: until then anybody may take them.
                node = stack.enter_context(Node(self._directory / f"node-{number}"))
                self.nodes.append(node)
                first, last = number * SLOTS // _NODES, (number + 1) * SLOTS // _NODES - 1
                with node.client() as client:
                    client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            for other in self.nodes[1:]:
                with self.nodes[0].client() as client:
                    client.execute_command("CLUSTER", "MEET", LOOPBACK, other.port, other.bus)
            self.wait_whole()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def wait_whole(self) -> None:
        """Wait until every node knows all others, and takes commands."""
        for node in self.nodes:
            eventually(lambda node=node: self._agrees(node), 30, what="the cluster is whole")

    def _agrees(self, node: Node) -> bool:
        with node.client() as client:
            text = client.execute_command("CLUSTER", "INFO", NEVER_DECODE=True).decode()
        info = dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)
        return info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(_NODES)
