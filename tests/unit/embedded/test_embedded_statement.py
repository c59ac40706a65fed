from __future__ import annotations

import pytest

from embedded.clickhouse.errors import QueryError
from embedded.clickhouse.statement import parse


@pytest.mark.parametrize(
    ("source", "text", "name", "data"),
    [
        (b"INSERT INTO t FORMAT CSV\n1,2", b"INSERT INTO t", "CSV", b"1,2"),
        (b"INSERT INTO t FORMAT CSV 1", b"INSERT INTO t", "CSV", b"1"),
        (
            b"insert into t (a, `format`) format Native\n\x00;'\n",
            b"insert into t (a, `format`)",
            "Native",
            b"\x00;'\n",
        ),
        (b"INSERT INTO t FORMAT TSV\r\n\n", b"INSERT INTO t", "TSV", b"\n"),
        (b"INSERT INTO format FORMAT TSV;\n1", b"INSERT INTO format", "TSV", b"1"),
        (b"INSERT INTO db.format VALUES (1)", b"INSERT INTO db.format", "Values", b" (1)"),
        (
            b"INSERT INTO values (values) VALUES (1)",
            b"INSERT INTO values (values)",
            "Values",
            b" (1)",
        ),
        (
            b"-- FORMAT A\nINSERT INTO 'FORMAT B' /* FORMAT C */ FORMAT D\n",
            b"-- FORMAT A\nINSERT INTO 'FORMAT B' /* FORMAT C */",
            "D",
            b"",
        ),
    ],
)
def test_inserts_are_cut_before_their_rows(
    source: bytes, text: bytes, name: str, data: bytes
) -> None:
    found = parse(source)
    assert (found.kind, found.text, found.format) == ("insert", text, name)
    assert source[found.data_at :] == data


@pytest.mark.parametrize(
    "source",
    [
        b"INSERT INTO t SELECT * FROM values('a Int8', 1)",
        b"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x",
        b"CREATE TABLE t (a Int8) ENGINE = Memory",
        b"SHOW TABLES",
    ],
)
def test_statements_without_rows_of_their_own(source: bytes) -> None:
    found = parse(source)
    assert (found.kind, found.text) == ("other", source)


@pytest.mark.parametrize(
    ("source", "text", "name"),
    [
        (b"select 1", b"select 1", None),
        (b" select (1) ; ", b" select (1)", None),
        (b"select ';' -- ; end", b"select ';'", None),
        (b"select 1 FORMAT JSON;", b"select 1 FORMAT JSON", "JSON"),
        (b"select format from format", b"select format from format", None),
        (b"select 1 as format", b"select 1 as format", None),
        (
            b"(select 1 FORMAT A) union all (select 2)",
            b"(select 1 FORMAT A) union all (select 2)",
            None,
        ),
        (b"select 'x FORMAT CSV'", b"select 'x FORMAT CSV'", None),
        (
            b"with 1 as x select x /* c */ format\nTSV -- d",
            b"with 1 as x select x /* c */ format\nTSV",
            "TSV",
        ),
        (b"select 1 FORMAT CSV SETTINGS a = 1", b"select 1 FORMAT CSV SETTINGS a = 1", "CSV"),
        (
            b"select $$ ; FORMAT X $$, 'it''s \\' ;'",
            b"select $$ ; FORMAT X $$, 'it''s \\' ;'",
            None,
        ),
    ],
)
def test_selects_lose_their_end_and_show_their_format(
    source: bytes, text: bytes, name: str | None
) -> None:
    found = parse(source)
    assert (found.kind, found.text, found.format) == ("select", text, name)
    if name is not None:
        assert found.text[found.format_at :].upper().startswith(b"FORMAT")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", 62),
        (b" ; ", 62),
        (b"-- only a comment", 62),
        (b"select 1; drop table t", 62),
        (b"select 1 into outfile 'x'", 358),
        (b"insert into t from infile 'x' format CSV", 358),
    ],
)
def test_what_is_refused(source: bytes, code: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse(source)
    assert caught.value.code == code


def test_engine_errors_lose_their_prefix() -> None:
    error = QueryError.from_engine(
        RuntimeError("Streaming failed: Code: 60. DB::Exception: x. (Y)")
    )
    assert (error.code, error.status, str(error)) == (60, 404, "Code: 60. DB::Exception: x. (Y)")
    assert QueryError.from_engine(RuntimeError("odd")).code == 1002
