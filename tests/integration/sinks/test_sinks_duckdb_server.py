"""DuckDB's server, files, writer and control tables, with real files and sockets."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from schema import arrow
from schema.ids import make_id
from schema.migrations import MIGRATIONS
from schema.registry import table
from sinks.duckdb.client import DuckClient, open_or_connect
from sinks.duckdb.control import ControlRefused
from sinks.duckdb.database import Database, DatabaseBusy, DatabaseMissing, DatabaseTooNew, Limits
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.frames import LinkBroken, QueryFailed
from sinks.duckdb.server import DuckServer
from sinks.duckdb.writer import DuckWriter, WriteRefused
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENTS = table("system_event_log")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def events(numbers: range, version: int = 1) -> pa.Table:
    rows = arrow.batch(
        EVENTS,
        {
            "event_id": [make_id("event", str(n)).bytes for n in numbers],
            "kind": "test",
            "source": "test",
            "message": [f"event {n} v{version}" for n in numbers],
            "created_at": NOW,
            "version": [version] * len(numbers),
        },
    )
    return pa.Table.from_batches([rows])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path, Limits(256, 2)) as database:
        yield database


@pytest.fixture
def path(database: Database, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "s"
    with DuckServer(database, path):
        yield path


def ask(path: Path, sql: str, params: Any = None) -> list[dict[str, Any]]:
    with DuckClient(path) as client:
        found: list[dict[str, Any]] = client.query(sql, params).read_all().to_pylist()
        return found


def test_rows_and_marks_are_one_transaction(database: Database) -> None:
    writer = DuckWriter(database)
    writer.write({EVENTS.name: events(range(3))}, {"{1}:results": "5-0"})
    assert writer.positions() == {"{1}:results": "5-0"}
    wrong = pa.table({"event_id": [b"short"]})
    with pytest.raises(WriteRefused):
        writer.write(
            {
                "alert_log": events(range(3)).rename_columns([*table("alert_log").names]),
                EVENTS.name: wrong,
            },
            {"{1}:results": "6-0"},
        )
    assert writer.positions() == {"{1}:results": "5-0"}
    assert database.cursor().execute("SELECT count(*) FROM alert_log").fetchall() == [(0,)]


def test_the_newest_version_shows_whatever_came_last(database: Database, path: Path) -> None:
    writer = DuckWriter(database)
    writer.write({EVENTS.name: events(range(2), version=9)}, {"{1}:results": "5-0"})
    writer.write({EVENTS.name: events(range(2), version=3)}, {"{1}:results": "6-0"})
    query = "SELECT message, version FROM system_event_log ORDER BY message"
    assert ask(path, query) == [
        {"message": "event 0 v9", "version": 9},
        {"message": "event 1 v9", "version": 9},
    ]


def test_parameters_and_several_queries_on_one_connection(path: Path) -> None:
    with DuckClient(path) as client:
        for number in range(3):
            assert client.query("SELECT ? + 1 AS n", [number]).read_all().to_pylist() == [
                {"n": number + 1}
            ]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO stream_marks VALUES ('a', '1-0', now())",
        "WITH x AS (DELETE FROM archive.stream_marks RETURNING *) SELECT * FROM x",
        "DROP VIEW orders",
        "ATTACH 'other.duckdb'",
        "COPY (SELECT 1) TO 'out.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "FROM '/etc/passwd'",
        "INSTALL httpfs",
        "SET memory_limit = '1GB'",
        "CALL force_checkpoint()",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_readers_may_only_read_tables(path: Path, sql: str) -> None:
    with DuckClient(path) as client:
        with pytest.raises(QueryFailed):
            client.query(sql)
        # The connection goes on.
        assert client.query("SELECT 1 AS one").read_all().to_pylist() == [{"one": 1}]


def test_an_error_while_rows_are_computed_reaches_the_reader(path: Path) -> None:
    sql = "SELECT CASE WHEN i = 3000000 THEN error('late') ELSE 'x' END FROM range(4000000) r(i)"
    with DuckClient(path) as client, pytest.raises(QueryFailed, match="late"):
        client.query(sql).read_all()


def test_a_reader_that_stops_reading_does_not_stop_the_writer(
    database: Database, path: Path
) -> None:
    writer = DuckWriter(database)
    writer.write({EVENTS.name: events(range(1000))}, {"{1}:results": "1-0"})
    large = {EVENTS.name: events(range(20_000))}
    with DuckClient(path) as client:
        rows = client.query("SELECT e.* FROM system_event_log e, range(10000)")
        rows.read_next_batch()
        for number in range(2, 12):
            # More than the log's limit together, so that DuckDB wants to checkpoint.
            writer.write(large, {"{1}:results": f"{number}-0"})
        assert ask(path, "SELECT position FROM archive.stream_marks") == [{"position": "11-0"}]


def test_a_query_ends_when_its_reader_goes(path: Path) -> None:
    forever = (
        "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range + b.range = -1"
    )
    before = threading.active_count()
    client = DuckClient(path)

    def ask_forever() -> None:
        with pytest.raises(LinkBroken):
            client.query(forever)

    asking = threading.Thread(target=ask_forever)
    asking.start()
    eventually(lambda: threading.active_count() >= before + 3, what="the query runs")
    client._link.shutdown(2)
    asking.join()
    client.close()
    eventually(lambda: threading.active_count() <= before, what="the query ends")


def test_the_files_serve_readers_while_nobody_owns_them(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing):
        open_or_connect(tmp_path / "s", tmp_path)
    with Database(tmp_path, Limits(256, 2)) as database:
        DuckWriter(database).write({EVENTS.name: events(range(4))}, {"{1}:results": "1-0"})
    with open_or_connect(tmp_path / "s", tmp_path) as reader:
        assert isinstance(reader, DuckFiles)
        found = reader.query("SELECT count(*) AS n FROM system_event_log").read_all()
        assert found.to_pylist() == [{"n": 4}]
        with pytest.raises(QueryFailed):
            reader.query("DELETE FROM stream_marks")


def test_the_server_is_used_while_it_runs(path: Path, tmp_path: Path) -> None:
    with open_or_connect(path, tmp_path) as reader:
        assert isinstance(reader, DuckClient)
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    with Database(tmp_path, Limits(256, 2)) as database:
        database.cursor().execute(
            "INSERT INTO archive.schema_migrations VALUES ('9999', 'later', 'x', now())"
        )
    with pytest.raises(DatabaseTooNew, match="newer release"):
        Database(tmp_path, Limits(256, 2))
    with duckdb.connect(str(tmp_path / "archive.duckdb"), read_only=True) as untouched:
        assert untouched.execute("SELECT count(*) FROM schema_migrations").fetchall() == [
            (len(MIGRATIONS) + 1,)
        ]


def brokers(version: int, *names: str, deleted: bool = False) -> pa.Table:
    rows = arrow.batch(
        table("brokers"),
        {
            "broker_id": [make_id("broker", name).bytes for name in names],
            "key": list(names),
            "name": list(names),
            "config_version": [version] * len(names),
            "created_at": NOW,
            "updated_at": NOW,
            "deleted_at": NOW if deleted else None,
        },
    )
    return pa.Table.from_batches([rows])


def test_the_configuration_rises_by_one_version_a_write(path: Path) -> None:
    with DuckClient(path) as client:
        assert client.read_control()[0] == 0
        assert client.write_control({"brokers": brokers(1, "a", "b")}, "first") == 1
        assert client.write_control({"brokers": brokers(2, "b", deleted=True)}, "second") == 2
        version, tables = client.read_control()
        assert version == 2
        assert tables["brokers"].equals(brokers(1, "a"))
        with pytest.raises(QueryFailed, match="somebody else"):
            client.write_control({"brokers": brokers(2, "c")}, "late")
        with pytest.raises(QueryFailed, match="no table of the configuration"):
            client.write_control({"orders": brokers(3, "c")}, "wrong")
        assert client.read_control()[0] == 2
        assert client.query("SELECT key FROM brokers ORDER BY key").read_all().num_rows == 2


def test_the_configuration_is_written_without_a_server(tmp_path: Path) -> None:
    with open_or_connect(tmp_path / "s", tmp_path, write=True) as reader:
        assert reader.write_control({"brokers": brokers(1, "a")}, "first") == 1
        with pytest.raises(ControlRefused):
            reader.write_control({"brokers": brokers(7, "b")}, "wrong")
    with open_or_connect(tmp_path / "s", tmp_path) as reader:
        assert reader.read_control()[0] == 1


_ABOUT_TO_SERVE = """
import sys
from pathlib import Path
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.server import DuckServer
home = Path(sys.argv[1])
with Database(home, Limits(64, 1)) as database:
    print("held", flush=True)
    sys.stdin.readline()
    with DuckServer(database, home / "s"):
        print("serves", flush=True)
        sys.stdin.readline()
"""


def test_an_archive_that_is_about_to_serve_is_waited_for(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ABOUT_TO_SERVE, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as archive:
        assert archive.stdin is not None
        assert archive.stdout is not None
        assert archive.stdout.readline() == "held\n"
        with pytest.raises(DatabaseBusy):
            open_or_connect(tmp_path / "s", tmp_path, wait=0.0)
        found: list[str] = []

        def connect() -> None:
            with open_or_connect(tmp_path / "s", tmp_path, wait=20.0) as reader:
                found.append(type(reader).__name__)

        waiting = threading.Thread(target=connect)
        waiting.start()
        archive.stdin.write("\n")
        waiting.join(20)
        archive.stdin.write("\n")
        archive.stdin.close()
    assert found == ["DuckClient"]
