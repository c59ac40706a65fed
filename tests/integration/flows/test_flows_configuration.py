"""The versions of the configuration, from the control store to ClickHouse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from config import settings, world
from config.rows import account_id
from embedded.home import open_home
from flows import configuration
from flows.context import System
from rules.errors import Transient
from schema import arrow
from schema.migrations import MIGRATIONS
from schema.registry import table
from sinks.clickhouse import WriteFailed
from sinks.duckdb.changes import Actor
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.files import DuckFiles

if TYPE_CHECKING:
    import redis

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


def test_a_store_of_an_older_release_is_published_when_it_is_of_this_one(
    redis_client: redis.Redis, tmp_path: Path
) -> None:
    """Who starts the system reads before the archive has brought it to this release."""
    where = system(tmp_path, "http://default:x@127.0.0.1:1")
    where.home.duckdb_dir.mkdir(parents=True, exist_ok=True)
    with Database(where.home.duckdb_dir, Limits(), known=MIGRATIONS[:1]):
        pass
    with pytest.raises(Transient, match="cannot be read yet"):
        configuration.publish_stored(where, redis_client)
    with Database(where.home.duckdb_dir, Limits()):
        pass
    assert configuration.publish_stored(where, redis_client) is None


def test_an_account_that_comes_back_has_its_limits(tmp_path: Path) -> None:
    """Also where the file named it no longer by mistake, and for a moment."""
    where = system(tmp_path, "http://default:x@127.0.0.1:1")
    whole = world.read(EXAMPLE)
    key = next(iter(whole.accounts))
    account = account_id(key)
    configuration.apply_world(where, whole, "first")
    limits = '{"max_daily_loss_percent":4.5}'

    def stored() -> dict[str, Any]:
        with DuckFiles(where.home.duckdb_dir, Limits(), write=False) as control:
            query = "SELECT * FROM accounts WHERE account_id = ?"
            (row,) = control.query(query, [str(account)]).read_all().to_pylist()
            return dict(row)

    with DuckFiles(where.home.duckdb_dir, Limits(), write=True) as control:
        version, tables = control.read_control()
        rows = tables["accounts"].to_pylist()
        changed = [
            row | {"risk_limits": limits, "config_version": version + 1}
            for row in rows
            if row["account_id"] == account.bytes
        ]
        which = table("accounts")
        batch = arrow.batch(which, {n: [row[n] for row in changed] for n in which.names})
        made = {"accounts": pa.Table.from_batches([batch])}
        assert control.change(made, {}, Actor("anna"), whole=True)
    without = replace(
        whole,
        accounts={name: each for name, each in whole.accounts.items() if name != key},
        subscriptions={pair: e for pair, e in whole.subscriptions.items() if pair[1] != key},
        symbol_map={names: each for names, each in whole.symbol_map.items() if names[1] != key},
    )
    configuration.apply_world(where, without, "without it")
    assert stored()["deleted_at"] is not None
    configuration.apply_world(where, whole, "with it")
    found = stored()
    assert (found["deleted_at"], found["risk_limits"]) == (None, limits)
