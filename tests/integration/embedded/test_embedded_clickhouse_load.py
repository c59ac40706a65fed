"""Large results, slow and vanished clients, many at once: memory and places stay bounded."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.embedded_http import BASIC, ask, together
from tests.servers import ClickHouseServer, eventually

MB = 1 << 20
# 100 MB in TSV, 80 in Native.
RESULT = "SELECT number AS big FROM numbers({}) FORMAT {}"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """An endpoint whose patience ends soon."""
    directory = tmp_path_factory.mktemp("load")
    with ClickHouseServer(directory, patience=2.0, max_body=64 * MB) as server:
        yield server


def resident(server: ClickHouseServer) -> int:
    """Bytes of memory that the endpoint's process has of its own; the engine's code is shared."""
    status = Path(f"/proc/{server.pid}/smaps_rollup").read_text()
    return int(status.split("\nAnonymous:")[1].split()[0]) << 10


def running(server: ClickHouseServer, beginning: str) -> int:
    query = f"SELECT count() FROM system.processes WHERE startsWith(query, '{beginning}')"
    return int(ask(server, query).body)


@contextmanager
def opened(server: ClickHouseServer, query: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    with closing(connection):
        connection.request("POST", "/", query, BASIC)
        with connection.getresponse() as response:
            yield response


def request_head(server: ClickHouseServer, query: str, headers: str) -> bytes:
    target = urlencode({"query": query})
    text = f"POST /?{target} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC['Authorization']}\r\n"
    return f"{text}{headers}\r\n\r\n".encode()


@pytest.mark.parametrize("name", ["Native", "ArrowStream", "TSV"])
def test_three_large_results_at_once_fit_into_little_memory(
    own: ClickHouseServer, name: str
) -> None:
    """Three times 320 MB, which Arrow packs; the design allows 100 MB more for three streams."""
    with opened(own, RESULT.format(5_000_000, name)) as warming:
        assert warming.read()
    before, most, sizes = resident(own), [0], []

    def read(number: int) -> None:
        size = 0
        with opened(own, RESULT.format(40_000_000, name)) as response:
            while piece := response.read(MB):
                size += len(piece)
                if number == 0 and (size // MB) % 20 == 0:
                    most[0] = max(most[0], resident(own))
        sizes.append(size)

    together(3, read)
    assert len(sizes) == 3
    assert min(sizes) >= (150_000_000 if name == "ArrowStream" else 300_000_000)
    assert most[0] - before < 100 * MB


@pytest.mark.parametrize("name", ["Native", "JSONCompact"])
def test_reader_that_stops_reading_holds_the_query_back_and_is_let_go(
    own: ClickHouseServer, name: str
) -> None:
    with opened(own, RESULT.format(10_000_000_000, name)) as response:
        response.read(1000)
        assert running(own, "SELECT number AS big") == 1
        before = resident(own)
        eventually(lambda: running(own, "SELECT number AS big") == 0, 20, what="the query's end")
        assert resident(own) - before < 60 * MB


def test_reader_that_only_sips_is_let_go(own: ClickHouseServer) -> None:
    """A byte now and then keeps a socket alive, but not a query."""
    ended = threading.Event()

    def sip() -> None:
        with (
            suppress(OSError, http.client.HTTPException),
            opened(own, RESULT.format(10_000_000_000, "Native")) as response,
        ):
            while not ended.wait(0.05):
                response.read(10)

    sipping = threading.Thread(target=sip)
    sipping.start()
    try:
        eventually(lambda: running(own, "SELECT number AS big") == 1, what="the query's start")
        eventually(lambda: running(own, "SELECT number AS big") == 0, 20, what="the query's end")
    finally:
        ended.set()
        sipping.join()


@pytest.mark.parametrize("drip", [False, True])
def test_writer_that_does_not_go_on_is_told_so(own: ClickHouseServer, drip: bool) -> None:
    ask(own, "CREATE TABLE IF NOT EXISTS slow (n UInt64) ENGINE = MergeTree ORDER BY n")
    head = request_head(own, "INSERT INTO slow FORMAT CSV", "Content-Length: 10000000")
    with socket.create_connection((own.host, own.port), timeout=20) as client:
        client.sendall(head + b"1\n" * 1000)
        ended = threading.Event()

        def send_on() -> None:
            try:
                while drip and not ended.wait(0.05):
                    client.sendall(b"2\n")
            except OSError:
                pass

        dripping = threading.Thread(target=send_on)
        dripping.start()
        try:
            answer = client.recv(1 << 16)
        finally:
            ended.set()
            dripping.join()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Code: 159. DB::Exception: Timeout exceeded: the client" in answer
    assert ask(own, "SELECT count() FROM slow").body == b"0\n"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT sleepEachRow(1) AS gone FROM numbers(100) SETTINGS max_block_size = 1",
        "SELECT intHash64(number) % 9 AS gone, count() FROM numbers(1000000000000) GROUP BY gone FORMAT JSON",
    ],
)
def test_query_ends_when_its_client_goes_away_before_the_first_row(
    own: ClickHouseServer, query: str
) -> None:
    connection = http.client.HTTPConnection(own.host, own.port)
    connection.request("POST", "/", query, BASIC)
    eventually(lambda: running(own, query[:20]) == 1, what="the query's start")
    connection.close()
    eventually(lambda: running(own, query[:20]) == 0, what="the query's end")
    assert ask(own, "SELECT 1").body == b"1\n"


def test_client_that_waits_is_not_taken_for_gone(own: ClickHouseServer) -> None:
    """Longer than the watch looks and longer than patience: only clients count, not queries."""
    answer = ask(own, "SELECT sum(sleepEachRow(0.5)) FROM numbers(6) SETTINGS max_block_size = 1")
    assert (answer.status, answer.body) == (200, b"0\n")


def test_oversized_body_ends_early(own: ClickHouseServer) -> None:
    """Refused by its length at once, in pieces once it is too long; nothing of it is kept."""
    ask(own, "CREATE OR REPLACE TABLE b (s String) ENGINE = MergeTree ORDER BY s")
    insert = "INSERT INTO b FORMAT RawBLOB"
    head = request_head(own, insert, f"Content-Length: {1 << 40}\r\nExpect: 100-continue")
    with socket.create_connection((own.host, own.port), timeout=20) as client:
        client.sendall(head)
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 413 ")
    before = resident(own)

    def endless() -> Iterator[bytes]:
        for _ in range(70):
            yield b"x" * MB

    answer = ask(own, endless(), query=insert)
    assert (answer.status, answer.code) == (413, "229")
    assert resident(own) - before < 300 * MB
    assert ask(own, "SELECT count() FROM b").body == b"0\n"


def test_streamed_insert_is_not_collected(own: ClickHouseServer, tmp_path: Path) -> None:
    """160 MB of rows in one insert of 64-bit numbers."""
    with ClickHouseServer(tmp_path / "s") as server:
        ask(server, "CREATE TABLE s (n UInt64) ENGINE = MergeTree ORDER BY n")
        piece = b"".join(n.to_bytes(8, "little") for n in range(MB))
        ask(server, [piece] * 5, query="INSERT INTO s FORMAT RowBinary")
        before, most = resident(server), [0]

        def rows() -> Iterator[bytes]:
            for turn in range(20):
                yield piece
                if turn % 5 == 0:
                    most[0] = max(most[0], resident(server))

        assert ask(server, rows(), query="INSERT INTO s FORMAT RowBinary").status == 200
        assert ask(server, "SELECT count() FROM s").body == f"{25 * MB}\n".encode()
        assert most[0] - before < 400 * MB
