"""The whole system on a Redis Cluster of three nodes, each process of it killed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from flows.demo.check import check
from schema.ids import PARTITIONS
from schema.keys import decisions
from tests.acceptance.running_demo import RunningDemo
from tests.acceptance.test_acceptance_kills import audit, kill_each
from tests.cluster import Cluster

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)


def kill_nodes(cluster: Cluster) -> None:
    """Kill two of the nodes, one after the other, and start them again."""
    for node in cluster.nodes[1:]:
        pid = node.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        node.stop()
        node.start()
        node.wait_ready()
    cluster.wait_whole()


def test_a_demo_of_everything_on_a_cluster_survives_kills(tmp_path: Path) -> None:
    """Targets, reverses, pending orders, refusals and every kind of bad alert, for two shards."""
    with Cluster(tmp_path / "cluster") as cluster:
        environment = {
            "TRADECAST__REDIS__URL": cluster.url,
            "TRADECAST__REDIS__CLUSTER": "true",
            "TRADECAST__TRADE__SHARDS": "2",
        }
        given = ["--signals", "400", "--accounts", "40", "--seconds", "24"]
        with RunningDemo(tmp_path, given, environment) as demo:
            demo.wait_sending()
            kill_nodes(cluster)
            kill_each(demo, spared=["valkey"])
            result = demo.wait_end()
        with cluster.client() as client:
            nodes = {client.get_node_from_key(decisions(p)).name for p in range(PARTITIONS)}
    assert len(nodes) == 3, "the partitions lie on all nodes"
    assert result["code"] == 0, demo.errors()
    assert result["unaccounted"] == 0
    assert result["duplicates"] == 0
    assert sum(result["signals"][name] for name in ("accepted", "rejected", "resent")) == 400
    audit(demo.home)
    books = [path / "terminal" for path in demo.home.joinpath("executors").iterdir()]
    assert check(demo.home / "sent.ndjson", books).ok
