"""The ClickHouse endpoint, beside the engine in a process without HTTP."""

from __future__ import annotations

import base64
import http.client
import multiprocessing
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Row, milliseconds, p50, p99, seconds_of
from benchmarks.servers import scratch
from embedded.clickhouse.process import ClickHouse

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "endpoint"
_PASSWORD = "benchmark"
_HEADERS = {"Authorization": "Basic " + base64.b64encode(f"default:{_PASSWORD}".encode()).decode()}
_ASKED = 500
_STREAMED = 40_000_000
_RESULT = "SELECT number FROM numbers({}) FORMAT Native"
_INSERTED = 4_000_000
_MB = 1_000_000


def run() -> Iterator[Row]:
    """Measure a short query, a long result, three of them, and an insert."""
    with (
        scratch() as directory,
        ClickHouse(directory, password=_PASSWORD, die_with_parent=True) as server,
    ):
        bare = _in_process()
        yield _short(server, bare)
        yield _stream(server, bare)
        yield _three(server)
        yield _insert(server, bare)


def _in_process() -> dict[str, Any]:
    """The same with chdb itself, in a fresh process, as two engines do not fit into one."""
    context = multiprocessing.get_context("spawn")
    with scratch() as directory, context.Pool(1) as pool:
        done: dict[str, Any] = pool.apply(measure_chdb, (str(directory),))
        return done


def measure_chdb(directory: str) -> dict[str, Any]:
    """Short queries, one long result and one insert, on one connection."""
    from chdb.state.sqlitelike import Connection  # noqa: PLC0415 - loads the engine

    connection = Connection(f"{directory}/data")
    short = seconds_of(lambda: connection.query("SELECT 1", "TabSeparated").bytes(), _ASKED, 20)

    def stream() -> int:
        size, result = 0, connection.send_query(_RESULT.format(_STREAMED), "Native")
        while (block := result.fetch()) is not None:
            size += len(block.bytes())
        return size

    size = stream()
    connection.query("CREATE TABLE i (n UInt64) ENGINE = MergeTree ORDER BY n", "Null")

    def insert() -> None:
        inserter = connection.send_insert("INSERT INTO i", "RowBinary")
        for piece in _rows():
            inserter.append(piece)
        inserter.finish()

    return {
        "short": short,
        "stream": size / p50(seconds_of(stream, 3, 0)),
        "insert": p50(seconds_of(insert, 3)),
    }


def _rows() -> Iterator[bytes]:
    piece = b"".join(n.to_bytes(8, "little") for n in range(_INSERTED // 40))
    for _ in range(40):
        yield piece


def _short(server: ClickHouse, bare: dict[str, Any]) -> Row:
    connection = http.client.HTTPConnection(server.host, server.port)

    def ask() -> None:
        connection.request("POST", "/", "SELECT 1", _HEADERS)
        assert connection.getresponse().read() == b"1\n"

    took = seconds_of(ask, _ASKED, 20)
    connection.close()
    return Row(
        group=NAME,
        what="SELECT 1 over HTTP, p50 / p99",
        value=milliseconds(p50(took), p99(took)),
        target="p50 <= 2 ms",
        held=p50(took) <= 0.002,
        ratio=f"{p50(took) / p50(bare['short']):.1f}x",
        against=f"chdb in process, {milliseconds(p50(bare['short']), p99(bare['short']))}",
    )


def _read(server: ClickHouse) -> int:
    connection = http.client.HTTPConnection(server.host, server.port)
    connection.request("POST", "/", _RESULT.format(_STREAMED), _HEADERS)
    response = connection.getresponse()
    size, into = 0, memoryview(bytearray(1 << 20))
    while read := response.readinto(into):
        size += read
    connection.close()
    return size


def _stream(server: ClickHouse, bare: dict[str, Any]) -> Row:
    size = _read(server)
    speed = size / p50(seconds_of(lambda: _read(server), 3, 0))
    return Row(
        group=NAME,
        what=f"one streamed result of {size / _MB:.0f} MB, Native",
        value=f"{speed / _MB:.0f} MB/s",
        target=">= 300 MB/s",
        held=speed >= 300 * _MB,
        ratio=f"{speed / bare['stream']:.2f}",
        against=f"chdb in process, {bare['stream'] / _MB:.0f} MB/s",
    )


def _memory(server: ClickHouse) -> int:
    """Bytes of the process's own; the engine's code is shared."""
    status = Path(f"/proc/{server.pid}/smaps_rollup").read_text()
    return int(status.split("\nAnonymous:")[1].split()[0]) << 10


def _three(server: ClickHouse) -> Row:
    before = most = _memory(server)
    threads = [threading.Thread(target=_read, args=(server,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most = max(most, _memory(server))
        time.sleep(0.02)
    grown = most - before
    return Row(
        group=NAME,
        what="memory for three streamed results at once",
        value=f"+{grown / _MB:.0f} MB",
        target="<= +100 MB",
        held=grown <= 100 * _MB,
        ratio="",
        against=f"{before / _MB:.0f} MB before",
    )


def _insert(server: ClickHouse, bare: dict[str, Any]) -> Row:
    def send(body: Any, **headers: str) -> None:
        connection = http.client.HTTPConnection(server.host, server.port)
        connection.request("POST", "/", body, {**_HEADERS, **headers})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        connection.close()

    send("CREATE TABLE i (n UInt64) ENGINE = MergeTree ORDER BY n")

    def body() -> Iterator[bytes]:
        yield b"INSERT INTO i FORMAT RowBinary\n"
        yield from _rows()

    took = p50(seconds_of(lambda: send(body()), 3))
    return Row(
        group=NAME,
        what=f"one insert of {_INSERTED:,} rows, RowBinary",
        value=f"{milliseconds(took)}, {_INSERTED / took / _MB:.1f} M rows/s",
        ratio=f"{bare['insert'] / took:.2f}",
        against=f"chdb in process, {milliseconds(bare['insert'])}",
    )
