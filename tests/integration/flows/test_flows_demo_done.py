"""When a demo is over: when both stores have all rows, and none waits on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config import settings
from embedded.home import open_home
from flows.context import System
from flows.demo.progress import Watch
from schema.keys import results
from sinks.spool import Spool
from tests.migrated import duckdb_into

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from tests.servers import ClickHouseServer


def test_a_demo_waits_for_rows_in_streams_and_in_spools(
    migrated_clickhouse: ClickHouseServer, redis_client: redis.Redis, tmp_path: Path
) -> None:
    environment = {"TRADECAST__CLICKHOUSE__URL": migrated_clickhouse.url}
    home = open_home(tmp_path / "home")
    duckdb_into(home.duckdb_dir)
    watch = Watch(
        System(home, settings.load(None, home.path, environment)), redis_client, 0, show=False
    )
    assert watch.done(0)
    assert not watch.done(1), "an alert has no outcome yet"
    spool = Spool(home.spool_dir / "clickhouse", 1 << 20)
    spool.append({}, {})
    assert not watch.done(0)
    spool.drop_first()
    assert watch.done(0)
    redis_client.xadd(results(1), {"x": 1})
    assert not watch.done(0)
