"""The whole system on a Redis Cluster of three nodes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from flows.demo.check import check
from schema.ids import PARTITIONS
from schema.keys import decisions
from tests.acceptance import plain_world
from tests.acceptance.running_demo import RunningDemo
from tests.cluster import Cluster

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)


def test_a_demo_of_everything_on_a_cluster(tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster") as cluster:
        environment = {
            "TRADECAST__REDIS__URL": cluster.url,
            "TRADECAST__REDIS__CLUSTER": "true",
            "TRADECAST__TRADE__SHARDS": "2",
        }
        given = ["--signals", "300", "--accounts", "40", "--seconds", "20"]
        with RunningDemo(tmp_path, given, environment) as demo:
            demo.wait_sending()
            result = demo.wait_end()
        with cluster.client() as client:
            nodes = {client.get_node_from_key(decisions(p)).name for p in range(PARTITIONS)}
    assert len(nodes) == 3, "the partitions lie on all nodes"
    assert result["code"] == 0, demo.errors()
    books = [path / "terminal" for path in demo.home.joinpath("executors").iterdir()]
    assert check(demo.home / "sent.ndjson", books).ok


def test_a_node_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    file, replay = tmp_path / "plain.toml", tmp_path / "alerts.ndjson"
    file.write_text(plain_world.world(30), encoding="utf-8")
    replay.write_text(plain_world.alerts(seed=5, seconds=20), encoding="utf-8")
    with Cluster(tmp_path / "cluster") as cluster:
        environment = {"TRADECAST__REDIS__URL": cluster.url, "TRADECAST__REDIS__CLUSTER": "true"}
        given = ["--world", str(file), "--alerts", str(replay), "--seconds", "20"]
        with RunningDemo(tmp_path, given, environment) as demo:
            demo.wait_sending()
            for node in cluster.nodes[1:]:
                pid = node.pid
                assert pid
                os.kill(pid, signal.SIGKILL)
                node.stop()
                node.start()
                node.wait_ready()
            result = demo.wait_end()
        assert result["code"] == 0, demo.errors()
        assert result["duplicates"] == 0
        plain_world.check(demo.system, demo.home)
