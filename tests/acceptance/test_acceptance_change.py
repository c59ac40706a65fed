"""A world is applied, traded and changed; its executors begin anew and trade on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from embedded.home import open_home
from tests.acceptance.running_system import EXAMPLE, rows, running, trade, tradecast

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("acceptance")]

QUIET = {"TRADECAST__METRICS__ENABLED": "false", "TRADECAST__LOG__LEVEL": "warning"}


def test_a_broker_is_changed_while_it_trades(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True).path
    left = home / "spool" / "trade-1" / "000000000001.spool"
    left.parent.mkdir()
    left.touch()
    with running(home, **QUIET) as said:
        assert "metrics" not in said
        applied = tradecast(home, "apply", str(EXAMPLE))
        assert applied.returncode == 0, applied.stderr
        trade(home, "buy")
        names = rows(home, "SELECT key FROM strategies ORDER BY key")
        assert [row["key"] for row in names] == ["gold", "london", "night"]
        file = tmp_path / "world.toml"
        file.write_text(EXAMPLE.read_text().replace('name = "Alpha Markets"', 'name = "Alpha Two"'))
        assert tradecast(home, "apply", str(file)).returncode == 0
        versions = rows(
            home, "SELECT name, config_version FROM brokers_versions WHERE key = 'alpha'"
        )
        assert {row["name"]: row["config_version"] for row in versions} == {
            "Alpha Markets": 1,
            "Alpha Two": 2,
        }
        # The executors of that broker have begun anew, and trade on.
        trade(home, "close")
        status = tradecast(home, "status", "--format", "json")
        assert status.returncode == 0, status.stderr
        processes = json.loads(status.stdout)["processes"]
        assert [one["name"] for one in processes if one["metrics_port"]] == []
    assert '"level": "info"' not in (home / "log" / "trade-0.log").read_text()
    log = (tmp_path / "home.out").read_text()
    assert "ended with code" not in log
    assert f"{left.parent} has rows that nobody reads" in log
