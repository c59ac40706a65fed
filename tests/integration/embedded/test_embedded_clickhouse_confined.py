"""What the endpoint refuses: the server's files, its network, its process, and its own settings."""

from __future__ import annotations

import http.client
import re
from pathlib import Path

import pytest

from embedded.errors import Insecure
from tests.embedded_http import ask
from tests.servers import ClickHouseServer, eventually

SECRET = "the words of a file of the server"
DENIED = {"46", "48", "62", "164", "344", "358", "452", "497"}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text(SECRET + "\n")
    return path


READS = [
    "SELECT * FROM file('{path}', 'LineAsString')",
    "SELECT * FROM `{path}`",
    "SELECT * FROM '{path}'",
    'SELECT * FROM _files."{path}"',
    "SELECT file('{path}')",
    "SELECT file/**/('{path}')",
    "SELECT `file`('{path}')",
    "SELECT \"file\"('{path}')",
    "SELECT `fi\\x6ce`('{path}')",
    "SELECT * APPLY(file) FROM (SELECT '{path}')",
    "SELECT 1.,file('{path}')",
    # Quotes and comments that the engine may read in other ways than one expects.
    "SELECT $a b$ ' $a b$, file('{path}') -- '",
    "SELECT \N{LEFT SINGLE QUOTATION MARK} ' \N{RIGHT SINGLE QUOTATION MARK}, file('{path}') -- '",
    "SELECT \N{LEFT DOUBLE QUOTATION MARK} ' \N{RIGHT DOUBLE QUOTATION MARK}, file('{path}') -- '",
    "SELECT 1 /* ' */, file('{path}') -- '",
    "SELECT 1 # '\n, file('{path}') -- '",
    "SELECT 1 \N{MINUS SIGN}\N{MINUS SIGN} '\n, file('{path}') -- '",
    "SELECT x'27', file('{path}') -- '",
    "SELECT 'a\\'', file('{path}') -- '",
    "SELECT 'a''', file('{path}') -- '",
    "WITH file('{path}') AS a SELECT a",
    "EXPLAIN SELECT file('{path}')",
    "CREATE FUNCTION reader AS x -> file(x)",
    "CREATE VIEW reader AS SELECT file('{path}')",
    "CREATE TABLE reader (a String DEFAULT file('{path}')) ENGINE = Memory",
    "CREATE TABLE reader (a String) ENGINE = File(CSV, '{path}')",
    "CREATE DATABASE reader ENGINE = Filesystem('{folder}')",
    "CREATE DICTIONARY reader (k UInt64, v String) PRIMARY KEY k SOURCE(FILE(path '{path}' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY reader (k UInt64, v String) PRIMARY KEY k SOURCE(EXECUTABLE(command 'cat {path}' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "SELECT * FROM executable('cat {path}', 'CSV', 'a String')",
    "ATTACH TABLE reader FROM '{folder}/' (a String) ENGINE = MergeTree ORDER BY a",
    "INSERT INTO FUNCTION file('{path}', 'CSV', 'a String') VALUES ('x')",
    "SELECT * FROM format(Values, 'a String', '(file(''{path}''))')",
    "SELECT * FROM format(Values, 'a String', concat('(fi', 'le(''{path}''))'))",
    "SELECT * FROM format(Values, 'a String', concat('(fi', 'le(''{path}''))')) SETTINGS input_format_values_interpret_expressions = 1",
    "SELECT * FROM format(Values, 'a String', concat('(fi', 'le(''{path}''))')) SETTINGS `input_format_values_interpret\\x5fexpressions` = 1",
    "INSERT INTO kept VALUES (file('{path}'))",
    "INSERT INTO kept VALUES ((SELECT * FROM format(Values, 'a String', '(file(''{path}''))')))",
    "INSERT INTO kept SELECT file('{path}')",
    "INSERT INTO kept SETTINGS input_format_values_interpret_expressions = 1 VALUES (file('{path}'))",
    "SELECT 'a' FORMAT Template SETTINGS format_template_row = '{path}'",
    "SELECT 'a' FORMAT Template SETTINGS format_template_resultset = '{path}'",
    "SELECT 'a' FORMAT Protobuf SETTINGS format_schema = '{path}:x'",
    "SELECT 'a' FORMAT Protobuf SETTINGS output_format_schema = '{path}'",
    "SELECT * FROM sqlite('{path}', 't')",
    "SELECT * FROM icebergLocal('{folder}')",
    "SELECT * FROM deltaLakeLocal('{folder}')",
    "BACKUP TABLE kept TO File('{folder}/backup')",
    "BACKUP TABLE kept TO Disk('default', 'backup')",
    "SELECT 1 INTO OUTFILE '{folder}/out'",
    "SELECT 1 INTO/**/OUTFILE '{folder}/out'",
    "SELECT \N{LEFT SINGLE QUOTATION MARK} ' \N{RIGHT SINGLE QUOTATION MARK} INTO OUTFILE '{folder}/out' -- '",
    "INSERT INTO kept FROM INFILE '{path}' FORMAT CSV",
    "CREATE TABLE out (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '{folder}/out/')",
    "CREATE TABLE out (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = object_storage, object_storage_type = local, metadata_type = plain, path = '{folder}/out/')",
    "SELECT * FROM Python(request)",
    "SELECT * FROM python(request)",
    "CREATE TABLE out ENGINE = Python(request)",
    "SET dialect = 'kusto'",
    "CREATE USER other",
    "GRANT READ ON FILE TO default",
]


