"""The endpoint's process: start, locks, kill -9, shutdown."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

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


def test_sigterm_lets_a_query_end(own: ClickHouseServer) -> None:
    answers: list[object] = []

    def ask() -> None:
        with own.client() as client:
            answers.append(client.query("SELECT sleepEachRow(1), 7 FROM numbers(2)").result_rows)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: running(own), what="the query's start")
    assert own.pid is not None
    started = time.monotonic()
    os.kill(own.pid, signal.SIGTERM)
    asking.join(10)
    own.stop()
    assert answers == [[(0, 7), (0, 7)]]
    assert time.monotonic() - started < 5
    assert own.returncode == 0


def test_sigterm_ends_a_query_that_goes_on(own: ClickHouseServer) -> None:
    failures: list[Exception] = []

    def ask() -> None:
        with own.client() as client:
            try:
                client.query("SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1")
            except ClickHouseError as error:
                failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: running(own), what="the query's start")
    assert own.pid is not None
    started = time.monotonic()
    os.kill(own.pid, signal.SIGTERM)
    eventually(lambda: not own.running, 10, what="the server's end")
    assert time.monotonic() - started < 5
    assert own.returncode == 0
    asking.join(10)
    assert len(failures) == 1
    own.start()
    own.wait_ready()


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
