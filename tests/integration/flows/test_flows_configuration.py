"""The versions of the configuration, from the control store to ClickHouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import settings, world
from embedded.home import open_home
from flows import configuration
from flows.context import System
from sinks.clickhouse import WriteFailed

if TYPE_CHECKING:
    from tests.servers import ClickHouseServer

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "world.toml"
DATABASE = "default"


def system(home: Path, url: str) -> System:
    environment = {"TRADECAST__CLICKHOUSE__URL": url, "TRADECAST__CLICKHOUSE__DATABASE": DATABASE}
    return System(open_home(home), settings.load(None, home, environment))


def test_what_clickhouse_missed_is_told_later_and_once(
    migrated_clickhouse: ClickHouseServer, tmp_path: Path
) -> None:
    away = system(tmp_path, "http://default:x@127.0.0.1:1")
    made = world.read(EXAMPLE)
    configuration.apply_world(away, made, "while ClickHouse is down")
    with pytest.raises(WriteFailed):
        configuration.record_versions(away)
    there = system(tmp_path, migrated_clickhouse.url)
    with migrated_clickhouse.client() as client:
        for _ in range(2):
            configuration.record_versions(there)
        for name, rows in (("accounts", made.accounts), ("subscriptions", made.subscriptions)):
            found = client.query(
                f"SELECT count(), uniq(config_version) FROM {DATABASE}.{name}_versions"
            )
            assert tuple(found.result_rows[0]) == (len(rows), 1)
