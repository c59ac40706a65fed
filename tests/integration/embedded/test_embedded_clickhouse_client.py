"""clickhouse-connect's synchronous client against the endpoint."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import TYPE_CHECKING

import clickhouse_connect
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

    from tests.servers import ClickHouseServer

COLUMNS = "id UInt64, at DateTime64(6, 'UTC'), name LowCardinality(String), price Decimal(18, 8)"
AT = dt.datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=dt.UTC)


@pytest.fixture
def client(clickhouse: ClickHouseServer) -> Iterator[Client]:
    """A client in an empty database of its own."""
    with clickhouse.client() as setup:
        setup.command("DROP DATABASE IF EXISTS own")
        setup.command("CREATE DATABASE own")
        with clickhouse.client("own") as client:
            yield client
        setup.command("DROP DATABASE own")


@pytest.fixture
def table(client: Client) -> str:
    client.command(f"CREATE TABLE t ({COLUMNS}) ENGINE = MergeTree ORDER BY id")
    return "t"


def arrow_rows(n: int, first: int = 0) -> pa.Table:
    return pa.table(
        {
            "id": np.arange(first, first + n, dtype="u8"),
            "at": pa.array([AT] * n, pa.timestamp("us", "UTC")),
            "name": pa.array(["EURUSD"] * n).dictionary_encode(),
            "price": pa.array([1] * n, pa.int64())
            .cast(pa.decimal128(38, 8))
            .cast(pa.decimal128(18, 8), safe=False),
        }
    )


def test_handshake_finds_version_and_utc(client: Client) -> None:
    assert client.server_version.startswith("26.")
    assert client.command("SELECT timezone()") in ("UTC", "Etc/UTC")
    assert client.ping()


def test_command_gives_values_and_nothing_for_ddl(client: Client) -> None:
    assert client.command("SELECT 41 + 1") == 42
    assert client.command("SELECT 'a', 'b'") == ["a", "b"]
    client.command("CREATE TABLE x (a UInt8) ENGINE = Memory")
    assert client.command("EXISTS x") == 1
    assert client.query("SHOW TABLES").result_rows == [("x",)]
    assert client.query("DESCRIBE TABLE x").result_rows[0][:2] == ("a", "UInt8")


def test_insert_and_query_rows(client: Client, table: str) -> None:
    rows = [
        (1, AT, "EURUSD", Decimal("1.5")),
        (2, AT, "XAUUSD", Decimal("2400.12345678")),
    ]
    done = client.insert(table, rows, column_names=["id", "at", "name", "price"])
    assert done.written_rows == 2
    found = client.query("SELECT * FROM t ORDER BY id", query_tz="UTC", tz_mode="aware")
    assert found.result_rows == rows


def test_insert_arrow_and_query_arrow(client: Client, table: str) -> None:
    rows = arrow_rows(70_000)
    assert client.insert_arrow(table, rows).written_rows == 70_000
    found = client.query_arrow("SELECT id, at, name FROM t ORDER BY id")
    assert found.num_rows == 70_000
    assert found["id"].to_numpy()[-1] == 69_999
    assert found["at"][0].as_py() == AT


def test_insert_df_and_query_df(client: Client, table: str) -> None:
    client.insert_df(
        table,
        pd.DataFrame({"id": [1, 2], "at": [AT, AT], "name": ["a", "b"], "price": [1.5, 2.5]}),
    )
    found = client.query_df("SELECT id, name FROM t ORDER BY id")
    assert found.to_dict("list") == {"id": [1, 2], "name": ["a", "b"]}


def test_polars_both_ways(client: Client, table: str) -> None:
    client.insert_df_arrow(table, pl.from_arrow(arrow_rows(3)))  # type: ignore[arg-type]
    found = client.query_df_arrow("SELECT id FROM t ORDER BY id", dataframe_library="polars")
    assert found["id"].to_list() == [0, 1, 2]


def test_streams_in_blocks(client: Client) -> None:
    query = "SELECT number, toString(number) AS s FROM numbers(300000)"
    with client.query_row_block_stream(query) as blocks:
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 300_000
    assert len(sizes) > 1
    with client.query_arrow_stream("SELECT number FROM numbers(300000)") as batches:
        assert sum(batch.num_rows for batch in batches) == 300_000


def test_empty_results_have_their_columns(client: Client, table: str) -> None:
    assert client.query("SELECT id, name FROM t LIMIT 0").column_names == ("id", "name")
    assert client.query("SELECT id, name FROM t").result_rows == []
    assert client.query_arrow("SELECT id, name FROM t").column_names == ["id", "name"]


def test_parameters_are_bound_by_the_server(client: Client) -> None:
    nasty = 'it\'s a "tab\t", a\nnew line, a \\ and a {brace}'
    found = client.query(
        "SELECT {text:String}, {n:UInt32} + 1, {xs:Array(String)}, {d:DateTime64(6)}",
        parameters={"text": nasty, "n": 41, "xs": ["a'b", "c"], "d": AT},
    )
    assert found.result_rows[0][:3] == (nasty, 42, ["a'b", "c"])


def test_long_parameters_travel_as_a_form(client: Client) -> None:
    many = [f"key-{n}" for n in range(20_000)]
    found = client.query(
        "SELECT length({xs:Array(String)}), {xs:Array(String)}[-1]", parameters={"xs": many}
    )
    assert found.result_rows == [(20_000, many[-1])]


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip"])
def test_compressed_inserts(clickhouse: ClickHouseServer, compression: str, client: Client) -> None:
    client.command(f"CREATE TABLE c ({COLUMNS}) ENGINE = MergeTree ORDER BY id")
    with clickhouse_connect.get_client(
        host=clickhouse.host,
        port=clickhouse.port,
        password=clickhouse.password,
        database="own",
        compress=compression,
    ) as compressing:
        compressing.insert_arrow("c", arrow_rows(50_000))
        compressing.insert("c", [[9, AT, "x", 1]], column_names=["id", "at", "name", "price"])
        assert compressing.command("SELECT count(), sum(id) FROM c") == ["50001", "1249975009"]


def test_settings_of_one_query_do_not_reach_the_next(client: Client) -> None:
    ask = "SELECT value FROM system.settings WHERE name = 'max_block_size'"
    before = client.command(ask)
    assert client.command(ask, settings={"max_block_size": 1234}) == 1234
    assert client.command(ask) == before
    client.command("SET max_block_size = 4321")
    assert client.command(ask) == before


def test_errors_carry_the_servers_code(client: Client) -> None:
    with pytest.raises(DatabaseError, match=r"Code: 60.*nope.*UNKNOWN_TABLE"):
        client.query("SELECT * FROM nope")
    with pytest.raises(DatabaseError, match=r"Code: 81.*UNKNOWN_DATABASE"):
        client.query("SELECT 1", settings={"database": "nowhere"})
    with pytest.raises(DatabaseError, match=r"THROW_IF"):
        client.query("SELECT throwIf(number = 250000) FROM numbers(300000)")


def test_error_within_a_stream_reaches_the_reader(client: Client) -> None:
    query = "SELECT number, throwIf(number = 2900000, 'far out') FROM numbers(3000000)"
    with (
        pytest.raises(StreamFailureError, match="far out"),
        client.query_row_block_stream(query, settings={"max_threads": 1}) as blocks,
    ):
        for _ in blocks:
            pass


def test_replacing_tables_show_current_rows(client: Client) -> None:
    client.command(
        "CREATE TABLE r (k UInt8, version UInt64, v String)"
        " ENGINE = ReplacingMergeTree(version) ORDER BY k"
    )
    for version, value in ((2, "new"), (1, "old")):
        client.insert("r", [[1, version, value]], column_names=["k", "version", "v"])
    assert client.query("SELECT v FROM r").result_rows == [("new",)]
    assert client.query("SELECT v FROM r", settings={"final": 0}).row_count == 2


def test_deduplication_token_drops_a_repeated_insert(client: Client) -> None:
    client.command(
        f"CREATE TABLE d ({COLUMNS}) ENGINE = MergeTree ORDER BY id"
        " SETTINGS non_replicated_deduplication_window = 100"
    )
    for token in ("a", "a", "b"):
        client.insert_arrow("d", arrow_rows(10), settings={"insert_deduplication_token": token})
    assert client.command("SELECT count() FROM d") == 20


def test_eight_clients_at_once(clickhouse: ClickHouseServer, client: Client, table: str) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with clickhouse.client("own") as own:
                for turn in range(5):
                    first = (number * 5 + turn) * 1000
                    own.insert_arrow(table, arrow_rows(1000, first))
                    assert (
                        own.command(
                            f"SELECT count() FROM t WHERE id BETWEEN {first} AND {first + 999}"
                        )
                        == 1000
                    )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert client.command("SELECT count(), uniqExact(id) FROM t") == ["40000", "40000"]


def test_client_as_it_comes(clickhouse: ClickHouseServer) -> None:
    """Without options it names a session in every request, and asks for compressed answers."""
    with clickhouse_connect.get_client(
        host=clickhouse.host, port=clickhouse.port, password=clickhouse.password
    ) as plain:
        assert plain.command("SELECT 1") == 1
        frame = plain.query_df("SELECT number AS n, toString(n) AS s FROM numbers(100000)")
        assert frame["n"].sum() == 4999950000
        with pytest.raises(DatabaseError, match="there are no sessions"):
            plain.command("SET max_threads = 1")
    with (
        clickhouse_connect.get_client(
            host=clickhouse.host,
            port=clickhouse.port,
            password=clickhouse.password,
            session_id="mine",
        ) as named,
        pytest.raises(DatabaseError, match="there are no sessions"),
    ):
        named.query("SELECT 1")


def test_external_data(client: Client, table: str) -> None:
    client.insert_arrow(table, arrow_rows(1000))
    wanted = ExternalData(
        file_name="wanted.csv",
        data=b"5,a\n7,b\n2000,c\n",
        fmt="CSV",
        structure="id UInt64, s String",
    )
    wanted.add_file(file_name="factor", data=b"\x03\r\n\x00", fmt="RowBinary", types="UInt32")
    found = client.query(
        "SELECT id * (SELECT _1 FROM factor) AS x, s FROM t JOIN wanted USING id"
        " WHERE id > {least:UInt8} ORDER BY id",
        parameters={"least": 5},
        external_data=wanted,
    )
    factor = int.from_bytes(b"\x03\r\n\x00", "little")
    assert found.result_rows == [(7 * factor, "b")]
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        client.query("SELECT * FROM wanted")
    bad = ExternalData(file_name="bad", data=b"x\n", fmt="CSV", structure="id UInt64")
    with pytest.raises(DatabaseError, match="Code: 117"):
        client.query("SELECT * FROM bad", external_data=bad)
    bare = ExternalData(file_name="bare", data=b"x\n")
    with pytest.raises(DatabaseError, match="needs bare_structure or bare_types"):
        client.query("SELECT * FROM bare", external_data=bare)


def test_tokens_hold_in_replacing_tables_and_not_without_a_window(client: Client) -> None:
    """The engine remembers tokens only in tables that say how many."""
    engine = "ReplacingMergeTree(v) ORDER BY k"
    client.command(f"CREATE TABLE plain (k UInt8, v UInt64) ENGINE = {engine}")
    client.command(
        f"CREATE TABLE window (k UInt8, v UInt64) ENGINE = {engine}"
        " SETTINGS non_replicated_deduplication_window = 10"
    )
    for name, parts in (("plain", 2), ("window", 1)):
        for _ in range(2):
            settings = {"insert_deduplication_token": "same"}
            client.insert(name, [[1, 1]], column_names=["k", "v"], settings=settings)
        # What readers see is one row either way.
        assert client.command(f"SELECT count() FROM {name}") == 1
        assert client.command(f"SELECT count() FROM {name} SETTINGS final = 0") == parts
