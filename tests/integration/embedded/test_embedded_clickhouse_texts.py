"""Texts of a client that become parts of a statement, of a path, or of a header."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.embedded_http import BASIC, Answer, ask
from tests.servers import ClickHouseServer

SECRET = "the words of a file of the server"
FORM = {**BASIC, "Content-Type": "multipart/form-data; boundary=x1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.csv").write_text(SECRET + "\n")
    return tmp_path


def untouched(folder: Path, answer: Answer) -> bool:
    return SECRET.encode() not in answer.body and [p.name for p in folder.iterdir()] == [
        "secret.csv"
    ]


NO_FORMATS = [
    "JSONCompact; DROP TABLE {table}",
    "JSONCompact; INSERT INTO {table} (s) SELECT file('{folder}/secret.csv')",
    "JSONCompact; SELECT 1 INTO OUTFILE '{folder}/out' FORMAT TSVRaw",
    "TSV SETTINGS max_threads = 1",
    "TSV\n",
    "1TSV",
    "TS\N{LATIN SMALL LETTER E WITH ACUTE}V",
]


@pytest.mark.parametrize("name", NO_FORMATS)
@pytest.mark.parametrize("query", ["SELECT 1", "SHOW TABLES", "WITH 1 AS a SELECT a"])
def test_a_format_is_one_word(
    clickhouse: ClickHouseServer, table: str, folder: Path, name: str, query: str
) -> None:
    name = name.format(table=table, folder=folder)
    field = f'--x1\r\nContent-Disposition: form-data; name="default_format"\r\n\r\n{name}\r\n--x1--'
    answers = [
        ask(clickhouse, query, default_format=name),
        ask(clickhouse, field, query=query, headers=FORM),
    ]
    if name.isprintable():
        answers.append(ask(clickhouse, query, headers={**BASIC, "X-ClickHouse-Format": name}))
    for answer in answers:
        assert (answer.status, answer.code) == (404, "73"), answer.body
        assert untouched(folder, answer)
    assert ask(clickhouse, f"SELECT count() FROM {table}").body == b"0\n"


def test_a_format_that_the_engine_does_not_have(clickhouse: ClickHouseServer) -> None:
    for name in ("Nonsense", "SETTINGS", "Prometheus2"):
        answer = ask(clickhouse, "SELECT 1", default_format=name)
        assert (answer.status, answer.code) == (404, "73"), answer.body
    assert ask(clickhouse, "SELECT 1", default_format="").body == b"1\n"


def external(described: str, words: str) -> bytes:
    return (
        '--x1\r\nContent-Disposition: form-data; name="e"; filename="e"\r\n\r\n1\r\n'
        f'--x1\r\nContent-Disposition: form-data; name="e_{described}"\r\n\r\n{words}\r\n--x1--'
    ).encode()


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ("structure", "a Int32); DROP TABLE {table} --"),
        ("structure", "a Int32); DROP TABLE {table}; SELECT (1"),
        ("structure", "a Int32) ENGINE = Log AS SELECT (1"),
        ("structure", "a Int32) ENGINE = Memory; CREATE TABLE other_e (a Int32"),
        ("structure", "a Int32 /*"),
        ("structure", "a Int32) SETTINGS (1"),
        ("types", "Int32); DROP TABLE {table} --"),
        ("types", "Int32) ENGINE = Memory AS SELECT (1"),
    ],
)
def test_columns_of_an_external_table_are_columns(
    clickhouse: ClickHouseServer, table: str, described: str, words: str
) -> None:
    body = external(described, words.format(table=table))
    answer = ask(clickhouse, body, query="SELECT * FROM e", headers=FORM)
    assert (answer.status, answer.code) == (400, "36"), answer.body
    assert ask(clickhouse, f"EXISTS TABLE {table}").body == b"1\n"
    assert ask(clickhouse, "EXISTS TABLE other_e").body == b"0\n"


def test_format_of_an_external_table_is_one_word(clickhouse: ClickHouseServer, table: str) -> None:
    name = f"TSV; DROP TABLE {table}"
    asked = {"query": "SELECT a FROM e", "e_format": name}
    answer = ask(clickhouse, external("structure", "a Int32"), headers=FORM, **asked)
    assert (answer.status, answer.code) == (404, "73"), answer.body
    assert ask(clickhouse, f"EXISTS TABLE {table}").body == b"1\n"


def test_columns_of_an_external_table_may_have_brackets(clickhouse: ClickHouseServer) -> None:
    for described, words, name in (
        ("structure", "`a)` Decimal(9, 2) DEFAULT length('(;'), b Array(Tuple(Int8, Int8))", "a)"),
        ("types", "Enum8('a;)' = 1)", "_1"),
    ):
        body = external(described, words).replace(b"\r\n\r\n1\r\n", b"\r\n\r\n\r\n")
        answer = ask(clickhouse, body, query=f"SELECT count(`{name}`) FROM e", headers=FORM)
        assert answer.status == 200, answer.body


READ = "length(file('{folder}/secret.csv')) = 0"
BECOME_SQL = [
    ("additional_result_filter", READ),
    ("additional_table_filters", "{{'default.{table}': 'a'}}"),
    ("filter", READ),
    ("order", "file('{folder}/secret.csv')"),
    ("select", "file('{folder}/secret.csv')"),
    ("parallel_replicas_custom_key", READ),
    ("allow_experimental_eval_table_function", "1"),
]
NAME_PLACES = [
    ("input_format_record_errors_file_path", "{folder}/out"),
    ("rename_files_after_processing", "{folder}/out"),
    ("format_schema_source", "string"),
    ("url_base", "http://127.0.0.1:1/"),
    ("s3_base", "http://127.0.0.1:1/"),
    ("allow_experimental_ai_functions", "1"),
]


@pytest.mark.parametrize(("name", "value"), BECOME_SQL + NAME_PLACES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_settings_that_become_statements_or_paths(
    clickhouse: ClickHouseServer, table: str, folder: Path, name: str, value: str, method: str
) -> None:
    value = value.format(folder=folder, table=table)
    query = f"SELECT * FROM {table}"
    literal = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    answers = [
        ask(clickhouse, method=method, **{"query": query, name: value}),
        ask(clickhouse, method=method, query=f"{query} SETTINGS {name} = {literal}"),
        ask(clickhouse, method=method, query=f"SET {name} = {literal}"),
    ]
    for answer in answers:
        assert answer.code in {"452", "164"}, answer.body
        assert untouched(folder, answer)


def test_errors_of_rows_go_to_no_file(
    clickhouse: ClickHouseServer, table: str, folder: Path
) -> None:
    settings = {
        "input_format_record_errors_file_path": str(folder / "out"),
        "input_format_allow_errors_num": 5,
    }
    answer = ask(clickhouse, f"INSERT INTO {table} FORMAT CSV\nno number", **settings)
    assert answer.code == "452", answer.body
    assert untouched(folder, answer)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM eval('SELECT file(''{folder}/secret.csv'')') SETTINGS allow_experimental_eval_table_function = 1",
        "SELECT 1 /* /* */ ' */, file('{folder}/secret.csv') -- '",
        "SELECT 1 /*/* */ ' */, file('{folder}/secret.csv') -- '",
        "CREATE DICTIONARY d (s String) PRIMARY KEY s SOURCE(CLICKHOUSE(QUERY 'SELECT file(''{folder}/secret.csv'')')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
        "CREATE DICTIONARY d (k UInt64, v String) PRIMARY KEY k SOURCE(HTTP(url 'http://127.0.0.1:1/' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
        "create or replace dictionary d (k UInt64, v String) primary key k source /* */ (http(url 'http://127.0.0.1:1/' format 'CSV')) layout(flat()) lifetime(0)",
        "CREATE DICTIONARY d (k UInt64, v String) PRIMARY KEY k SOURCE(MONGODB(host '127.0.0.1' port 1 user '' password '' db 'a' collection 'b')) LAYOUT(FLAT()) LIFETIME(0)",
        "CREATE TABLE d (a Int32) ENGINE = EmbeddedRocksDB(0, '{folder}/out', 0) PRIMARY KEY a",
        "CREATE TABLE d (a Int32) ENGINE = `EmbeddedRocksDB`(0, '{folder}/out', 1) PRIMARY KEY a",
        "CREATE TABLE d (query String) ENGINE = QueryRunner",
        "CREATE TABLE d (a Int32) ENGINE = ExecutablePool('x', 'CSV')",
        "CREATE TABLE d (a Int32) ENGINE = FileLog('secret.csv', 'CSV')",
        "CREATE TABLE d (a Int32) ENGINE = MongoDB('127.0.0.1:1', 'a', 'b', 'c', 'd')",
        "CREATE DATABASE d ENGINE = DataLakeCatalog('http://127.0.0.1:1/', 'u', 'p') SETTINGS catalog_type = 'rest', warehouse = 'w'",
    ],
)
def test_no_text_of_a_statement_reaches_out(
    clickhouse: ClickHouseServer, folder: Path, statement: str
) -> None:
    answer = ask(clickhouse, statement.format(folder=folder))
    assert answer.code in {"452", "497"}, answer.body
    assert untouched(folder, answer)


def test_an_id_that_is_no_latin_comes_back(clickhouse: ClickHouseServer, table: str) -> None:
    insert = f"INSERT INTO {table} FORMAT TSV\n1\tone\n"
    for name in ("\N{GRINNING FACE}", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "plain-7"):
        for statement in (insert, "SELECT 1", "SELECT 1 FORMAT JSON", "SELECT"):
            answer = ask(clickhouse, statement, query_id=name)
            assert answer.status == (400 if statement == "SELECT" else 200)
            if answer.status == 200:
                found = answer.headers["X-ClickHouse-Query-Id"]
                assert found.encode("latin-1").decode() == name
    assert ask(clickhouse, f"SELECT count() FROM {table}").body == b"3\n"


RAW = b"a\xff\xfe'b"


@pytest.mark.parametrize("form", ["TSVRaw", "RowBinary", "Values", "CustomSeparated"])
def test_texts_may_be_any_bytes(clickhouse: ClickHouseServer, form: str) -> None:
    answer = ask(clickhouse, b"SELECT 'a\xff\xfe''b' AS s FORMAT " + form.encode())
    assert answer.status == 200
    assert b"a\xff\xfe" in answer.body
    hexed = b"SELECT hex('a\xff\xfe''b')"
    assert ask(clickhouse, hexed).body == b"61FFFE2762\n"
    assert ask(clickhouse, path=f"/?query={quote(hexed)}").body == b"61FFFE2762\n"


def test_values_and_tables_may_hold_any_bytes(clickhouse: ClickHouseServer, table: str) -> None:
    path = f"/?query=SELECT+hex({{p:String}})&param_p={quote(RAW)}"
    assert ask(clickhouse, path=path).body == b"61FFFE2762\n"
    assert ask(clickhouse, b"INSERT INTO %b VALUES (1, '\xff')" % table.encode()).status == 200
    assert ask(clickhouse, b"INSERT INTO %b SELECT 2, '\xfe'" % table.encode()).status == 200
    found = ask(clickhouse, f"SELECT n, hex(s) FROM {table} ORDER BY n").body
    assert found == b"1\tFF\n2\tFE\n"


def test_errors_about_any_bytes_are_errors_of_the_client(
    clickhouse: ClickHouseServer, table: str
) -> None:
    for statement in (b"SELECT nothing_\xff", b"SELECT `nothing_\xff`", b"SHOW TABLES FROM `\xff`"):
        for form in ("TSV", "JSON"):
            answer = ask(clickhouse, statement, default_format=form)
            assert answer.status in (400, 404), answer.body
            assert b"Code: " + str(answer.code).encode() in answer.body
    # The engine keeps such messages, and inserts look at them.
    assert ask(clickhouse, f"INSERT INTO {table} FORMAT TSV\n1\tone\n").status == 200


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT 1 AS \N{LEFT DOUBLE QUOTATION MARK} " \N{RIGHT DOUBLE QUOTATION MARK}; DROP TABLE {table} -- "',
        "SELECT 1 AS a$x$; DROP TABLE {table} -- $x$",
        "EXISTS TABLE a$x$; DROP TABLE {table} -- $x$",
        "INSERT INTO {table} (n) SELECT 1 AS a$x$; DROP TABLE {table} -- $x$",
        "INSERT INTO {table} (a$x$) VALUES; DROP TABLE {table} -- $x$) FORMAT TSV\n",
        "SELECT 1 /* /* */ ' */ ; DROP TABLE {table} -- '",
        "SELECT (1; DROP TABLE {table})",
    ],
)
def test_a_statement_is_one(clickhouse: ClickHouseServer, table: str, statement: str) -> None:
    answer = ask(clickhouse, statement.format(table=table), default_format="JSONCompact")
    assert (answer.status, answer.code) == (400, "62"), answer.body
    assert ask(clickhouse, f"EXISTS TABLE {table}").body == b"1\n"


def test_texts_with_semicolons_are_no_statements(clickhouse: ClickHouseServer) -> None:
    for query, result in (
        ("SELECT 'a;b$', \"c;\" FROM (SELECT 1 AS `c;`) -- ;", b"a;b$\t1\n"),
        ("SELECT $$a;b$$, $x$;$x$ /* ; */ ;", b"a;b\t;\n"),
        ("SELECT '\N{LEFT SINGLE QUOTATION MARK};'", "\N{LEFT SINGLE QUOTATION MARK};\n".encode()),
    ):
        answer = ask(clickhouse, query)
        assert (answer.status, answer.body) == (200, result), query
