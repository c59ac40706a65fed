"""Requests to the endpoint as curl makes them: addresses, passwords, settings, errors."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

from tests.embedded_http import BASIC, PASSWORD, ask
from tests.servers import ClickHouseServer, eventually

if TYPE_CHECKING:
    from pathlib import Path


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


def test_parameters_of_one_request_are_none_of_the_next(clickhouse: ClickHouseServer) -> None:
    """Connections are kept for requests whose parameters have the same names, and no others."""
    query = "select {a:Int8}, {b:Int8}"
    for a in range(5):
        assert ask(clickhouse, query, param_a=a, param_b=-a).body == b"%d\t%d\n" % (a, -a)
        for lacking in ({"param_a": a}, {"param_b": a}, {}, {"param_a": a, "param_c": a}):
            assert ask(clickhouse, query, **lacking).code == "456"  # type: ignore[arg-type]
    assert ask(clickhouse, query, param_a=1, param_b="two").code == "457"
    assert ask(clickhouse, query, param_a=1, param_b=2).body == b"1\t2\n"
    assert ask(clickhouse, query, param_b=3, param_a=4, database="system").body == b"4\t3\n"


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


def test_metrics_count_queries_and_bytes(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path / "m") as server:
        ask(server, "select 1")
        ask(server, "selec")

        def both_counted() -> dict[str, str] | None:
            # A query is counted when it has been answered.
            text = ask(server, method="GET", path="/metrics", headers={}).body.decode()
            lines = text.splitlines()
            found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
            return found if found["tradecast_clickhouse_query_seconds_count"] == "2.0" else None

        lines = eventually(both_counted)
    assert lines['tradecast_clickhouse_queries_total{result="ok"}'] == "1.0"
    assert lines['tradecast_clickhouse_queries_total{result="error"}'] == "1.0"
    assert lines['tradecast_clickhouse_bytes_total{direction="in"}'] == "13.0"
    assert lines["tradecast_clickhouse_query_seconds_count"] == "2.0"


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