@pytest.mark.parametrize("query", READS)
def test_files_stay_out_of_reach(clickhouse: ClickHouseServer, secret: Path, query: str) -> None:
    ask(clickhouse, "CREATE TABLE IF NOT EXISTS kept (a String) ENGINE = MergeTree ORDER BY a")
    folder = secret.parent
    sql = query.replace("{path}", str(secret)).replace("{folder}", str(folder))
    answer = ask(clickhouse, sql)
    assert SECRET.encode() not in answer.body
    assert answer.code in DENIED | {"36", "60", "81"}, answer.body
    assert list(folder.iterdir()) == [secret]
    assert secret.read_text() == SECRET + "\n"
    assert ask(clickhouse, "SELECT count() FROM kept").body == b"0\n"


@pytest.mark.parametrize(
    "function", ["url", "s3", "remote", "mysql", "postgresql", "mongodb", "hdfs"]
)
def test_no_other_machine_is_asked(clickhouse: ClickHouseServer, function: str) -> None:
    arguments = {
        "url": "'http://127.0.0.1:1/x', 'CSV', 'a String'",
        "s3": "'http://127.0.0.1:1/bucket/x', 'CSV', 'a String'",
        "remote": "'127.0.0.1:1', 'system', 'one'",
        "hdfs": "'hdfs://127.0.0.1:1/x', 'CSV', 'a String'",
        "mongodb": "'127.0.0.1:1', 'a', 'b', 'c', 'd', 'e String'",
    }
    given = arguments.get(function, "'127.0.0.1:1', 'a', 'b', 'c', 'd'")
    answer = ask(clickhouse, f"SELECT * FROM {function}({given})")
    assert (answer.status, answer.code) == (500, "497"), answer.body


def test_no_table_function_reads_a_file(clickhouse: ClickHouseServer, secret: Path) -> None:
    names = ask(clickhouse, "SELECT name FROM system.table_functions").body.decode().split()
    assert len(names) > 50
    for name in names:
        for arguments in ("'{}'", "'{}', 'CSV', 'a String'", "'{}', 'LineAsString'"):
            given = arguments.format(secret)
            answer = ask(clickhouse, f"SELECT * FROM {name}({given}) LIMIT 1")
            assert SECRET.encode() not in answer.body, name


def test_settings_of_the_address_are_checked_too(
    clickhouse: ClickHouseServer, secret: Path
) -> None:
    query = f"SELECT * FROM format(Values, 'a String', concat('(fi', 'le(''{secret}''))'))"
    for name in (
        "input_format_values_interpret_expressions",
        "input_format_values_deduce_templates_of_expressions",
    ):
        answer = ask(clickhouse, query, **{name: 1})
        assert answer.code == "452", answer.body
    assert (
        ask(clickhouse, "SELECT 1 FORMAT Template", format_template_row=str(secret)).code == "452"
    )


def test_what_only_looks_dangerous_is_answered(clickhouse: ClickHouseServer) -> None:
    for query, result in (
        ("SELECT 'file and python'", b"file and python\n"),
        ("SELECT 1 AS profile, 2 AS files, 3 AS diskette", b"1\t2\t3\n"),
        ("SELECT 1 -- from file or python", b"1\n"),
        (
            "SELECT 'it\N{RIGHT SINGLE QUOTATION MARK}s'",
            "it\N{RIGHT SINGLE QUOTATION MARK}s\n".encode(),
        ),
        ("SELECT match('abc', 'c$')", b"1\n"),
        ("SELECT count() > 0 FROM system.disks", b"1\n"),
    ):
        answer = ask(clickhouse, query)
        assert (answer.status, answer.body) == (200, result), query


