"""A migration that is killed half-way is run again, and completes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.faults import VARIABLE
from schema.migrations import MIGRATIONS
from sinks.clickhouse import ClickHouseWriter
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
