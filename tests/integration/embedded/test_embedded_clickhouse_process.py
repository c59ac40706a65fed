"""The endpoint's process: start, locks, kill -9, shutdown."""

from __future__ import annotations

import base64
import http.client
import os
import signal
import threading
from array import array
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from embedded.clickhouse.process import ClickHouse
from embedded.errors import Busy, PortBusy, ServerFailed
from tests.servers import ClickHouseServer, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ClickHouseServer]:
    with ClickHouseServer(tmp_path / "with space & more", password="pass:wörd@/'") as server:
        yield server


def test_password_is_in_no_command_line_and_no_file(own: ClickHouseServer) -> None:
    assert own.pid is not None
    secret = own.password.encode()
    for name in ("cmdline", "environ"):
        assert secret not in Path(f"/proc/{own.pid}/{name}").read_bytes()
    for path in own.directory.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path
    with own.client() as client:
        assert client.command("SELECT 1") == 1


def test_the_process_has_no_libraries_of_frames(own: ClickHouseServer) -> None:
    """Together they take more memory than all else that is not the engine's."""
    with own.client() as client:
        client.command("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
        client.insert_arrow("t", pa.table({"n": pa.array([7], pa.uint64())}))
        assert client.query_arrow("SELECT n FROM t").column("n").to_pylist() == [7]
    loaded = Path(f"/proc/{own.pid}/maps").read_text()
    assert "/chdb/" in loaded
    for library in ("polars", "pyarrow", "numpy"):
        assert f"/{library}" not in loaded


def test_second_opener_gets_one_line(own: ClickHouseServer) -> None:
    second = ClickHouse(own.directory, password="x")
    with pytest.raises(Busy) as caught:
        second.start()
    assert str(caught.value) == (
        f"{own.directory} is in use by process {own.pid}; stop that process, or use another"
        " directory"
    )


def test_busy_port_is_named(own: ClickHouseServer, tmp_path: Path) -> None:
    with pytest.raises(PortBusy, match=f"port {own.port} for clickhouse is in use"):
        ClickHouse(tmp_path / "other", password="x", port=own.port).start()


def test_failure_to_start_has_the_last_words(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "data").write_text("not a directory")
    with pytest.raises(ServerFailed, match=r"ended with code 1: error: cannot create"):
        ClickHouseServer(tmp_path / "c").__enter__()


def test_kill_9_loses_no_acknowledged_row(own: ClickHouseServer) -> None:
    with own.client() as client:
        client.command("CREATE TABLE k (n UInt64) ENGINE = MergeTree ORDER BY n")
    acknowledged: list[int] = []
    enough = threading.Event()

    def insert() -> None:
        with own.client() as client:
            try:
                while True:
                    first = len(acknowledged) * 1000
                    client.insert_arrow("k", pa.table({"n": range(first, first + 1000)}))
                    acknowledged.append(first)
                    if len(acknowledged) > 20:
                        enough.set()
            except ClickHouseError:
                return

    writer = threading.Thread(target=insert)
    writer.start()
    assert enough.wait(30)
    assert own.pid is not None
    os.kill(own.pid, signal.SIGKILL)
    writer.join(30)
    assert not writer.is_alive()
    eventually(lambda: not own.running)
    own.start()
    own.wait_ready()
    with own.client() as client:
        rows, distinct, most = client.query("SELECT count(), uniqExact(n), max(n) FROM k").first_row
    assert rows == distinct == most + 1
    assert len(acknowledged) * 1000 <= rows <= (len(acknowledged) + 1) * 1000


def test_kill_9_within_an_insert_leaves_whole_blocks(own: ClickHouseServer) -> None:
    """A million rows are one block; the same insert again completes what is missing, once."""
    ask = "SELECT count(), uniqExact(n) FROM k"
    with own.client() as client:
        client.command(
            "CREATE TABLE k (n UInt64) ENGINE = MergeTree ORDER BY n"
            " SETTINGS non_replicated_deduplication_window = 100"
        )
    rows, written = 6_000_000, threading.Event()

    def pieces() -> Iterator[bytes]:
        for first in range(0, rows, 100_000):
            yield array("Q", range(first, first + 100_000)).tobytes()
            if first == 3_000_000:
                written.set()
                eventually(lambda: not own.running, 30, what="the kill")

    target = urlencode(
        {
            "query": "INSERT INTO k FORMAT RowBinary",
            "insert_deduplication_token": "one",
            "max_insert_block_size": 1_000_000,
            "min_insert_block_size_rows": 1_000_000,
        }
    )

    def insert(body: Iterator[bytes]) -> int:
        connection = http.client.HTTPConnection(own.host, own.port, timeout=60)
        user = base64.b64encode(f"default:{own.password}".encode()).decode()
        with closing(connection):
            connection.request("POST", f"/?{target}", body, {"Authorization": f"Basic {user}"})
            return connection.getresponse().status

    def kill() -> None:
        assert written.wait(60)
        with own.client() as client:
            eventually(lambda: client.command("SELECT count() FROM k"), 30, what="a block")
        assert own.pid is not None
        os.kill(own.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises((OSError, http.client.HTTPException)):
        insert(pieces())
    killer.join()
    own.start()
    own.wait_ready()
    with own.client() as client:
        found, distinct = client.query(ask).first_row
        assert found == distinct
        assert 0 < found < rows
        assert found % 1_000_000 == 0
        whole = array("Q", range(rows)).tobytes()
        assert insert(whole[at : at + 800_000] for at in range(0, len(whole), 800_000)) == 200
        assert client.query(ask).first_row == (rows, rows)


def test_sigterm_lets_a_query_end(tmp_path: Path) -> None:
    answers: list[object] = []
    with ClickHouseServer(tmp_path / "c", grace=60.0) as server:

        def ask() -> None:
            with server.client() as client:
                query = "SELECT sleepEachRow(1), 7 FROM numbers(2)"
                answers.append(client.query(query).result_rows)

        asking = threading.Thread(target=ask)
        asking.start()
        eventually(lambda: running(server), what="the query's start")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGTERM)
        asking.join(60)
        eventually(lambda: not server.running, 60, what="the server's end")
    assert answers == [[(0, 7), (0, 7)]]
    assert server.returncode == 0


def test_sigterm_ends_a_query_that_goes_on(tmp_path: Path) -> None:
    failures: list[Exception] = []
    with ClickHouseServer(tmp_path / "c", grace=0.1) as server:

        def ask() -> None:
            with server.client() as client:
                query = "SELECT sleepEachRow(1) FROM numbers(6000) SETTINGS max_block_size = 1"
                try:
                    client.query(query)
                except ClickHouseError as error:
                    failures.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        eventually(lambda: running(server), what="the query's start")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGTERM)
        eventually(lambda: not server.running, 60, what="the server's end")
        asking.join(60)
        assert server.returncode == 0
        assert len(failures) == 1
        server.start()
        server.wait_ready()