def test_names_that_are_refused_may_be_parameters(clickhouse: ClickHouseServer) -> None:
    answer = ask(clickhouse, "SELECT {word:String}", param_word="INTO OUTFILE 'x'")
    assert answer.body == b"INTO OUTFILE \\'x\\'\n"


def test_expressions_in_values(clickhouse: ClickHouseServer) -> None:
    ask(clickhouse, "CREATE OR REPLACE TABLE e (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    assert ask(clickhouse, "INSERT INTO e VALUES (1 + 1, lower('ABC')), (3, 'x')").status == 200
    long = ", ".join(f"({n}, 'plain')" for n in range(4, 10_000))
    assert ask(clickhouse, f"INSERT INTO e VALUES {long}").status == 200
    refused = ask(clickhouse, f"INSERT INTO e VALUES {long}, (1 + 1, lower('X'))")
    assert refused.code == "344"
    assert (
        ask(clickhouse, "SELECT count(), min(n), any(s) FROM e WHERE n < 4").body == b"2\t2\tabc\n"
    )


def test_old_tables_of_the_default_database_are_kept(tmp_path: Path) -> None:
    """Until now `default` lay over the machine's files; its link is all that told where."""
    with ClickHouseServer(tmp_path / "c") as server:
        ask(server, "CREATE TABLE old (a UInt8) ENGINE = MergeTree ORDER BY a")
        ask(server, "INSERT INTO old VALUES (7)")
    (tmp_path / "c" / "data" / "metadata" / "default.sql").unlink()
    for _ in range(2):
        with ClickHouseServer(tmp_path / "c") as server:
            assert ask(server, "SELECT a FROM old").body == b"7\n"
            assert ask(server, "SELECT a FROM `/etc/passwd`").code == "60"


def test_profile_holds_under_any_path(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path / "a & b %41 + c?d#e") as server:
        assert ask(server, "SELECT getSetting('final')").body == b"true\n"
        assert ask(server, "SELECT * FROM file('/etc/passwd', 'LineAsString')").code == "497"


def test_memory_limit_is_the_engines(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path / "m", memory=600_000_000) as server:
        hungry = "SELECT length(groupArray(toString(number))) FROM numbers(100000000)"
        assert ask(server, hungry).code == "241"
        assert ask(server, hungry, max_memory_usage=0).code == "241"
        assert ask(server, "SELECT 1").body == b"1\n"


def test_nobody_gets_in_without_a_password(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "0.0.0.0"):
        server = ClickHouseServer(tmp_path / "p", password="", host=host)
        with pytest.raises(Insecure, match="clickhouse has no password"):
            server.start()


def test_listens_on_loopback_unless_told_otherwise(
    clickhouse: ClickHouseServer, tmp_path: Path
) -> None:
    assert listening(clickhouse) == {"0100007F"}
    with ClickHouseServer(tmp_path / "open", host="0.0.0.0") as server:
        assert listening(server) == {"00000000"}
        assert ask(server, "SELECT 1").body == b"1\n"
        assert ask(server, "SELECT 1", headers={}).status == 401


def listening(server: ClickHouseServer) -> set[str]:
    """The addresses that the server's port is listened on, in hexadecimal."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    found = (re.fullmatch(r"([0-9A-F]{8}):([0-9A-F]{4})", line[1]) for line in lines)
    states = [line[3] for line in lines]
    return {
        match[1]
        for match, state in zip(found, states, strict=True)
        if match and state == "0A" and int(match[2], 16) == server.port
    }


def _connection(server: ClickHouseServer) -> http.client.HTTPConnection:
    """A client that has a place, once others that have gone are known to have gone."""
    made: list[http.client.HTTPConnection] = []

    def taken() -> bool:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
        connection.request("GET", "/ping")
        answer = connection.getresponse().read()
        if answer == b"Ok.\n":
            made.append(connection)
        else:
            connection.close()
        return bool(made)

    eventually(taken, what="a place")
    return made[0]


def test_too_many_clients_are_turned_away(tmp_path: Path) -> None:
    with ClickHouseServer(tmp_path / "few", max_connections=3) as server:
        kept = [_connection(server) for _ in range(3)]
        refused = ask(server, "SELECT 1")
        assert (refused.status, refused.code) == (503, "202")
        kept.pop().close()
        eventually(lambda: ask(server, "SELECT 1").status == 200, what="a free place")
        for connection in kept:
            connection.close()
