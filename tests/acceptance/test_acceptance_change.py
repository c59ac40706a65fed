"""A world is applied, traded and changed; its executors begin anew and trade on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.running_system import EXAMPLE, rows, running, trade, tradecast

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("acceptance")]


def test_a_broker_is_changed_while_it_trades(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home):
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
    assert "ended with code" not in (tmp_path / "home.out").read_text()