def test_sigterm_does_not_wait_for_a_reader_that_stands_still(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path / "c", grace=0.1) as server:
        connection = http.client.HTTPConnection(server.host, server.port)
        user = base64.b64encode(f"default:{server.password}".encode()).decode()
        query = "SELECT number FROM numbers(10000000000) FORMAT Native"
        with closing(connection):
            connection.request("POST", "/", query, {"Authorization": f"Basic {user}"})
            with connection.getresponse() as response:
                assert response.read(1000)
                assert server.pid is not None
                os.kill(server.pid, signal.SIGTERM)
                eventually(lambda: not server.running, 30, what="the server's end")
        assert server.returncode == 0


def running(server: ClickHouseServer) -> bool:
    with server.client() as client:
        query = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEachRow%'"
        return client.command(query) == 1


def test_wrong_password(own: ClickHouseServer) -> None:
    other = ClickHouseServer(own.directory, password="wrong")
    other.port = own.port
    with pytest.raises((ClickHouseError, OperationalError), match="516"):
        other.client()


def test_idle_memory(own: ClickHouseServer) -> None:
    with own.client() as client:
        client.command("SELECT 1")
    status = Path(f"/proc/{own.pid}/smaps_rollup").read_text()
    pss = int(status.split("\nPss:")[1].split()[0]) // 1024
    assert pss <= 330
