"""The endpoint as curl and the flows see it."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import socket
import time
import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import lz4.frame
import pyarrow as pa
import pytest
import zstandard

from tests.embedded_http import BASIC, PASSWORD, ask
from tests.servers import ClickHouseServer, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def table(clickhouse: ClickHouseServer) -> Iterator[str]:
    """An empty table `h` of a number and a text."""
    assert ask(clickhouse, "DROP TABLE IF EXISTS h").status == 200
    ddl = "CREATE TABLE h (n UInt64, s String) ENGINE = MergeTree ORDER BY n"
    assert ask(clickhouse, ddl).status == 200
    yield "h"
    ask(clickhouse, "DROP TABLE h")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """An endpoint that takes bodies of at most 1 MB."""
    with ClickHouseServer(tmp_path_factory.mktemp("small"), max_body=1_000_000) as server:
        yield server


def test_format_of_the_statement_and_of_the_address(clickhouse: ClickHouseServer) -> None:
    answer = ask(clickhouse, "select 1 AS x FORMAT JSON")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert json.loads(answer.body)["data"] == [{"x": 1}]
    assert ask(clickhouse, "select 1 AS x, 'a'").body == b"1\ta\n"
    found = ask(clickhouse, "select 1 AS x, 'a'", default_format="JSONEachRow")
    assert found.body == b'{"x":1,"\'a\'":"a"}\n'
    assert found.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert ask(clickhouse, "select 1 AS x FORMAT CSV", default_format="JSON").body == b"1\n"
    assert ask(clickhouse, "select 1 x FORMAT CSVWithNames SETTINGS max_threads = 1;").body == (
        b'"x"\n1\n'
    )


def test_get_reads_and_changes_nothing(clickhouse: ClickHouseServer, table: str) -> None:
    assert ask(clickhouse, method="GET", query="select 2").body == b"2\n"
    refused = ask(clickhouse, method="GET", query=f"INSERT INTO {table} VALUES (1, 'x')")
    assert (refused.status, refused.code) == (500, "164")
    assert ask(clickhouse, method="GET", query=f"DROP TABLE {table}").code == "164"


def test_ping_needs_no_password(clickhouse: ClickHouseServer) -> None:
    assert ask(clickhouse, method="GET", path="/ping", headers={}).body == b"Ok.\n"
    assert ask(clickhouse, method="GET", headers={}).body == b"Ok.\n"
    assert ask(clickhouse, method="GET", path="/other", headers={}).status == 404


@pytest.mark.parametrize(
    ("headers", "parameters", "status"),
    [
        (BASIC, {}, 200),
        ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": PASSWORD}, {}, 200),
        ({}, {"user": "default", "password": PASSWORD}, 200),
        ({}, {"password": PASSWORD}, 200),
        ({}, {}, 401),
        ({}, {"user": "default"}, 403),
        ({}, {"user": "bob", "password": PASSWORD}, 403),
        ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": PASSWORD + "x"}, {}, 403),
        ({"Authorization": "Basic !!!"}, {}, 403),
    ],
)
def test_password(
    clickhouse: ClickHouseServer, headers: dict[str, str], parameters: dict[str, str], status: int
) -> None:
    answer = ask(clickhouse, "select 1", headers=headers, **parameters)
    assert answer.status == status
    assert answer.code == (None if status == 200 else "516")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("selec 1", 400, "62"),
        ("", 400, "62"),
        (" -- nothing", 400, "62"),
        ("select 1; select 2", 400, "62"),
        ("select * from nope", 404, "60"),
        ("select nope(1)", 404, "46"),
        ("select 1 FORMAT Nope", 404, "73"),
        ("insert into nope values (1)", 404, "60"),
        ("insert into nope format CSV\n1", 404, "60"),
        ("select toUInt8('x')", 400, "6"),
        ("select throwIf(1)", 500, "395"),
        ("select throwIf(number = 3) from numbers(5) FORMAT JSON", 500, "395"),
        ("select 1 INTO OUTFILE '/tmp/x'", 400, "358"),
        ("insert into t FROM INFILE '/etc/passwd' FORMAT CSV", 400, "358"),
    ],
)
def test_error_codes(clickhouse: ClickHouseServer, query: str, status: int, code: str) -> None:
    answer = ask(clickhouse, query)
    assert (answer.status, answer.code) == (status, code)
    assert answer.body.startswith(f"Code: {code}. DB::Exception: ".encode())
    assert b"(version " in answer.body


def test_unknown_settings_and_databases(clickhouse: ClickHouseServer) -> None:
    assert ask(clickhouse, "select 1", no_such_setting=1)[0:1] == (404,)
    assert ask(clickhouse, "select 1", no_such_setting=1).code == "115"
    assert ask(clickhouse, "select 1", database="nowhere").code == "81"
    assert ask(clickhouse, "select 1", **{"a=1, b": "x"}).code == "36"
    assert ask(clickhouse, "select 1", buffer_size=1, session_id="").status == 200


def test_settings_do_not_leak(clickhouse: ClickHouseServer) -> None:
    question = "select getSetting('max_block_size'), getSetting('final'), currentDatabase()"
    plain = ask(clickhouse, question).body
    assert plain.endswith(b"true\tdefault\n")
    changed = ask(clickhouse, question, max_block_size=77, final=0, database="system").body
    assert changed == b"77\tfalse\tsystem\n"
    for statement in ("SET max_block_size = 78", "USE system"):
        assert ask(clickhouse, statement).status == 200
    assert ask(clickhouse, "CREATE TEMPORARY TABLE tmp (a UInt8)").status == 200
    assert ask(clickhouse, "select * from tmp").code == "60"
    assert {ask(clickhouse, question).body for _ in range(10)} == {plain}


def test_parameters(clickhouse: ClickHouseServer) -> None:
    query = "select {n:UInt8} + 1, {s:String}, {i:Identifier} from (select 7 as seven)"
    answer = ask(clickhouse, query, param_n=41, param_s="it's \\t", param_i="seven")
    assert answer.body == b"42\tit\\'s \\t\t7\n"
    assert ask(clickhouse, "select {n:UInt8}").code == "456"
    again = ask(clickhouse, "select {n:UInt8} FORMAT JSONCompactColumns", param_n=3)
    assert json.loads(again.body) == [[3]]


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


def test_arrow_results(clickhouse: ClickHouseServer) -> None:
    query = "select number as n from numbers(200000) order by n FORMAT ArrowStream"
    found = pa.ipc.open_stream(ask(clickhouse, query).body).read_all()
    assert found["n"].to_pylist() == list(range(200_000))


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


def test_connection_is_kept_through_errors(clickhouse: ClickHouseServer) -> None:
    connection = http.client.HTTPConnection(clickhouse.host, clickhouse.port, timeout=20)
    connection.connect()
    kept = connection.sock
    for query, status in (("select 1", 200), ("selec 1", 400), ("select 2", 200)):
        connection.request("POST", "/", query, BASIC)
        response = connection.getresponse()
        assert response.status == status
        response.read()
        assert connection.sock is kept
    connection.close()


@pytest.mark.parametrize("name", ["TSV", "JSON"])
def test_error_within_a_stream_breaks_it_off(clickhouse: ClickHouseServer, name: str) -> None:
    query = (
        f"select number, throwIf(number = 2900000, 'far out') from numbers(3000000) FORMAT {name}"
    )
    connection = http.client.HTTPConnection(clickhouse.host, clickhouse.port, timeout=20)
    connection.request("POST", "/?max_threads=1", query, BASIC)
    response = connection.getresponse()
    assert response.status == 200
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    assert b"Code: 395. DB::Exception: far out" in caught.value.partial[-1000:]
    connection.close()
    whole = ask(clickhouse, query, max_threads=1, wait_end_of_query=1)
    assert (whole.status, whole.code) == (500, "395")


@pytest.mark.parametrize("name", ["Native", "ArrowStream"])
def test_query_ends_with_its_reader(clickhouse: ClickHouseServer, name: str) -> None:
    query = f"select number as abandoned from numbers(10000000000) FORMAT {name}"
    connection = http.client.HTTPConnection(clickhouse.host, clickhouse.port, timeout=20)
    connection.request("POST", "/", query, BASIC)
    assert connection.getresponse().read(1000)
    connection.close()
    running = "select count() from system.processes where query like 'select number as abandoned%'"
    eventually(lambda: ask(clickhouse, running).body == b"0\n", what="the query's end")


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


def test_short_queries_pass_a_long_one(clickhouse: ClickHouseServer) -> None:
    long = http.client.HTTPConnection(clickhouse.host, clickhouse.port, timeout=20)
    long.request("POST", "/", "select sleepEachRow(1) from numbers(2)", BASIC)
    started = time.monotonic()
    for _ in range(5):
        assert ask(clickhouse, "select 1").body == b"1\n"
    assert time.monotonic() - started < 1.5
    assert long.getresponse().read() == b"0\n0\n"
    assert time.monotonic() - started > 1.5
    long.close()


def test_metrics_count_queries_and_bytes(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path / "m") as server:
        ask(server, "select 1")
        ask(server, "selec")
        text = ask(server, method="GET", path="/metrics", headers={}).body.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines['tradecast_clickhouse_queries_total{result="ok"}'] == "1.0"
    assert lines['tradecast_clickhouse_queries_total{result="error"}'] == "1.0"
    assert lines['tradecast_clickhouse_bytes_total{direction="in"}'] == "13.0"
    assert lines["tradecast_clickhouse_query_seconds_count"] == "2.0"


def test_answers_at_once(clickhouse: ClickHouseServer) -> None:
    connection = http.client.HTTPConnection(clickhouse.host, clickhouse.port, timeout=20)
    times = []
    for _ in range(50):
        started = time.perf_counter()
        connection.request("POST", "/", "select 1", BASIC)
        connection.getresponse().read()
        times.append(time.perf_counter() - started)
    connection.close()
    # Held-back packets cost 40 ms each; the target is 2 ms on a quiet machine.
    assert sorted(times)[25] < 0.02


def test_sessions_are_refused(clickhouse: ClickHouseServer) -> None:
    for parameters in ({"session_id": "mine"}, {"session_check": 1}, {"close_session": 1}):
        answer = ask(clickhouse, "select 1", **parameters)  # type: ignore[arg-type]
        assert (answer.status, answer.code) == (501, "48")
        assert b"each request stands alone" in answer.body
    form = b'--x\r\nContent-Disposition: form-data; name="session_id"\r\n\r\nmine\r\n--x--\r\n'
    headers = {**BASIC, "Content-Type": "multipart/form-data; boundary=x"}
    assert ask(clickhouse, form, headers=headers, query="select 1").code == "48"


@pytest.mark.parametrize(
    "statement", ["SET max_threads = 1", "USE system", "CREATE TEMPORARY TABLE a (b UInt8)"]
)
def test_made_up_sessions_are_served_until_they_would_matter(
    clickhouse: ClickHouseServer, statement: str
) -> None:
    """clickhouse-connect names a session by itself, so that only its use tells a wish."""
    headers = {**BASIC, "User-Agent": "clickhouse-connect/1.12.0 (lv:py/3.11)"}
    made_up = "3f2b8a52-9c5e-4a8e-9f39-0c1f0a4b6d7e"
    assert ask(clickhouse, "select 1", headers=headers, session_id=made_up).body == b"1\n"
    refused = ask(clickhouse, statement, headers=headers, session_id=made_up)
    assert (refused.status, refused.code) == (501, "48")
    assert b"there are no sessions" in refused.body
    assert ask(clickhouse, "select 1", session_id=made_up).code == "48"
    assert ask(clickhouse, "select 1", headers=headers, session_id="chosen").code == "48"


def test_native_compression_is_refused(clickhouse: ClickHouseServer) -> None:
    for name in ("compress", "decompress"):
        answer = ask(clickhouse, "select 1", **{name: 1})
        assert (answer.status, answer.code) == (501, "48")
        assert f"{name}=1 is not supported: use ".encode() in answer.body
        assert ask(clickhouse, "select 1", **{name: 0}).status == 200


UNPACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lz4.frame.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


@pytest.mark.parametrize("encoding", UNPACKERS)
@pytest.mark.parametrize("form", ["TSV", "JSONCompactColumns"])
def test_compressed_answers(clickhouse: ClickHouseServer, encoding: str, form: str) -> None:
    query = f"select number from numbers(100000) FORMAT {form}"
    plain = ask(clickhouse, query)
    headers = {**BASIC, "Accept-Encoding": f"br, {encoding};q=0.8"}
    for more in ({}, {"wait_end_of_query": 1}):
        answer = ask(clickhouse, query, headers=headers, enable_http_compression=1, **more)
        assert answer.headers["Content-Encoding"] == encoding
        assert len(answer.body) < len(plain.body)
        assert UNPACKERS[encoding](answer.body) == plain.body
    assert ask(clickhouse, query, headers=headers).headers["Content-Encoding"] is None
    nothing = ask(clickhouse, "select 1 where 0", headers=headers, enable_http_compression=1)
    assert UNPACKERS[encoding](nothing.body) == b""
    shown = ask(clickhouse, "EXISTS TABLE system.one", headers=headers, enable_http_compression=1)
    assert UNPACKERS[encoding](shown.body) == b"1\n"


def test_error_within_a_compressed_stream_is_compressed_too(clickhouse: ClickHouseServer) -> None:
    query = "select number, throwIf(number = 2900000, 'far out') from numbers(3000000)"
    connection = http.client.HTTPConnection(clickhouse.host, clickhouse.port, timeout=20)
    target = "/?max_threads=1&enable_http_compression=1"
    connection.request("POST", target, query, {**BASIC, "Accept-Encoding": "gzip"})
    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    connection.close()
    text = zlib.decompressobj(wbits=31).decompress(caught.value.partial)
    assert b"Code: 395. DB::Exception: far out" in text[-1000:]
