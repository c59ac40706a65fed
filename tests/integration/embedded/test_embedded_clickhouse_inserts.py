"""Rows that come in over the endpoint: whole, or not at all."""

from __future__ import annotations

import gzip
import io
import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import lz4.frame
import pyarrow as pa
import pytest
import zstandard

from tests.embedded_http import BASIC, ask
from tests.servers import ClickHouseServer, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """An endpoint that takes bodies of at most 1 MB."""
    with ClickHouseServer(tmp_path_factory.mktemp("small"), max_body=1_000_000) as server:
        yield server


def arrow_stream(n: int) -> bytes:
    sink = io.BytesIO()
    rows = pa.table({"n": pa.array(range(n), pa.uint64()), "s": pa.array(["x" * 20] * n)})
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=8192)
    return sink.getvalue()


def pieces(data: bytes, size: int = 10_007) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("encoding", PACKERS)
def test_arrow_inserts(
    clickhouse: ClickHouseServer, table: str, encoding: str, chunked: bool
) -> None:
    body = PACKERS[encoding](arrow_stream(100_000))
    headers = {**BASIC, "Content-Encoding": encoding} if encoding else BASIC
    sent = pieces(body) if chunked else body
    query = f"INSERT INTO {table} (n, s) FORMAT ArrowStream"
    answer = ask(clickhouse, sent, headers=headers, query=query)
    assert answer.status == 200, answer.body
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "100000"
    assert ask(clickhouse, f"select count(), sum(n), max(s) from {table}").body == (
        f"100000\t{100_000 * 99_999 // 2}\t{'x' * 20}\n".encode()
    )


@pytest.mark.parametrize(
    "body",
    [
        "INSERT INTO h VALUES (1, 'a;b'), (2, concat('c', 'd'));",
        "INSERT INTO h (n, s) FORMAT CSV\n1,a;b\n2,cd\n",
        "insert into default.h format TSV\r\n1\ta;b\n2\tcd\n",
        'INSERT INTO h SETTINGS max_threads = 1 FORMAT JSONEachRow {"n":1,"s":"a;b"}{"n":2,"s":"cd"}',
        "/* FORMAT x */ INSERT INTO TABLE `h` FORMAT Values (1, 'a;b'), (2, 'cd')",
        "INSERT INTO h SELECT number + 1, ['a;b', 'cd'][number + 1] FROM numbers(2)",
    ],
)
def test_statements_with_rows(clickhouse: ClickHouseServer, table: str, body: str) -> None:
    answer = ask(clickhouse, body)
    assert answer.status == 200, answer.body
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"
    assert ask(clickhouse, "select * from h order by n").body == b"1\ta;b\n2\tcd\n"


def test_long_values_are_streamed(small: ClickHouseServer) -> None:
    ask(small, "CREATE TABLE v (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    rows = ",".join(f"({n}, 'row number {n}')" for n in range(30_000))
    assert ask(small, "INSERT INTO v VALUES " + rows).status == 200
    assert ask(small, "select count(), sum(n) from v").body == b"30000\t449985000\n"


def test_bad_rows_leave_nothing(clickhouse: ClickHouseServer, table: str) -> None:
    good = "".join(f"{n},x\n" for n in range(50_000))
    answer = ask(clickhouse, f"INSERT INTO h FORMAT CSV\n{good}not a number,x\n")
    assert (answer.status, answer.code) == (400, "27")
    assert ask(clickhouse, "select count() from h").body == b"0\n"


def test_large_bodies_are_refused(small: ClickHouseServer) -> None:
    ask(small, "CREATE TABLE IF NOT EXISTS big (s String) ENGINE = MergeTree ORDER BY s")
    insert = {"query": "INSERT INTO big FORMAT RawBLOB"}
    blob = b"x" * 3_000_000
    plain = ask(small, blob, **insert)
    packed = ask(
        small, gzip.compress(blob), headers={**BASIC, "Content-Encoding": "gzip"}, **insert
    )
    chunked = ask(small, pieces(blob), **insert)
    for answer in (plain, packed, chunked):
        assert (answer.status, answer.code) == (413, "229")
        assert b"larger than 1000000 bytes" in answer.body
    assert ask(small, "select count() from big").body == b"0\n"


def test_long_statements_are_refused(clickhouse: ClickHouseServer) -> None:
    answer = ask(clickhouse, "select " + "1," * 3_000_000 + "1")
    assert (answer.status, answer.code) == (413, "229")


def test_bad_encodings(clickhouse: ClickHouseServer, table: str) -> None:
    query = "INSERT INTO h FORMAT CSV"
    for encoding in ("gzip", "lz4", "zstd"):
        headers = {**BASIC, "Content-Encoding": encoding}
        answer = ask(clickhouse, b"certainly not", headers=headers, query=query)
        assert (answer.status, answer.code) == (400, "271"), encoding
        short = PACKERS[encoding](b"1,x\n" * 1000)[:-8]
        assert ask(clickhouse, short, headers=headers, query=query).code == "271", encoding
    answer = ask(clickhouse, b"", headers={**BASIC, "Content-Encoding": "br"}, query=query)
    assert answer.status == 501
    assert ask(clickhouse, "select count() from h").body == b"0\n"


def test_half_an_insert_is_none(clickhouse: ClickHouseServer, table: str) -> None:
    head = f"POST /?{urlencode({'query': 'INSERT INTO h FORMAT CSV'})} HTTP/1.1\r\n"
    with socket.create_connection((clickhouse.host, clickhouse.port)) as broken:
        lines = f"{head}Host: x\r\nAuthorization: {BASIC['Authorization']}\r\nContent-Length: 400000\r\n\r\n"
        broken.sendall(lines.encode() + b"1,x\n" * 50_000)
    aborted = 'tradecast_clickhouse_queries_total{result="aborted"}'
    eventually(
        lambda: aborted in ask(clickhouse, method="GET", path="/metrics", headers={}).body.decode(),
        what="the broken insert's end",
    )
    assert ask(clickhouse, "select count() from h").body == b"0\n"
