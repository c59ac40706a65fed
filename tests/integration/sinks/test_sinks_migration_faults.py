"""A migration that is killed half-way is run again, and completes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.faults import VARIABLE
from schema.migrations import MIGRATIONS
from sinks.clickhouse import ClickHouseWriter, DatabaseTooNew, migrate
from sinks.duckdb.database import Database, Limits
from tests.servers import ClickHouseServer

DUCKDB = (
    "from pathlib import Path; from sinks.duckdb.database import Database, Limits;"
    " Database(Path({!r}), Limits())"
)
CLICKHOUSE = "from sinks.clickhouse import ClickHouseWriter; ClickHouseWriter({!r}).positions()"
# In the first migration, in the second, and between them.
FAULTS = (
    "migrate.statement=kill",
    "migrate.statement=kill@9",
    "migrate.statement=kill@70",
    "migrate.record=kill",
)


def killed(program: str, fault: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", program], env={VARIABLE: fault}, capture_output=True, check=False
    )
    return done.returncode == -signal.SIGKILL


def test_duckdb(tmp_path: Path) -> None:
    for fault in FAULTS:
        assert killed(DUCKDB.format(str(tmp_path)), fault)
    with Database(tmp_path, Limits()) as database:
        made = database.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert {"orders_versions", "accounts", "schema_migrations"} <= {name for (name,) in made}


@pytest.mark.parametrize("fault", FAULTS)
def test_clickhouse(tmp_path: Path, fault: str) -> None:
    with ClickHouseServer(tmp_path) as server:
        url = f"http://{server.user}:{server.password}@{server.host}:{server.port}/default"
        url = url.replace(" ", "%20")
        assert killed(CLICKHOUSE.format(url), fault)
        writer = ClickHouseWriter(url)
        assert writer.positions() == {}
        writer.close()
        with server.client() as client:
            assert client.command("SELECT count() FROM orders") == 0
            assert client.command("SELECT count() FROM schema_migrations FINAL") == len(MIGRATIONS)


def test_clickhouse_of_a_newer_release_is_refused(clickhouse: ClickHouseServer) -> None:
    with clickhouse.client() as client:
        client.command("CREATE DATABASE of_tomorrow")
        client.database = "of_tomorrow"
        try:
            migrate(client)
            before = client.command(
                "SELECT count() FROM system.tables WHERE database = 'of_tomorrow'"
            )
            client.command(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
                " VALUES ('9999', 'of tomorrow', 'x', now64(6))"
            )
            with pytest.raises(DatabaseTooNew, match="clickhouse has migration 9999"):
                migrate(client)
            writer = ClickHouseWriter(f"{clickhouse.url}/of_tomorrow")
            with pytest.raises(DatabaseTooNew, match="use a newer release"):
                writer.positions()
            writer.close()
            # One that this release knows by the same number, and not by the same statements.
            client.command("ALTER TABLE schema_migrations DELETE WHERE version = '9999'"
                           " SETTINGS mutations_sync = 2")  # fmt: skip
            client.command(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
                " VALUES ('0001', 'everything', 'another', now64(6) + INTERVAL 1 DAY)"
            )
            with pytest.raises(DatabaseTooNew, match="another migration 0001"):
                migrate(client)
            after = client.command(
                "SELECT count() FROM system.tables WHERE database = 'of_tomorrow'"
            )
            assert before == after
        finally:
            client.command("DROP DATABASE of_tomorrow")
