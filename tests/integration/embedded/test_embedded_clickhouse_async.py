"""clickhouse-connect's asynchronous client against the endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import clickhouse_connect
import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from tests.servers import ClickHouseServer


def with_client(
    server: ClickHouseServer, work: Callable[[Any], Awaitable[None]], **options: Any
) -> None:
    async def run() -> None:
        given = {"password": server.password, **options}
        client = await clickhouse_connect.get_async_client(
            host=server.host, port=server.port, username=server.user, **given
        )
        async with client:
            await client.command(
                "CREATE OR REPLACE TABLE async_t (id UInt64, name String) ENGINE = MergeTree"
                " ORDER BY id SETTINGS non_replicated_deduplication_window = 100"
            )
            await work(client)

    asyncio.run(run())


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_inserts_and_queries(clickhouse: ClickHouseServer, compress: object) -> None:
    async def work(client: Any) -> None:
        assert await client.command("SELECT 41 + 1") == 42
        done = await client.insert("async_t", [[1, "a"], [2, "b"]], column_names=["id", "name"])
        assert done.written_rows == 2
        await client.insert_df("async_t", pd.DataFrame({"id": [3], "name": ["c"]}))
        await client.insert_arrow("async_t", pa.table({"id": [4], "name": ["d"]}))
        found = await client.query("SELECT * FROM async_t ORDER BY id")
        assert found.result_rows == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
        frame = await client.query_df("SELECT name FROM async_t WHERE id = {n:UInt64}", {"n": 3})
        assert frame["name"].tolist() == ["c"]
        table = await client.query_arrow("SELECT id FROM async_t ORDER BY id")
        assert table["id"].to_pylist() == [1, 2, 3, 4]

    with_client(clickhouse, work, compress=compress)


def test_streams_settings_and_tokens(clickhouse: ClickHouseServer) -> None:
    async def work(client: Any) -> None:
        for token in ("a", "a", "b"):
            settings = {"insert_deduplication_token": token}
            await client.insert(
                "async_t", [[1, token]], column_names=["id", "name"], settings=settings
            )
        assert await client.command("SELECT count() FROM async_t") == 2
        rows = 0
        stream = await client.query_row_block_stream(
            "SELECT number FROM numbers(300000)", settings={"max_block_size": 10_000}
        )
        async with stream:
            async for block in stream:
                rows += len(block)
        assert rows == 300_000

    with_client(clickhouse, work)


def test_many_queries_of_one_client_at_once(clickhouse: ClickHouseServer) -> None:
    async def work(client: Any) -> None:
        asked = [client.command(f"SELECT {n} + sleep(0.05)") for n in range(50)]
        assert await asyncio.gather(*asked) == list(range(50))

    with_client(clickhouse, work)


def test_errors_and_wrong_password(clickhouse: ClickHouseServer) -> None:
    async def work(client: Any) -> None:
        with pytest.raises(DatabaseError, match=r"Code: 60.*UNKNOWN_TABLE"):
            await client.query("SELECT * FROM nope")

    async def never(client: Any) -> None:
        raise AssertionError

    with_client(clickhouse, work)
    with pytest.raises((DatabaseError, OperationalError), match="516"):
        with_client(clickhouse, never, password="wrong")


def test_sessions_are_refused(clickhouse: ClickHouseServer) -> None:
    async def never(client: Any) -> None:
        raise AssertionError

    with pytest.raises((DatabaseError, OperationalError), match="there are no sessions"):
        with_client(clickhouse, never, session_id="mine")
